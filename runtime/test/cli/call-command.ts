import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
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

/** Where a command is called: a folder, and variables beside those of this process. */
export interface Place {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

const optionsOf = (place: string | Place) =>
  typeof place === 'string'
    ? { cwd: place }
    : { cwd: place.folder, env: { ...process.env, ...place.environment } };

const commandWords = ['--conditions=millrace-source', program];

/** Calls the command in a place, without a terminal, in a process of its own: jobs are loaded as they are for a user. */
export const call = (place: string | Place, ...words: readonly string[]): Promise<Called> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [...commandWords, ...words],
      { ...optionsOf(place), timeout: 20_000, maxBuffer: 1 << 26 },
      (_failure, out, error) => done({ code: child.exitCode ?? -1, out, error }),
    );
  });

/** Calls the command by a line of bash, where it is `millrace`. */
export const callByShell = (folder: string, line: string): Promise<Called> =>
  new Promise((done) => {
    const child = execFile(
      'bash',
      ['-c', `millrace() { "$NODE" ${commandWords.map((word) => `'${word}'`).join(' ')} "$@"; }\n${line}`],
      { cwd: folder, timeout: 25_000, maxBuffer: 1 << 26, env: { ...process.env, NODE: process.execPath } },
      (_failure, out, error) => done({ code: child.exitCode ?? -1, out, error }),
    );
  });

/** A command that runs, and that a test may interrupt. */
export interface Running {
  /** Resolves when this text has been written to standard output or standard error. */
  seen(text: string): Promise<void>;
  /** All that has been written so far, to standard error first. */
  text(): string;
  signal(name: 'SIGINT' | 'SIGTERM'): void;
  readonly ended: Promise<Called>;
}

/** Starts the command in a place and goes on while it runs. */
export const start = (place: string | Place, ...words: readonly string[]): Running =>
  watch(spawn(process.execPath, [...commandWords, ...words], optionsOf(place)));

/** Follows a program, which is killed when the test ends before it. */
export const watch = (child: ChildProcessWithoutNullStreams): Running => {
  const texts = { out: '', error: '' };
  const waiting = new Set<() => void>();
  const take = (name: keyof typeof texts) => (chunk: string) => {
    texts[name] += chunk;
    for (const look of waiting) look();
  };
  child.stdout.setEncoding('utf8').on('data', take('out'));
  child.stderr.setEncoding('utf8').on('data', take('error'));
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    seen: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!texts.out.includes(text) && !texts.error.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    text: () => texts.error + texts.out,
    signal: (name) => void child.kill(name),
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, ...texts }))),
  };
};
