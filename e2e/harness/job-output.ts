import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { countRow, letterRow, type Output, windowRow } from '../workload/records.ts';

const linesIn = (path: string): readonly string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

/** The names of the parts that everybody can see. */
export const visibleParts = (folder: string): readonly string[] => {
  const directory = join(folder, 'windows');
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => !name.startsWith('.'));
};

/** The attempts that have brought parts: the second number of a name. */
const attemptOf = (name: string): number => Number(/^part-\d+-(\d+)-/.exec(name)?.[1] ?? 0);

/** The last attempt whose output can be seen; 0 = there is none. */
export const lastVisibleAttempt = (folder: string): number =>
  visibleParts(folder).reduce((last, name) => Math.max(last, attemptOf(name)), 0);

interface WrittenWindow {
  readonly key: string;
  readonly windowStart: number;
  readonly count: number;
  readonly sum: number;
}

const database = join('.', 'counts.sqlite');

const rowsIn = (folder: string, sql: string): readonly Record<string, unknown>[] => {
  const path = join(folder, database);
  if (!existsSync(path)) return [];
  const opened = new DatabaseSync(path, { timeout: 10_000 });
  try {
    const table = /FROM (\w+)/.exec(sql)?.[1] ?? '';
    const known = opened.prepare('SELECT name FROM sqlite_master WHERE name = ?').all(table);
    return known.length === 0 ? [] : opened.prepare(sql).all();
  } finally {
    opened.close();
  }
};

const readLetters = (folder: string): readonly string[] => {
  const path = join(folder, 'letters', 'counts.ndjson');
  return existsSync(path) ? linesIn(path) : [];
};

/** Everything that the job in a folder has published. */
export const readOutput = (folder: string): Output => ({
  windows: visibleParts(folder)
    .flatMap((name) => linesIn(join(folder, 'windows', name)))
    .map((line) => JSON.parse(line) as WrittenWindow)
    .map(({ key, windowStart, count, sum }) => windowRow(key, windowStart, count, sum)),
  counts: rowsIn(folder, 'SELECT key, count FROM counts').map(({ key, count }) =>
    countRow(String(key), Number(count)),
  ),
  letters: readLetters(folder).map((line) =>
    letterRow((JSON.parse(line) as { readonly record: { readonly index: number } }).record.index),
  ),
});

/** What is prepared and not published: hidden parts, transactions and staged rows of the database. */
export const readHidden = (folder: string): readonly string[] => {
  const directory = join(folder, 'windows');
  const parts = existsSync(directory) ? readdirSync(directory).filter((name) => name.startsWith('.')) : [];
  const transactions = rowsIn(folder, 'SELECT name FROM millrace_transactions');
  const staged = rowsIn(folder, 'SELECT DISTINCT name FROM millrace_staged_2');
  return [
    ...parts.map((name) => `the part ${name}`),
    ...transactions.map(({ name }) => `the transaction ${String(name)}`),
    ...staged.map(({ name }) => `staged rows of ${String(name)}`),
  ];
};
