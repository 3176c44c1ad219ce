import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProject } from '../../../src/cli/commands/new.ts';
import { ownVersion } from '../../../src/sys/own-version.ts';
import { call } from '../call-command.ts';
import { FakeIo, systemError } from '../fake-io.ts';

const top = resolve(import.meta.dirname, '../../../..');

/** A new project in which this very Millrace is installed. */
const project = (): string => {
  const folder = createProject(new FakeIo(), 'shop');
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
  symlinkSync(top, join(folder, 'node_modules/millrace'));
  symlinkSync(join(top, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
  return folder;
};

const node = (
  folder: string,
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: string }> =>
  new Promise((done) => {
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const child = execFile(process.execPath, words, { cwd: folder, env }, (_error, out, errors) =>
      done({ code: child.exitCode ?? -1, out: out + errors }),
    );
  });

describe('a new project', () => {
  it('has a job, its manifest, data, a test and what npm and TypeScript need', () => {
    const folder = createProject(new FakeIo(), 'shop');
    expect(readdirSync(folder).sort()).toEqual([
      '.gitignore',
      'README.md',
      'job.test.ts',
      'job.ts',
      'job.yaml',
      'orders.ndjson',
      'package.json',
      'tsconfig.json',
    ]);
  });

  it('is named as it was asked for, and needs the Millrace that made it', () => {
    const io = new FakeIo();
    const folder = createProject(io, 'shop-2');
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({
      name: 'shop-2',
      dependencies: { millrace: `^${ownVersion(io.system)}` },
    });
    expect(readFileSync(join(folder, 'job.yaml'), 'utf8')).toContain('name: shop-2\n');
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toMatch(/^# shop-2\n/);
  });

  it('runs, and is valid', async () => {
    const folder = project();
    const ran = await call(folder, 'run', 'job.yaml');
    expect(ran.code, ran.error).toBe(0);
    const rows = ran.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual(expect.objectContaining({ key: 'north', orders: 2, turnover: 20.5 }));
    expect(await call(folder, 'validate', 'job.yaml')).toMatchObject({ code: 0 });
  });

  it('has a test that passes', async () => {
    const folder = project();
    const words = ['--conditions=millrace-source', '--test'];
    const passed = await node(folder, ...words);
    expect(passed.out).toMatch(/\bpass 1\b/);
    expect(passed.code).toBe(0);
  });

  it('has right types', async () => {
    const words = [
      join(top, 'node_modules/typescript/bin/tsc'),
      '-p',
      '.',
      '--customConditions',
      'millrace-source',
    ];
    expect(await node(project(), ...words)).toEqual({ code: 0, out: '' });
  });
});

describe('a project that cannot be made', () => {
  it.each(['My Shop', '-a', 'a-', '9lives', '../a', 'a/b', '', 'ä', 'a'.repeat(41)])(
    'is refused for its name: “%s”',
    (name) => {
      const io = new FakeIo();
      expect(() => createProject(io, name)).toThrow(
        expect.objectContaining({
          message: `“${name}” cannot be the name of a job.`,
          hint: expect.stringContaining('lower-case letters') as string,
        }),
      );
      expect(readdirSync(io.workingDirectory)).toEqual([]);
    },
  );

  it('is refused for the name of Millrace, which npm would not install into itself', () => {
    expect(() => createProject(new FakeIo(), 'millrace')).toThrow('named after the package it needs');
  });

  it('is refused where something is already, which stays as it is', () => {
    const io = new FakeIo({ files: { taken: 'text' } });
    expect(() => createProject(io, 'taken')).toThrow(
      'There is already something at taken; nothing was written.',
    );
    mkdirSync(join(io.workingDirectory, 'full'));
    mkdirSync(join(io.workingDirectory, 'full/inside'));
    expect(() => createProject(io, 'full')).toThrow('There is already something at full');
    expect(readdirSync(join(io.workingDirectory, 'full'))).toEqual(['inside']);
  });

  it('may take a folder that is empty', () => {
    const io = new FakeIo();
    mkdirSync(join(io.workingDirectory, 'shop'));
    expect(existsSync(join(createProject(io, 'shop'), 'job.ts'))).toBe(true);
  });

  it('says where there was no room for it', () => {
    const io = new FakeIo({
      system: (real) => ({
        files: {
          ...real.files,
          open: () => {
            throw systemError('ENOSPC');
          },
        },
      }),
    });
    expect(() => createProject(io, 'shop')).toThrow(
      expect.objectContaining({
        code: 'io',
        message: 'The project cannot be written: ENOSPC: it went wrong',
        where: { folder: join(io.workingDirectory, 'shop') },
      }),
    );
  });
});
