import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const program = resolve(import.meta.dirname, '../../src/bin/millrace.ts');

/** What one call of the command left behind. */
export interface Called {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** A folder with these files, gone after the test. */
export const folderWith = (files: Readonly<Record<string, string>> = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
};

/** Calls the command in a folder, without a terminal, in a process of its own: jobs are loaded as they are for a user. */
export const call = (folder: string, ...words: readonly string[]): Promise<Called> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['--conditions=millrace-source', program, ...words],
      { cwd: folder, timeout: 20_000 },
      (_failure, out, error) => done({ code: child.exitCode ?? -1, out, error }),
    );
  });
