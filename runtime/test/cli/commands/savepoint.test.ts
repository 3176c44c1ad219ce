import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { FakeIo } from '../fake-io.ts';

const head = {
  millrace: 'state',
  format: 1,
  jobName: 'shop',
  maxParallelism: 128,
  transforms: [
    { uid: 'count', kind: 'keyedProcess', states: [{ name: 'total', kind: 'value', type: 'number' }] },
  ],
};
const line = (key: string, total: unknown): unknown => ({ uid: 'count', key, state: { total } });
const fileOf = (...lines: readonly unknown[]): string =>
  lines.map((one) => `${JSON.stringify(one)}\n`).join('');

const newIo = (files: Readonly<Record<string, string>> = {}): FakeIo =>
  new FakeIo({ files, system: () => createNodeSystem() });

/** Calls the command with a line of words; gives what it printed, or what it complained about. */
const call = async (io: FakeIo, words: string): Promise<{ code: number; text: string }> => {
  io.printed = '';
  io.complained = '';
  const code = await main(words.split(' '), io);
  return { code, text: io.printed + io.complained };
};

const withSavepoint = async (): Promise<FakeIo> => {
  const io = newIo({ 'state.ndjson': fileOf(head, line('anna', 3), line('ben', 5)) });
  mkdirSync(join(io.workingDirectory, 'store'));
  const made = await call(io, 'savepoint import state.ndjson store/jobs/j1/savepoints/first');
  expect(made).toEqual({
    code: 0,
    text: 'store/jobs/j1/savepoints/first: a savepoint of 1 transforms in 1 objects\n',
  });
  return io;
};
const first = 'store/jobs/j1/savepoints/first';

describe('millrace savepoint', () => {
  it('makes a savepoint of a file, and prints the same again', async () => {
    const io = await withSavepoint();
    const { code, text } = await call(io, `savepoint export ${first} --uid count`);
    expect(code).toBe(0);
    const [headLine, ...lines] = text
      .trimEnd()
      .split('\n')
      .map((one) => JSON.parse(one) as Record<string, unknown>);
    expect(headLine).toEqual(head);
    const timers = { eventTimersMs: [], processingTimersMs: [] };
    expect(lines.toSorted((one, other) => (String(one['key']) < String(other['key']) ? -1 : 1))).toEqual([
      { ...(line('anna', 3) as object), ...timers },
      { ...(line('ben', 5) as object), ...timers },
    ]);
  });

  it('lists the savepoints of a store, and says what one holds', async () => {
    const io = await withSavepoint();
    expect((await call(io, 'savepoint list --store store')).text).toMatch(
      /^created +job +size +folder\n.* shop +0\.00 MiB +jobs\/j1\/savepoints\/first\n$/,
    );
    const { text } = await call(io, `savepoint inspect ${first}`);
    expect(text).toContain('savepoint of shop, checkpoint 1,');
    expect(text).toContain('1 slots, 128 key groups, 1 objects');
    expect(text).toMatch(/count +keyedProcess +2 +0\.00 MiB +total \(value of number\)\n$/);
    expect(JSON.parse((await call(io, `savepoint inspect ${first} --json`)).text)).toMatchObject({
      jobName: 'shop',
    });
    expect((await call(io, 'savepoint list --store other')).text).toBe('There are no savepoints.\n');
  });

  it('removes one, and then there is none', async () => {
    const io = await withSavepoint();
    expect((await call(io, `savepoint dispose ${first}`)).text).toBe(
      `${first}: the savepoint of shop is removed, with 1 objects\n`,
    );
    const again = await call(io, `savepoint dispose ${first}`);
    expect(again.code).toBe(2);
    expect(again.text).toContain('it has no object “manifest”');
  });

  it.each([
    ['no json', 'Line 1 of bad.ndjson cannot be imported: it is no JSON'],
    [fileOf({ ...head, format: 2 }), 'Line 1 of bad.ndjson cannot be imported: format'],
    [
      fileOf(head, { ...(line('a', 1) as object), uid: 'other' }),
      'is of the transform “other”, which the first line does not name',
    ],
    [fileOf(head, { uid: 'count', key: 1 }), 'Line 2 of bad.ndjson cannot be imported: state'],
    [fileOf(head, { ...(line('a', 1) as object), state: { sum: 1 } }), 'A record has the state “sum”'],
  ])('refuses a file with its line: %#', async (text, message) => {
    const io = newIo({ 'bad.ndjson': text });
    const failed = await call(io, 'savepoint import bad.ndjson there');
    expect(failed.code).toBe(2);
    expect(failed.text).toContain(message);
  });
});
