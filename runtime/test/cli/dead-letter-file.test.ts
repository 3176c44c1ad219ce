import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDeadLetterFile } from '../../src/cli/dead-letter-file.ts';
import type { FileSystem, OpenFile } from '../../src/sys/files.ts';
import type { DeadLetter } from '../../src/task/failures.ts';
import { FakeIo, systemError } from './fake-io.ts';

const letter = (record: unknown): DeadLetter => ({
  transform: 'parse',
  reason: 'refused',
  where: '/team/job.ts:3:5',
  record,
  timestampMs: 5,
});

const linesOf = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

/** Writes these records and reads them again. */
const written = (...records: unknown[]): unknown[] => {
  const io = new FakeIo();
  const path = join(io.workingDirectory, 'lost/numbers.ndjson');
  const file = openDeadLetterFile(io.system, path);
  for (const record of records) file.accept(letter(record));
  file.close();
  return linesOf(path).map((line) => (line as DeadLetter).record);
};

describe('the file of dead letters', () => {
  it('holds a line of JSON for each: transform, reason, place, time and record', () => {
    const io = new FakeIo();
    const path = join(io.workingDirectory, 'a/b/numbers.ndjson');
    const file = openDeadLetterFile(io.system, path);
    file.accept(letter({ n: 1 }));
    file.accept({ ...letter('text'), timestampMs: null });
    file.close();
    expect(linesOf(path)).toEqual([letter({ n: 1 }), { ...letter('text'), timestampMs: null }]);
  });

  it('is not made before there is a letter', () => {
    const io = new FakeIo();
    const path = join(io.workingDirectory, 'numbers.ndjson');
    openDeadLetterFile(io.system, path).close();
    expect(existsSync(path)).toBe(false);
  });

  it('goes on behind the letters of earlier runs', () => {
    const io = new FakeIo();
    const path = join(io.workingDirectory, 'numbers.ndjson');
    for (const record of [1, 2]) {
      const file = openDeadLetterFile(io.system, path);
      file.accept(letter(record));
      file.close();
    }
    expect(linesOf(path)).toMatchObject([{ record: 1 }, { record: 2 }]);
  });

  it('keeps a record on one line, whatever is in it', () => {
    expect(written('two\nlines', { text: '\u2028"\\' })).toEqual(['two\nlines', { text: '\u2028"\\' }]);
  });

  it('describes a record that JSON cannot hold, instead of losing it', () => {
    const circle: Record<string, unknown> = { name: 'round' };
    circle['self'] = circle;
    const [shown] = written(circle);
    expect(String(shown)).toContain('round');
  });

  it('takes letters without writing them when there is no path', () => {
    const file = openDeadLetterFile(new FakeIo().system, undefined);
    file.accept(letter(1));
    file.close();
  });
});

describe('a file of dead letters that cannot be written', () => {
  const machine = (file: Partial<OpenFile>, files: Partial<FileSystem> = {}) => {
    const io = new FakeIo({
      system: (real) => ({
        files: {
          ...real.files,
          open: (path, mode) => {
            const opened = real.files.open(path, mode);
            return {
              ...opened,
              write: (bytes) => opened.write(bytes),
              close: () => opened.close(),
              sync: () => opened.sync(),
              ...file,
            };
          },
          ...files,
        },
      }),
    });
    return openDeadLetterFile(io.system, join(io.workingDirectory, 'numbers.ndjson'));
  };

  const fails = (): never => {
    throw systemError('ENOSPC');
  };

  const refusal = {
    code: 'io',
    message: 'A dead letter cannot be written: ENOSPC: it went wrong',
    where: { file: expect.stringMatching(/numbers\.ndjson$/) as string },
    hint: 'Make room for the file, or name another place by spec.deadLetter.path.',
  };

  it.each([
    ['its folder cannot be made', {}, { makeDirectory: fails }],
    ['it cannot be opened', {}, { open: fails }],
    ['there is no room for a line', { write: fails }, {}],
  ])('fails the job when %s', (_when, file, files) => {
    expect(() => machine(file, files).accept(letter(1))).toThrow(expect.objectContaining(refusal));
  });

  it.each([
    ['made durable', { sync: fails }],
    ['closed', { close: fails }],
  ])('fails the job when it cannot be %s, since letters in it may be lost', (_how, broken) => {
    const file = machine(broken);
    file.accept(letter(1));
    expect(() => file.close()).toThrow(expect.objectContaining(refusal));
  });
});
