import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeProcesses } from '../../src/sys/node-processes.ts';
import type { ChildProcess } from '../../src/sys/processes.ts';

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
