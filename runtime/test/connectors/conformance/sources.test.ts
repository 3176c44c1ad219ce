import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceRun, type SourceSnapshot } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';
import { type SourceCase, sourceCases } from './sources.ts';

const countByContent = (values: readonly unknown[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const value of values) {
    const text = JSON.stringify(value);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
};

const expectAll = (actual: readonly unknown[], { expected }: SourceCase): void => {
  const found = countByContent(actual);
  const wanted = countByContent(expected);
  const missing = [...wanted].filter(([text, count]) => (found.get(text) ?? 0) < count).map(([text]) => text);
  const surplus = [...found].filter(([text, count]) => (wanted.get(text) ?? 0) < count).map(([text]) => text);
  expect({ missing: missing.slice(0, 3), surplus: surplus.slice(0, 3) }).toEqual({
    missing: [],
    surplus: [],
  });
};

/** Runs until everybody has ended, moving the clock when all wait. */
const runToEnd = async (run: SourceRun<unknown, unknown, unknown>, test: TestSystem): Promise<void> => {
  for (let moves = 0; (await run.runToEnd()) === 'waiting'; moves++) {
    if (moves > 10_000) throw new Error('The source waits for ever.');
    if (test.manual.pendingTimers === 0) throw new Error('The source waits, and nothing will wake it.');
    test.manual.advance(10);
  }
};

type AnyRun = SourceRun<unknown, unknown, unknown>;

interface Attempt {
  readonly parallelism: number;
  readonly pollsToSnapshot: number;
  readonly pollsLost: number;
}

/** Polls the subtasks in turn so many times, moving the clock when one waits for nothing else. */
const poll = async (run: AnyRun, test: TestSystem, polls: number): Promise<void> => {
  for (let i = 0; i < polls; i++) {
    if (run.poll(i % run.parallelism) !== 'waiting' || (await run.somethingHappens(5))) continue;
    test.manual.advance(10);
  }
};

/** Attempts that each go on from a snapshot and lose what they read behind it, then one that runs to the end. */
const readWithFailures = async (sourceCase: SourceCase, attempts: readonly Attempt[]): Promise<unknown[]> => {
  const test = new TestSystem();
  sourceCase.prepare(test);
  const kept: unknown[] = [];
  let restored: SourceSnapshot<unknown, unknown> | undefined;
  const start = async (parallelism: number): Promise<AnyRun> => {
    const from = restored === undefined ? {} : { restored };
    return new SourceRun(sourceCase.create(), test, { parallelism, ...from }).open();
  };
  for (const { parallelism, pollsToSnapshot, pollsLost } of attempts) {
    const run = await start(parallelism);
    await poll(run, test, pollsToSnapshot);
    restored = run.snapshot();
    kept.push(...run.values());
    await poll(run, test, pollsLost);
    await run.close();
  }
  const last = await start(2);
  await runToEnd(last, test);
  await last.close();
  expect(test.files.openCount).toBe(0);
  return [...kept, ...last.values()];
};

describe.each(sourceCases)('as every source, $name', (sourceCase) => {
  it.each([1, 2, 3])('gives each record exactly once to %i subtasks and ends', async (parallelism) => {
    const test = new TestSystem();
    sourceCase.prepare(test);
    const run = await new SourceRun(sourceCase.create(), test, { parallelism }).open();
    await runToEnd(run, test);
    expectAll(run.values(), sourceCase);
    expect(run.snapshot().splits).toEqual([]);
    await run.close();
    expect(run.openSplits.size).toBe(0);
    expect(test.files.openCount).toBe(0);
    expect(test.compressing).toBe(0);
    expect(test.manual.pendingTimers).toBe(0);
  });

  it('gives each record exactly once when it is stopped after any poll and restored at any parallelism', async () => {
    const attempt = fc.record({
      parallelism: fc.integer({ min: 1, max: 3 }),
      pollsToSnapshot: fc.integer({ min: 0, max: 12 }),
      pollsLost: fc.integer({ min: 0, max: 4 }),
    });
    const property = fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 4 }), async (attempts) => {
      expectAll(await readWithFailures(sourceCase, attempts), sourceCase);
    });
    await fc.assert(property, { numRuns: 15, seed: 7 });
  });

  it('keeps the order of records within each split', async () => {
    const test = new TestSystem();
    sourceCase.prepare(test);
    const run = await new SourceRun(sourceCase.create(), test, { parallelism: 2 }).open();
    await runToEnd(run, test);
    const order = new Map(sourceCase.expected.map((value, i) => [JSON.stringify(value), i]));
    const last = new Map<string, number>();
    for (const { value, splitId } of run.records) {
      const position = order.get(JSON.stringify(value)) as number;
      expect(position).toBeGreaterThan(last.get(splitId) ?? -1);
      last.set(splitId, position);
    }
    await run.close();
  });

  it('can be closed before it has ended, and leaves nothing open', async () => {
    for (const polls of [0, 1, 3]) {
      const test = new TestSystem();
      sourceCase.prepare(test);
      const run = await new SourceRun(sourceCase.create(), test, { parallelism: 2 }).open();
      for (let i = 0; i < polls; i++) run.poll(i % 2);
      await run.close();
      expect(run.openSplits.size).toBe(0);
      expect(test.files.openCount).toBe(0);
      expect(test.manual.pendingTimers).toBe(0);
    }
  });
});

describe.each(sourceCases)('as every source that is watched, $name', (sourceCase) => {
  it('stays at its end: polls go on saying so and give nothing', async () => {
    const test = new TestSystem();
    sourceCase.prepare(test);
    const run = await new SourceRun(sourceCase.create(), test, { parallelism: 2 }).open();
    await runToEnd(run, test);
    const { length } = run.records;
    for (let i = 0; i < 6; i++) expect(run.pollReader(i % 2)).toBe('end');
    expect(run.records.length).toBe(length);
    await run.close();
  });

  it('gives the same records when a snapshot is taken at every poll, and changes no snapshot afterwards', async () => {
    const test = new TestSystem();
    sourceCase.prepare(test);
    const run = await new SourceRun(sourceCase.create(), test, { parallelism: 2 }).open();
    const snapshots: { readonly taken: SourceSnapshot<unknown, unknown>; readonly text: string }[] = [];
    for (let polls = 0; polls < 30; polls++) {
      await poll(run, test, 1);
      const taken = run.snapshot();
      snapshots.push({ taken, text: JSON.stringify(taken) });
    }
    await runToEnd(run, test);
    await run.close();
    expectAll(run.values(), sourceCase);
    for (const { taken, text } of snapshots) expect(JSON.stringify(taken)).toBe(text);
  });

  it('can be closed twice', async () => {
    const test = new TestSystem();
    sourceCase.prepare(test);
    const run = await new SourceRun(sourceCase.create(), test, { parallelism: 2 }).open();
    for (let i = 0; i < 4; i++) run.poll(i % 2);
    await run.close();
    await run.close();
    expect([run.openSplits.size, test.files.openCount, test.manual.pendingTimers]).toEqual([0, 0, 0]);
  });

  it('sleeps while it waits: asking again sets no second timer and gives nothing', async () => {
    const test = new TestSystem();
    sourceCase.prepare(test);
    const run = await new SourceRun(sourceCase.create(), test).open();
    for (let moves = 0; moves < 5 && (await run.runToEnd()) === 'waiting'; moves++) {
      const { length } = run.records;
      const timers = test.manual.pendingTimers;
      for (let i = 0; i < 5; i++) expect(run.poll(0)).toBe('waiting');
      expect([run.records.length, test.manual.pendingTimers]).toEqual([length, timers]);
      test.manual.advance(10);
    }
    await run.close();
    expect(test.manual.pendingTimers).toBe(0);
  });
});
