import { describe, expect, it } from 'vitest';
import { findingsIn } from '../in-memory.ts';
import {
  exactTopLevel,
  noMachinePaths,
  noRegistryHosts,
  noSilencedChecks,
  nothingUnfinished,
  parsesCleanly,
} from './text.ts';

/** The words are put together here, so that this file keeps the rules that it tests. */
const joined = (...parts: string[]): string => parts.join('');

describe('a path of a machine', () => {
  it.each([
    joined('/wo', 'rk/main/a.ts'),
    joined('/ho', 'me/someone/a'),
    joined('/t', 'mp/a'),
    joined('/t', 'mp'),
    joined('/Us', 'ers/someone'),
    joined('/ro', 'ot/.npm'),
    joined('..', '/shared/notes.md'),
  ])('is refused in any text: %s', (path) => {
    expect(findingsIn(noMachinePaths, { 'README.md': `first\nsee "${path}" there` })).toHaveLength(1);
    expect(findingsIn(noMachinePaths, { 'runtime/src/a.ts': `const a = '${path}';` })).toHaveLength(1);
  });

  it.each([
    'runtime/work/a.ts',
    './tmp/a',
    'https://example.com/home/page',
    '/workers/list',
    '/templates/a',
    'a/tmp',
    'user/root/x',
  ])('is not a path within the project or of an address: %s', (path) => {
    expect(findingsIn(noMachinePaths, { 'README.md': `see ${path} there` })).toEqual([]);
  });
});

describe('the host of a registry', () => {
  it.each([
    joined('registry.npm', 'js.org'),
    joined('proxy.golang', '.org'),
    joined('py', 'pi.org'),
    joined('repo1.maven', '.org'),
  ])('is refused in any text: %s', (host) => {
    expect(
      findingsIn(noRegistryHosts, { 'package-lock.json': `{\n"resolved": "https://${host}/a.tgz" }` }),
    ).toEqual([`package-lock.json:2: names the registry ${host}`]);
  });

  it('is not the page of a package', () => {
    expect(findingsIn(noRegistryHosts, { 'README.md': 'https://www.npmjs.com/package/zod' })).toEqual([]);
  });
});

describe('a mark of unfinished work', () => {
  it.each([joined('TO', 'DO'), joined('FIX', 'ME'), joined('X', 'XX'), joined('HA', 'CK')])(
    'is refused in comments and in texts: %s',
    (mark) => {
      expect(findingsIn(nothingUnfinished, { 'a.ts': `const a = 1;\n// ${mark}: more` })).toEqual([
        `a.ts:2: says ${mark}: do it, or open an issue`,
      ]);
      expect(findingsIn(nothingUnfinished, { '.ci/run': `# ${mark}` })).toHaveLength(1);
    },
  );

  it('is not a string of a program or a part of a word', () => {
    const mark = joined('TO', 'DO');
    expect(
      findingsIn(nothingUnfinished, { 'a.ts': `const a = '${mark}'; // ${mark}S and a ${mark}LIST` }),
    ).toEqual([]);
  });
});

describe('a check that is switched off', () => {
  const ignore = (tool: string): string => joined(tool, '-ig', 'nore');

  it('is refused for types, with a reason too', () => {
    const text = `// @${ignore('ts')}: the types of the library are wrong here\nconst a = 1;`;
    expect(findingsIn(noSilencedChecks, { 'runtime/src/a.ts': text })).toHaveLength(1);
  });

  it('is refused for lint rules without a reason', () => {
    expect(findingsIn(noSilencedChecks, { 'a.ts': `// ${ignore('biome')} lint/a/b:\n` })).toHaveLength(1);
    expect(
      findingsIn(noSilencedChecks, { 'a.ts': `// ${joined('oxlint-dis', 'able')}-next-line no-a\n` }),
    ).toHaveLength(1);
  });

  it('is right with a reason', () => {
    const text = `// ${ignore('biome')} lint/a/b: the parser hands out this very object\n`;
    expect(findingsIn(noSilencedChecks, { 'a.ts': text })).toEqual([]);
    const other = `// ${joined('oxlint-dis', 'able')}-next-line no-a -- the parser hands out this object\n`;
    expect(findingsIn(noSilencedChecks, { 'a.ts': other })).toEqual([]);
  });

  it('may expect an error of types in a test that says why', () => {
    const text = `// @${joined('ts-expect', '-error')} a map may not return a promise\n`;
    expect(findingsIn(noSilencedChecks, { 'runtime/test/api/a.test.ts': text })).toEqual([]);
    expect(findingsIn(noSilencedChecks, { 'runtime/src/api/a.ts': text })).toHaveLength(1);
    expect(findingsIn(noSilencedChecks, { 'runtime/test/api/a.test.ts': text.slice(0, 20) })).toHaveLength(1);
  });

  it('is not a string that only looks like it', () => {
    expect(findingsIn(noSilencedChecks, { 'a.ts': `const a = '@${ignore('ts')}';` })).toEqual([]);
  });
});

describe('the top of the repository', () => {
  it('has the parts of the project, its documents and dot files', () => {
    const paths = ['package.json', 'README.md', 'runtime/src/a.ts', '.ci/run', '.biome.json', 'LICENSE'];
    expect(findingsIn(exactTopLevel, Object.fromEntries(paths.map((path) => [path, ''])))).toEqual([]);
  });

  it('has nothing else, and a folder is named once', () => {
    expect(findingsIn(exactTopLevel, { 'vitest.config.ts': '', 'docs/a.md': '', 'docs/b.md': '' })).toEqual([
      'docs/a.md:1: docs does not belong at the top of the repository',
      'vitest.config.ts:1: vitest.config.ts does not belong at the top of the repository',
    ]);
  });
});

describe('a file that is not TypeScript', () => {
  it('is reported once', () => {
    expect(
      findingsIn(parsesCleanly, { 'a.ts': 'const = ;; } {', 'b.ts': 'const b: number = 1;' }),
    ).toHaveLength(1);
  });
});
