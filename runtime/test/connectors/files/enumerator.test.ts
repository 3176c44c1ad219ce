import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFilesEnumerator, type FilesState } from '../../../src/connectors/files/enumerator.ts';
import { type FilesOptions, toSettings } from '../../../src/connectors/files/options.ts';
import type { FileSplit } from '../../../src/connectors/files/split.ts';
import { TestSystem } from '../support/test-system.ts';

interface EnumeratorSettings {
  readonly parallelism?: number;
  readonly restored?: FilesState;
}

const enumerate = (
  test: TestSystem,
  options: Partial<FilesOptions<unknown>>,
  settings: EnumeratorSettings = {},
) => {
  const assigned: { subtask: number; split: FileSplit }[] = [];
  const finished: number[] = [];
  const failures: unknown[] = [];
  const enumerator = createFilesEnumerator(
    toSettings({ path: 'in/*', format: 'ndjson', ...options }),
    {
      system: test.system,
      logger: test.logger,
      baseDirectory: '/base',
      parallelism: settings.parallelism ?? 1,
      assign: (subtask, split) => void assigned.push({ subtask, split }),
      noMoreSplits: (subtask) => void finished.push(subtask),
      fail: (error) => void failures.push(error),
    },
    settings.restored,
  );
  return { enumerator, assigned, finished, failures };
};

/** All splits of a bounded enumerator. */
const allSplits = (
  test: TestSystem,
  options: Partial<FilesOptions<unknown>>,
  parallelism: number = 1,
): FileSplit[] => {
  const { enumerator, assigned, finished } = enumerate(test, options, { parallelism });
  void enumerator.start();
  while (finished.length === 0) enumerator.requestSplit(0);
  return assigned.map(({ split }) => split);
};

const sized = (test: TestSystem, path: string, bytes: number): void =>
  test.files.put(path, new Uint8Array(bytes));

describe('the splits of files', () => {
  it('cover each file without gaps or overlaps, whatever the sizes', () => {
    const property = fc.property(
      fc.array(fc.nat(20_000), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1024, max: 9000 }),
      (sizes, splitBytes) => {
        const test = new TestSystem();
        sizes.forEach((bytes, i) => {
          sized(test, `/base/in/${i}`, bytes);
        });
        const splits = allSplits(test, { splitBytes });
        sizes.forEach((bytes, i) => {
          const own = splits.filter(({ path }) => path === `/base/in/${i}`);
          expect(own[0]?.start).toBe(0);
          expect(own.at(-1)?.end).toBeNull();
          own.slice(1).forEach((split, k) => {
            expect(split.start).toBe(own[k]?.end);
          });
          expect(own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(bytes);
          expect(own.every(({ next, start, aligned }) => next === start && aligned === (start === 0))).toBe(
            true,
          );
        });
        expect(new Set(splits.map(({ id }) => id)).size).toBe(splits.length);
        expect(splits[0]?.totalBytes).toBe(sizes.reduce((sum, bytes) => sum + bytes, 0));
      },
    );
    fc.assert(property, { numRuns: 100, seed: 1 });
  });

  it('are enough for all subtasks by themselves, but not smaller than a mebibyte', () => {
    const test = new TestSystem();
    sized(test, '/base/in/x', 20 * 2 ** 20);
    expect(allSplits(test, {}, 1).length).toBe(1);
    expect(allSplits(test, {}, 2).length).toBe(8);
    expect(allSplits(test, {}, 4).length).toBe(16);
    expect(allSplits(test, {}, 16).length).toBe(20);
  });

  it('are whole files where a line end need not end a record', () => {
    const test = new TestSystem();
    sized(test, '/base/in/x', 10_000);
    const options = { splitBytes: 1024 };
    expect(allSplits(test, { ...options, format: 'json' }).length).toBe(1);
    expect(allSplits(test, { ...options, format: 'csv' }).length).toBe(1);
    expect(allSplits(test, { ...options, format: 'csv', quotedNewlines: false }).length).toBe(10);
    expect(allSplits(test, { ...options, compression: 'gzip' }).length).toBe(1);
  });

  it('go to whoever asks first, in the order of the files', () => {
    const test = new TestSystem();
    for (const name of ['a', 'b', 'c']) sized(test, `/base/in/${name}`, 10);
    const { enumerator, assigned, finished } = enumerate(test, {}, { parallelism: 2 });
    void enumerator.start();
    for (const subtask of [1, 0, 1, 0]) enumerator.requestSplit(subtask);
    expect(assigned.map(({ subtask, split }) => [subtask, split.path])).toEqual([
      [1, '/base/in/a'],
      [0, '/base/in/b'],
      [1, '/base/in/c'],
    ]);
    expect(finished).toEqual([0]);
  });

  it('of a failed reader come before all others', () => {
    const test = new TestSystem();
    for (const name of ['a', 'b']) sized(test, `/base/in/${name}`, 10);
    const { enumerator, assigned } = enumerate(test, {});
    void enumerator.start();
    enumerator.requestSplit(0);
    enumerator.addSplitsBack([{ ...(assigned[0] as { split: FileSplit }).split, next: 5 }], 0);
    enumerator.requestSplit(0);
    expect(assigned[1]?.split).toMatchObject({ path: '/base/in/a', next: 5 });
  });

  it('are not given again where readers have gone on, also when the file is found anew and has grown', () => {
    const test = new TestSystem();
    sized(test, '/base/in/a', 10);
    const settings = { follow: { discover: '100ms' } } as const;
    const first = enumerate(test, settings);
    void first.enumerator.start();
    const restored = first.enumerator.snapshot();
    first.enumerator.requestSplit(0);
    sized(test, '/base/in/b', 10);
    test.manual.advance(100);
    first.enumerator.requestSplit(0);
    void first.enumerator.close();
    test.files.append('/base/in/b', 'more');
    sized(test, '/base/in/c', 10);
    const second = enumerate(test, settings, { restored });
    second.enumerator.alreadyAssigned?.(first.assigned.map(({ split }) => split));
    void second.enumerator.start();
    for (let i = 0; i < 3; i++) second.enumerator.requestSplit(0);
    expect(first.assigned.map(({ split }) => split.path)).toEqual(['/base/in/a', '/base/in/b']);
    expect(second.assigned.map(({ split }) => split.path)).toEqual(['/base/in/c']);
    void second.enumerator.close();
  });

  it('are not looked for again after a restart, also when files have come or gone', () => {
    const test = new TestSystem();
    for (const name of ['a', 'b', 'c']) sized(test, `/base/in/${name}`, 10);
    const first = enumerate(test, {});
    void first.enumerator.start();
    first.enumerator.requestSplit(0);
    const restored = first.enumerator.snapshot();
    test.files.remove('/base/in/a');
    sized(test, '/base/in/d', 10);
    const second = enumerate(test, {}, { restored });
    void second.enumerator.start();
    for (let i = 0; i < 3; i++) second.enumerator.requestSplit(0);
    expect(second.assigned.map(({ split }) => split.path)).toEqual(['/base/in/b', '/base/in/c']);
    expect(second.finished).toEqual([0]);
  });
});

describe('the splits of followed files', () => {
  it('go to those who wait longest, as files appear', () => {
    const test = new TestSystem();
    test.files.makeDirectory('/base/in');
    const { enumerator, assigned } = enumerate(test, { follow: { discover: '2s' } }, { parallelism: 2 });
    void enumerator.start();
    for (const subtask of [1, 0]) enumerator.requestSplit(subtask);
    sized(test, '/base/in/a', 10);
    test.manual.advance(1999);
    expect(assigned).toEqual([]);
    test.manual.advance(1);
    expect(assigned.map(({ subtask }) => subtask)).toEqual([1]);
    sized(test, '/base/in/b', 10);
    test.manual.advance(2000);
    expect(assigned.map(({ subtask, split }) => [subtask, split.path, split.end])).toEqual([
      [1, '/base/in/a', null],
      [0, '/base/in/b', null],
    ]);
    void enumerator.close();
    expect(test.manual.pendingTimers).toBe(0);
  });

  it('are one a file for ever, under whatever name, also over restarts', () => {
    const test = new TestSystem();
    sized(test, '/base/in/log', 10);
    const first = enumerate(test, { follow: true });
    void first.enumerator.start();
    first.enumerator.requestSplit(0);
    first.enumerator.requestSplit(0);
    test.files.rename('/base/in/log', '/base/in/log.1');
    test.manual.advance(5000);
    expect(first.assigned.length).toBe(1);
    const restored = first.enumerator.snapshot();
    void first.enumerator.close();
    sized(test, '/base/in/log', 0);
    const second = enumerate(test, { follow: true }, { restored });
    void second.enumerator.start();
    second.enumerator.requestSplit(0);
    second.enumerator.requestSplit(0);
    test.manual.advance(5000);
    expect(second.assigned.map(({ split }) => split.path)).toEqual(['/base/in/log']);
    void second.enumerator.close();
  });

  it('end the job with a sentence when a new file cannot be read', () => {
    const test = new TestSystem();
    test.files.makeDirectory('/base/in');
    const { enumerator, failures } = enumerate(test, { follow: true });
    void enumerator.start();
    sized(test, '/base/in/a', 10);
    test.files.fail('open', '/base/in/a', 'EACCES');
    test.manual.advance(1000);
    expect(failures).toMatchObject([{ code: 'io', message: 'Cannot read /base/in/a: permission denied.' }]);
    void enumerator.close();
  });
});
