import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Source } from '../../../src/api/connectors.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import { files } from '../../../src/connectors/files/index.ts';
import { generator } from '../../../src/connectors/generator/index.ts';
import { type HybridSplit, type HybridState, hybrid } from '../../../src/connectors/hybrid/index.ts';
import { rateLimit } from '../../../src/connectors/rate-limit/index.ts';
import { SourceRun, type SourceSnapshot } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

interface Numbered {
  readonly n: number;
}
type Run = SourceRun<Numbered, HybridSplit, HybridState>;

/** One source of a chain: what kind, and how many records it has. */
interface Part {
  readonly kind: 'collection' | 'file' | 'generator' | 'slow generator';
  readonly count: number;
}

const create = (part: Part, from: number, number: number, test: TestSystem): Source<Numbered> => {
  const { kind, count } = part;
  const numbers = Array.from({ length: count }, (_, i) => ({ n: from + i }));
  if (kind === 'collection') return collection(numbers);
  if (kind === 'file') {
    test.files.put(`/base/${number}.ndjson`, numbers.map((record) => `${JSON.stringify(record)}\n`).join(''));
    return files<Numbered>({
      path: `${number}.ndjson`,
      format: 'ndjson',
      splitBytes: 1024,
    }) as Source<Numbered>;
  }
  const generated = generator({ count, splits: 3, generate: (i) => ({ n: from + i }) }) as Source<Numbered>;
  return kind === 'generator' ? generated : rateLimit(generated, { recordsPerSecond: 1000 });
};

/** A chain of sources whose records are numbered through, and where each source begins. */
const chain = (parts: readonly Part[], test: TestSystem) => {
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, { count }) => sum + count, 0));
  const sources = parts.map((part, i) => create(part, starts[i] as number, i, test));
  const [first, ...rest] = sources as [Source<Numbered>, ...Source<Numbered>[]];
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const sourceOf = (n: number): number => starts.findLastIndex((start) => start <= n);
  return { source: hybrid(first, ...rest), total, sourceOf };
};

const part = fc.record({
  kind: fc.constantFrom('collection', 'file', 'generator', 'slow generator'),
  count: fc.integer({ min: 1, max: 300 }),
});
const parts = fc.array(part, { minLength: 1, maxLength: 4 });

const runToEnd = async (run: Run, test: TestSystem): Promise<void> => {
  while ((await run.runToEnd()) === 'waiting') {
    expect(test.manual.pendingTimers).toBeGreaterThan(0);
    test.manual.advance(50);
  }
};

/** The order in which sources gave records, each named once while it goes on. */
const order = (run: Run, sourceOf: (n: number) => number): number[] =>
  run
    .values()
    .map(({ n }) => sourceOf(n))
    .filter((source, i, all) => source !== all[i - 1]);

describe('a chain of sources', () => {
  it('gives every record once, and none of a source before all of the one in front of it', async () => {
    const property = fc.asyncProperty(parts, fc.integer({ min: 1, max: 4 }), async (given, parallelism) => {
      const test = new TestSystem();
      const { source, total, sourceOf } = chain(given, test);
      const run = await new SourceRun(source, test, { parallelism }).open();
      await runToEnd(run, test);
      await run.close();
      const numbers = run.values().map(({ n }) => n);
      expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, n) => n));
      expect(order(run, sourceOf)).toEqual(given.map((_, i) => i));
      expect([test.files.openCount, test.manual.pendingTimers]).toEqual([0, 0]);
    });
    await fc.assert(property, { numRuns: 60, seed: 61 });
  });

  it('goes on from any snapshot at any parallelism, in front of, at and behind a switch-over', async () => {
    const attempt = fc.record({
      parallelism: fc.integer({ min: 1, max: 3 }),
      polls: fc.nat(30),
      lostPolls: fc.nat(6),
    });
    const property = fc.asyncProperty(parts, fc.array(attempt, { maxLength: 5 }), async (given, attempts) => {
      const test = new TestSystem();
      const { source, total } = chain(given, test);
      const kept: number[] = [];
      let restored: SourceSnapshot<HybridSplit, HybridState> | undefined;
      const start = (parallelism: number): Promise<Run> =>
        new SourceRun(source, test, { parallelism, ...(restored === undefined ? {} : { restored }) }).open();
      const poll = (run: Run, polls: number): void => {
        for (let i = 0; i < polls; i++) {
          if (run.poll(i % run.parallelism) === 'waiting') test.manual.advance(20);
        }
      };
      for (const { parallelism, polls, lostPolls } of attempts) {
        const run = await start(parallelism);
        poll(run, polls);
        restored = run.snapshot();
        kept.push(...run.values().map(({ n }) => n));
        poll(run, lostPolls);
        await run.close();
      }
      const last = await start(2);
      await runToEnd(last, test);
      await last.close();
      const all = [...kept, ...last.values().map(({ n }) => n)].sort((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: total }, (_, n) => n));
    });
    await fc.assert(property, { numRuns: 80, seed: 62 });
  });

  it('goes on with its readers when its enumerator is gone, in front of, at and behind a switch-over', async () => {
    const step = fc.record({
      polls: fc.nat(12),
      act: fc.constantFrom('snapshot', 'adopt', 'adopt', 'nothing'),
    });
    const adoptable = part.map((one) => ({
      ...one,
      kind: one.kind === 'slow generator' ? ('generator' as const) : one.kind,
    }));
    const property = fc.asyncProperty(
      fc.array(adoptable, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { maxLength: 12 }),
      async (given, parallelism, steps) => {
        const test = new TestSystem();
        const { source, total, sourceOf } = chain(given, test);
        const run = await new SourceRun(source, test, { parallelism }).open();
        let { enumerator } = run.snapshot();
        let at = 0;
        for (const { polls, act } of steps) {
          for (let i = 0; i < polls; i++) run.poll(at++ % parallelism);
          if (act === 'adopt') await run.adopt(enumerator);
          if (act === 'snapshot') ({ enumerator } = run.snapshot());
        }
        await runToEnd(run, test);
        await run.close();
        const numbers = run.values().map(({ n }) => n);
        expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, n) => n));
        expect(order(run, sourceOf)).toEqual(given.map((_, i) => i));
      },
    );
    await fc.assert(property, { numRuns: 150, seed: 63 });
  });

  it('says so where a source in it cannot follow its readers', () => {
    const plain = collection([{ n: 1 }]);
    const deaf: Source<Numbered> = {
      ...(plain as Source<Numbered>),
      createEnumerator: (context, restored) => ({
        ...plain.createEnumerator(context as never, restored as never),
        alreadyAssigned: undefined as never,
      }),
    };
    const context = { parallelism: 1, assign: () => undefined, noMoreSplits: () => undefined };
    const enumerator = hybrid(deaf, plain).createEnumerator(context as never);
    expect(() => enumerator.alreadyAssigned?.([])).toThrow(
      'The source number 1 of hybrid(), collection, cannot go on where its readers are.',
    );
    expect(() => enumerator.alreadyAssigned?.([{ source: 1, split: { index: 0 } }])).not.toThrow();
  });

  it('may be a part of another chain', async () => {
    const test = new TestSystem();
    const numbers = (from: number): Numbered[] => Array.from({ length: 5 }, (_, i) => ({ n: from + i }));
    const inner = hybrid(collection(numbers(0)), collection(numbers(5)));
    const outer = hybrid(inner as Source<Numbered>, hybrid(collection(numbers(10))) as Source<Numbered>);
    const run = await new SourceRun(outer, test, { parallelism: 2 }).open();
    await runToEnd(run, test);
    expect(
      run
        .values()
        .map(({ n }) => n)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 15 }, (_, n) => n));
    await run.close();
  });
});
