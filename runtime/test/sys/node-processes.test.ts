import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeProcesses } from '../../src/sys/node-processes.ts';
import type { ChildProcess, Program, ProgramEnd } from '../../src/sys/processes.ts';

const program = (text: string): { readonly entry: URL; readonly folder: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-process-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'program.mjs'), text);
  return { entry: pathToFileURL(join(folder, 'program.mjs')), folder };
};

const exitOf = (child: ChildProcess): Promise<string | undefined> =>
  new Promise((resolve) => child.onExit(resolve));

describe('another process', () => {
  it('has the variables of this one and its own, and tells how it ended', async () => {
    const { entry, folder } = program(`
      import { writeFileSync } from 'node:fs';
      writeFileSync(process.env.INTO, [process.env.OWN, process.env.PATH].join());
    `);
    const into = join(folder, 'out');
    expect(await exitOf(nodeProcesses.spawn(entry, { OWN: 'mine', INTO: into }))).toBeUndefined();
    expect(readFileSync(into, 'utf8')).toBe(`mine,${process.env['PATH']}`);
    const failing = program('process.exit(3);');
    expect(await exitOf(nodeProcesses.spawn(failing.entry, {}))).toBe('it exited with code 3');
  });

  it('can be ended at once', async () => {
    const { entry } = program('setInterval(() => {}, 1000);');
    const child = nodeProcesses.spawn(entry, {});
    child.kill();
    expect(await exitOf(child)).toBe('it was ended by SIGKILL');
  });
});

describe('a program on the terminal of this one', () => {
  it('tells how it ended, and when there is none of its name', async () => {
    expect(await nodeProcesses.attach(process.execPath, ['--eval', 'process.exit(5)'])).toEqual({
      code: 5,
      problem: undefined,
    });
    const killed = await nodeProcesses.attach(process.execPath, ['--eval', 'process.kill(process.pid)']);
    expect(killed.problem).toBe('it was ended by SIGTERM');
    expect((await nodeProcesses.attach('no-such-program', [])).problem).toContain('ENOENT');
  });
});

describe('a program that is started', () => {
  const started = (
    text: string,
    environment: Readonly<Record<string, string>> = {},
  ): { readonly running: Program; readonly end: Promise<ProgramEnd>; written(): string } => {
    const { entry, folder } = program(text);
    let written = '';
    const running = nodeProcesses.start({
      args: [fileURLToPath(entry)],
      environment,
      directory: folder,
      onOutput: (more) => {
        written += more;
      },
    });
    const end = new Promise<ProgramEnd>((resolve) => running.onExit(resolve));
    return { running, end, written: () => written };
  };

  it('is heard, whatever it writes to, and tells its code', async () => {
    const { end, written } = started(
      'console.log(process.env.OWN); console.error("bad"); process.exitCode = 4;',
      { OWN: 'mine' },
    );
    expect(await end).toEqual({ code: 4, problem: undefined });
    expect(written().split('\n').toSorted()).toEqual(['', 'bad', 'mine']);
  });

  it('can be asked to end, and made to', async () => {
    const asked = started(
      "process.on('SIGTERM', () => process.exit(0)); setInterval(() => process.stdout.write('.'), 5);",
    );
    while (asked.written() === '') await new Promise((resolve) => void setImmediate(resolve));
    asked.running.signal('SIGTERM');
    expect(await asked.end).toEqual({ code: 0, problem: undefined });
    const made = started('setInterval(() => {}, 1000);');
    made.running.signal('SIGKILL');
    expect(await made.end).toEqual({ code: undefined, problem: 'it was ended by SIGKILL' });
  });
});
