import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SplitEnumerator } from '../../../src/api/connectors.ts';
import { assertSupported, cloneValue } from '../../../src/batch/values.ts';
import { TestSystem } from '../support/test-system.ts';
import { type SourceCase, sourceCases } from './sources.ts';

interface Dealt {
  readonly subtask: number;
  readonly split: unknown;
}

/** An enumerator driven by hand, and what it has said. */
const start = async (
  sourceCase: SourceCase,
  test: TestSystem,
  parallelism: number,
  restored?: unknown,
  taken?: readonly unknown[],
) => {
  const dealt: Dealt[] = [];
  const finished: number[] = [];
  const failures: unknown[] = [];
  const enumerator: SplitEnumerator<unknown, unknown> = sourceCase.create().createEnumerator(
    {
      system: test.system,
      logger: test.logger,
      baseDirectory: '/base',
      parallelism,
      assign: (subtask, split) => void dealt.push({ subtask, split: cloneValue(split) }),
      noMoreSplits: (subtask) => void finished.push(subtask),
      fail: (error) => void failures.push(error),
    },
    restored,
  );
  if (taken !== undefined) enumerator.alreadyAssigned?.(taken);
  await enumerator.start();
  return { enumerator, dealt, finished, failures };
};

const machine = (sourceCase: SourceCase): TestSystem => {
  const test = new TestSystem();
  sourceCase.prepare(test);
  return test;
};

const textOf = (split: unknown): string => JSON.stringify(split);
const textsOf = (dealt: readonly Dealt[]): string[] => dealt.map(({ split }) => textOf(split)).sort();

/** Asks until everybody has been told that there are no more. */
const askAll = (
  { enumerator, finished }: Awaited<ReturnType<typeof start>>,
  order: readonly number[],
): void => {
  for (let asked = 0; asked < 10_000; asked++) {
    const waiting = order.filter((subtask) => !finished.includes(subtask));
    if (waiting.length === 0) return;
    enumerator.requestSplit(waiting[asked % waiting.length] as number);
  }
  throw new Error('The enumerator never says that there are no more.');
};

// A chain of sources answers only to readers that have finished a source; it has a suite of its own.
const dealers = sourceCases.filter(({ name }) => !name.startsWith('hybrid'));

describe.each(dealers)('as every enumerator, that of $name', (sourceCase) => {
  it('deals out every split once, and the same ones whoever asks first', async () => {
    const all: string[][] = [];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 1, 2, 0],
    ]) {
      const run = await start(sourceCase, machine(sourceCase), 3);
      askAll(run, order);
      expect(new Set(textsOf(run.dealt)).size).toBe(run.dealt.length);
      expect(run.failures).toEqual([]);
      all.push(textsOf(run.dealt));
      await run.enumerator.close();
    }
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
  });

  it('gives nothing before it is asked, and answers each question once', async () => {
    const run = await start(sourceCase, machine(sourceCase), 2);
    expect([run.dealt, run.finished]).toEqual([[], []]);
    for (let asked = 1; asked <= 3; asked++) {
      run.enumerator.requestSplit(0);
      expect(run.dealt.length + run.finished.length).toBe(asked);
      if (run.finished.length > 0) break;
    }
    for (const { subtask } of run.dealt) expect(subtask).toBe(0);
    await run.enumerator.close();
  });

  it('deals on behind a snapshot taken anywhere, at any parallelism, nothing twice and nothing never', async () => {
    const whole = await start(sourceCase, machine(sourceCase), 2);
    askAll(whole, [0, 1]);
    await whole.enumerator.close();
    const property = fc.asyncProperty(
      fc.array(fc.nat(2), { maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      async (questions, parallelism) => {
        const test = machine(sourceCase);
        // How a file is cut may follow from the parallelism at the start, never from that of a restart.
        const first = await start(sourceCase, test, 2);
        for (const subtask of questions) {
          if (!first.finished.includes(subtask % 2)) first.enumerator.requestSplit(subtask % 2);
        }
        const snapshot = first.enumerator.snapshot();
        assertSupported(snapshot, 'the state');
        const before = [...first.dealt];
        await first.enumerator.close();
        const second = await start(sourceCase, test, parallelism, cloneValue(snapshot));
        askAll(
          second,
          Array.from({ length: parallelism }, (_, subtask) => subtask),
        );
        await second.enumerator.close();
        expect(textsOf([...before, ...second.dealt])).toEqual(textsOf(whole.dealt));
      },
    );
    await fc.assert(property, { numRuns: 20, seed: 8 });
  });
});

describe.each(dealers)('as every enumerator of readers that fail, that of $name', (sourceCase) => {
  it('deals out again, once, what a reader that failed gives back', async () => {
    const run = await start(sourceCase, machine(sourceCase), 2);
    run.enumerator.requestSplit(0);
    run.enumerator.requestSplit(1);
    const lost = run.dealt.filter(({ subtask }) => subtask === 0);
    const kept = run.dealt.filter(({ subtask }) => subtask === 1);
    run.dealt.length = 0;
    run.finished.length = 0;
    run.enumerator.addSplitsBack(
      lost.map(({ split }) => split),
      0,
    );
    askAll(run, [1, 0]);
    await run.enumerator.close();
    const whole = await start(sourceCase, machine(sourceCase), 2);
    askAll(whole, [0, 1]);
    await whole.enumerator.close();
    expect(textsOf([...kept, ...run.dealt])).toEqual(textsOf(whole.dealt));
  });

  it('keeps what was given back in its snapshot', async () => {
    const test = machine(sourceCase);
    const first = await start(sourceCase, test, 1);
    first.enumerator.requestSplit(0);
    const lost = [...first.dealt];
    first.enumerator.addSplitsBack(
      lost.map(({ split }) => split),
      0,
    );
    const snapshot = cloneValue(first.enumerator.snapshot());
    await first.enumerator.close();
    const second = await start(sourceCase, test, 1, snapshot);
    askAll(second, [0]);
    await second.enumerator.close();
    const texts = textsOf(second.dealt);
    for (const { split } of lost) expect(texts.filter((text) => text === textOf(split))).toHaveLength(1);
  });

  it('leaves nothing open behind', async () => {
    const test = machine(sourceCase);
    const run = await start(sourceCase, test, 2);
    run.enumerator.requestSplit(1);
    await run.enumerator.close();
    expect([test.files.openCount, test.compressing, test.manual.pendingTimers]).toEqual([0, 0, 0]);
  });
});

describe.each(dealers)(
  'as every enumerator whose readers went on without it, that of $name',
  (sourceCase) => {
    it('gives the rest, once, when its readers have gone on from its state', async () => {
      const test = machine(sourceCase);
      const first = await start(sourceCase, test, 2);
      first.enumerator.requestSplit(0);
      const before = [...first.dealt];
      const snapshot = cloneValue(first.enumerator.snapshot());
      first.enumerator.requestSplit(1);
      first.enumerator.requestSplit(0);
      const behind = first.dealt.slice(before.length);
      await first.enumerator.close();
      const second = await start(
        sourceCase,
        test,
        2,
        snapshot,
        behind.map(({ split }) => split),
      );
      askAll(second, [1, 0]);
      await second.enumerator.close();
      const whole = await start(sourceCase, machine(sourceCase), 2);
      askAll(whole, [0, 1]);
      await whole.enumerator.close();
      expect(textsOf([...first.dealt, ...second.dealt])).toEqual(textsOf(whole.dealt));
    });
  },
);
