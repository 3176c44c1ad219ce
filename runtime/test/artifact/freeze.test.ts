import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Artifact, freezeJob } from '../../src/artifact/freeze.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import type { System } from '../../src/sys/system.ts';
import { folderWith } from './folder.ts';

const system = createNodeSystem();
const artifacts = 'artifacts';

const freeze = (folder: string, entry = 'job.ts', machine: System = system): Promise<Artifact> =>
  freezeJob(machine, join(folder, entry), join(folder, artifacts));

const simple = 'export default (env) => { env.word = "first"; };\n';

describe('a frozen job', () => {
  it('is one module that holds all that the entry imports', async () => {
    const folder = folderWith({
      'job.ts': "import { word } from './word.ts';\nexport default () => word;\n",
      'word.ts': "export const word: string = 'imported';\n",
    });
    const code = readFileSync((await freeze(folder)).path, 'utf8');
    expect(code).toContain('"imported"');
    expect(code).not.toContain("'./word.ts'");
  });

  it('holds the packages that are installed beside it', async () => {
    const folder = folderWith({ 'job.ts': "import shout from 'shout';\nexport default () => shout('x');\n" });
    mkdirSync(join(folder, 'node_modules/shout'), { recursive: true });
    writeFileSync(
      join(folder, 'node_modules/shout/index.js'),
      'module.exports = (text) => text + " out loud";\n',
    );
    expect(readFileSync((await freeze(folder)).path, 'utf8')).toContain('out loud');
  });

  it('does not hold Millrace, so that it runs with the runtime that loads it', async () => {
    const folder = folderWith({
      'job.ts':
        "import { count } from 'millrace';\nimport { print } from 'millrace/connectors/print';\nexport default () => [count, print];\n",
    });
    const code = readFileSync((await freeze(folder)).path, 'utf8');
    expect(code).toContain('from "millrace"');
    expect(code).toContain('from "millrace/connectors/print"');
  });

  it('is named by its hash, and the same code has the same name', async () => {
    const folder = folderWith({ 'job.ts': simple });
    const artifact = await freeze(folder);
    expect(artifact.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(artifact.path).toBe(join(folder, artifacts, `${artifact.sha256}.mjs`));
    expect(artifact.sha256).toBe(system.hashing.sha256(readFileSync(artifact.path)));
    expect(await freeze(folder)).toEqual(artifact);
    expect(readdirSync(join(folder, artifacts))).toEqual([`${artifact.sha256}.mjs`]);
  });

  it('is written again when a machine that stopped has left it cut short', async () => {
    const folder = folderWith({ 'job.ts': simple });
    const { path } = await freeze(folder);
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.slice(0, 10));
    await freeze(folder);
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });

  it('stays what it was when its source changes, and the new code gets a name of its own', async () => {
    const folder = folderWith({ 'job.ts': simple });
    const first = await freeze(folder);
    const before = readFileSync(first.path, 'utf8');
    writeFileSync(join(folder, 'job.ts'), simple.replace('first', 'second'));
    const second = await freeze(folder);
    expect(second.sha256).not.toBe(first.sha256);
    expect(readFileSync(first.path, 'utf8')).toBe(before);
    expect(readFileSync(second.path, 'utf8')).toContain('second');
  });

  it('is written at once or not at all: under another name first', async () => {
    const folder = folderWith({ 'job.ts': simple });
    const renamed: string[] = [];
    const files = {
      ...system.files,
      rename: (from: string, to: string) => {
        renamed.push(from, to);
        throw new Error('the machine stops here');
      },
    };
    await expect(freeze(folder, 'job.ts', { ...system, files })).rejects.toThrow('the machine stops here');
    expect(renamed[0]).toMatch(/\.mjs\.[0-9a-f]{32}$/);
    expect(readdirSync(join(folder, artifacts)).filter((name) => name.endsWith('.mjs'))).toEqual([]);
  });

  it('knows its own lines by a source map, without a copy of the source', async () => {
    const folder = folderWith({ 'job.ts': simple });
    const code = readFileSync((await freeze(folder)).path, 'utf8');
    const map = /sourceMappingURL=data:application\/json;base64,(.*)/.exec(code)?.[1] ?? '';
    const { sources, sourceRoot, sourcesContent } = JSON.parse(Buffer.from(map, 'base64').toString()) as {
      readonly sources: string[];
      readonly sourceRoot: string;
      readonly sourcesContent?: unknown;
    };
    expect(sources).toEqual(['job.ts']);
    expect(sourceRoot).toBe(`${folder}/`);
    expect(sourcesContent).toBeUndefined();
  });
});

describe('a job that cannot be frozen', () => {
  it('is refused with file and line when it is no code', async () => {
    const folder = folderWith({ 'job.ts': 'export default (env) => {\n  env.;\n};\n' });
    await expect(freeze(folder)).rejects.toMatchObject({
      code: 'job-invalid',
      message: 'The job job.ts cannot be bundled: job.ts:2:7: Expected identifier but found ";"',
      where: { file: join(folder, 'job.ts') },
      hint: 'Correct the file; packages it imports must be installed beside it.',
    });
  });

  it('is refused with every import that leads nowhere', async () => {
    const folder = folderWith({
      'job.ts': "import a from 'not-installed';\nimport b from './gone.ts';\nexport default () => [a, b];\n",
    });
    await expect(freeze(folder)).rejects.toThrow(
      /job\.ts:1:15: Could not resolve "not-installed"; job\.ts:2:15: Could not resolve "\.\/gone\.ts"/,
    );
  });

  it('names the file that is wrong, not the one that imports it', async () => {
    const folder = folderWith({
      'job.ts': "import { word } from './word.ts';\nexport default () => word;\n",
      'word.ts': 'export const = 1;\n',
    });
    await expect(freeze(folder)).rejects.toThrow('word.ts:1:');
  });

  it('is refused when its entry is not there', async () => {
    const folder = folderWith({});
    await expect(freeze(folder, 'gone.ts')).rejects.toMatchObject({
      code: 'job-invalid',
      message: "The job's entry file does not exist.",
      where: { file: join(folder, 'gone.ts') },
    });
  });

  it('is refused when its entry is a folder', async () => {
    const folder = folderWith({});
    mkdirSync(join(folder, 'job.ts'));
    await expect(freeze(folder)).rejects.toMatchObject({
      message: "The job's entry is a folder, not a file.",
      where: { file: join(folder, 'job.ts') },
    });
  });

  it('leaves nothing behind', async () => {
    const folder = folderWith({ 'job.ts': 'export default (' });
    await expect(freeze(folder)).rejects.toThrow('cannot be bundled');
    expect(readdirSync(folder)).toEqual(['job.ts']);
  });
});
