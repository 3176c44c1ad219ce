import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LookupSettings } from '../../src/api/joins.ts';
import { createLookupProcessor } from '../../src/transforms/lookup.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { settlePromises } from './manual-system.ts';
import { batchOf, type FakeContext, fakeContext } from './support.ts';

interface Question {
  readonly key: unknown;
  readonly signal: AbortSignal;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Rig {
  readonly context: FakeContext;
  readonly processor: Processor;
  readonly questions: Question[];
  readonly give: (...values: readonly unknown[]) => void;
  readonly answer: (key: unknown, value: unknown) => Promise<void>;
}

const rig = (settings: Partial<LookupSettings> = {}, context: FakeContext = fakeContext()): Rig => {
  const questions: Question[] = [];
  const processor = createLookupProcessor(
    {
      kind: 'lookup',
      lookup: {
        key: (value) => value,
        load: (key, signal) =>
          new Promise((resolve, reject) => {
            questions.push({ key, signal, resolve, reject });
          }),
        join: (value, found) => [value, found],
        cacheSize: 100,
        cacheForMs: 10_000,
        capacity: 10,
        timeoutMs: 1000,
        retries: 0,
        backoffMs: 10,
        ...settings,
      },
    },
    context,
  );
  return {
    context,
    processor,
    questions,
    give: (...values) => processor.process(batchOf(values.map((value, i) => ({ value, timestampMs: i }))), 0),
    answer: async (key, value) => {
      questions.findLast((question) => question.key === key)?.resolve(value);
      await settlePromises();
      processor.settle?.(false);
    },
  };
};

const keysOf = ({ questions }: Rig): unknown[] => questions.map(({ key }) => key);

describe('a lookup', () => {
  it('joins each record with what was found for its key, in order', async () => {
    const made = rig({ key: (value) => (value as { id: number }).id });
    made.give({ id: 1 }, { id: 2 });
    await made.answer(2, 'two');
    expect(made.context.main.values).toEqual([]);
    await made.answer(1, 'one');
    expect(made.context.main.records).toEqual([
      { value: [{ id: 1 }, 'one'], timestampMs: 0 },
      { value: [{ id: 2 }, 'two'], timestampMs: 1 },
    ]);
  });

  it('asks once for a key that several records wait for', async () => {
    const made = rig();
    made.give('a', 'a', 'b', 'a');
    expect(keysOf(made)).toEqual(['a', 'b']);
    await made.answer('b', 2);
    await made.answer('a', 1);
    expect(made.context.main.values).toEqual([
      ['a', 1],
      ['a', 1],
      ['b', 2],
      ['a', 1],
    ]);
  });

  it('takes a known key from the cache, at once when nothing is before it', async () => {
    const made = rig();
    made.give('a');
    await made.answer('a', 1);
    made.give('a', 'a');
    expect(made.context.main.values).toEqual([
      ['a', 1],
      ['a', 1],
      ['a', 1],
    ]);
    expect(keysOf(made)).toEqual(['a']);
  });

  it('keeps a record with a known key behind one that waits', async () => {
    const made = rig();
    made.give('a');
    await made.answer('a', 1);
    made.give('b', 'a');
    expect(made.context.main.take()).toEqual([['a', 1]]);
    await made.answer('b', 2);
    expect(made.context.main.values).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });

  it('remembers that there is nothing for a key', async () => {
    const made = rig();
    made.give('a');
    await made.answer('a', undefined);
    made.give('a');
    expect(made.context.main.values).toEqual([
      ['a', undefined],
      ['a', undefined],
    ]);
    expect(made.questions).toHaveLength(1);
  });

  it('asks again when the value has become too old', async () => {
    const made = rig({ cacheForMs: 100 });
    made.give('a');
    await made.answer('a', 1);
    made.context.machine.advance(99);
    made.give('a');
    expect(made.questions).toHaveLength(1);
    made.context.machine.advance(1);
    made.give('a');
    expect(made.questions).toHaveLength(2);
    await made.answer('a', 2);
    expect(made.context.main.values).toEqual([
      ['a', 1],
      ['a', 1],
      ['a', 2],
    ]);
  });

  it('forgets the key that was not asked for the longest when the cache is full', async () => {
    const made = rig({ cacheSize: 2 });
    for (const key of ['a', 'b']) {
      made.give(key);
      await made.answer(key, key);
    }
    made.give('a', 'c');
    await made.answer('c', 'c');
    made.give('a', 'b');
    expect(keysOf(made)).toEqual(['a', 'b', 'c', 'b']);
  });

  it('keeps nothing with a cache of size 0, but still shares a load under way', async () => {
    const made = rig({ cacheSize: 0 });
    made.give('a', 'a');
    expect(made.questions).toHaveLength(1);
    await made.answer('a', 1);
    made.give('a');
    expect(made.questions).toHaveLength(2);
  });

  it('compares keys as values: composite keys, and 1 is not its text', async () => {
    const made = rig();
    made.give([1, 'x']);
    const [question] = made.questions;
    question?.resolve('found');
    await settlePromises();
    made.processor.settle?.(false);
    made.give([1, 'x'], 1, '1', 1n);
    expect(keysOf(made)).toEqual([[1, 'x'], 1, '1', 1n]);
  });
});

describe('a lookup that fails', () => {
  it('fails all records that waited for the key and tries anew with the next one', async () => {
    const made = rig({}, fakeContext({ policy: 'drop' }));
    made.give('a', 'a');
    made.questions[0]?.reject(new Error('down'));
    await settlePromises();
    made.processor.settle?.(false);
    expect(made.context.failed.map(({ error }) => String(error))).toEqual(['Error: down', 'Error: down']);
    made.give('a');
    await made.answer('a', 1);
    expect(made.context.main.values).toEqual([['a', 1]]);
  });

  it('gives up at the time-out and aborts the load', async () => {
    const made = rig({}, fakeContext({ policy: 'drop' }));
    made.give('a');
    made.context.machine.advance(1000);
    made.processor.settle?.(false);
    expect(made.context.failed).toHaveLength(1);
    expect(made.questions[0]?.signal.aborted).toBe(true);
  });

  it('tries again as often as it is told', async () => {
    const made = rig({ retries: 1, backoffMs: 10 });
    made.give('a');
    made.questions[0]?.reject(new Error('down'));
    await settlePromises();
    made.context.machine.advance(10);
    await made.answer('a', 1);
    expect(made.context.main.values).toEqual([['a', 1]]);
  });

  it('leaves a record whose key cannot be found to the policy', async () => {
    const made = rig(
      {
        key: (value) => {
          if (value === 'bad') throw new Error('no key');
          return value;
        },
      },
      fakeContext({ policy: 'drop' }),
    );
    made.give('a', 'bad', 'a');
    await made.answer('a', 1);
    expect(made.context.main.values).toEqual([
      ['a', 1],
      ['a', 1],
    ]);
    expect(made.context.failed.map(({ record }) => record)).toEqual(['bad']);
  });

  it('leaves a record whose join throws to the policy', async () => {
    const made = rig(
      {
        join: (value, found) => {
          if (found === undefined) throw new Error('unknown');
          return value;
        },
      },
      fakeContext({ policy: 'drop' }),
    );
    made.give('a', 'b');
    await made.answer('a', undefined);
    await made.answer('b', 1);
    expect(made.context.main.values).toEqual(['b']);
  });

  it('refuses a key that is a promise', () => {
    const made = rig({ key: async (value) => value });
    expect(() => made.give('a')).toThrow('“key”');
  });

  it('refuses a join that returns a promise', async () => {
    const made = rig({ join: async (value) => value });
    made.give('a');
    await expect(made.answer('a', 1)).rejects.toThrow('“join”');
  });
});

describe('records that move away', () => {
  it('aborts a load that nobody waits for any more, and only then', () => {
    const made = rig();
    const records = [
      { value: 'same', key: 1 },
      { value: 'same', key: 2 },
    ];
    made.processor.process(batchOf(records), 0);
    const groups = Array.from({ length: 128 }, (_, i) => i).filter(
      (group) => made.processor.exportKeyGroup?.(group) !== undefined,
    );
    expect(groups).toHaveLength(2);
    made.processor.dropKeyGroup?.(groups[0] as number);
    expect(made.questions[0]?.signal.aborted).toBe(false);
    made.processor.dropKeyGroup?.(groups[1] as number);
    expect(made.questions[0]?.signal.aborted).toBe(true);
    made.processor.settle?.(false);
    expect(made.context.main.values).toEqual([]);
  });
});

describe('any sequence of keys', () => {
  it('joins every record with the value of its key, in order, asking at most once at a time for each', async () => {
    const sequence = fc.array(
      fc.oneof(
        fc.record({ give: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }) }),
        fc.record({ answer: fc.nat(10) }),
        fc.record({ advance: fc.integer({ min: 0, max: 150 }) }),
      ),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(sequence, fc.integer({ min: 0, max: 3 }), async (steps, cacheSize) => {
        const made = rig({ cacheSize, cacheForMs: 100, timeoutMs: 0, capacity: 2 });
        const given: number[] = [];
        const answered = new Set<Question>();
        const open = (): Question[] => made.questions.filter((question) => !answered.has(question));
        const answerOne = async (pick: number): Promise<void> => {
          const waiting = open();
          const question = waiting[pick % waiting.length];
          if (question === undefined) return;
          answered.add(question);
          question.resolve(Number(question.key) * 10);
          await settlePromises();
          made.processor.settle?.(false);
        };
        for (const step of steps) {
          if ('give' in step) {
            given.push(...step.give);
            made.give(...step.give);
          } else if ('answer' in step) await answerOne(step.answer);
          else made.context.machine.advance(step.advance);
          const keys = open().map(({ key }) => key);
          expect(new Set(keys).size).toBe(keys.length);
          expect(keys.length).toBeLessThanOrEqual(2);
        }
        while (open().length > 0) await answerOne(0);
        expect(made.processor.settle?.(true)).toBe(true);
        expect(made.context.main.values).toEqual(given.map((key) => [key, key * 10]));
      }),
      { numRuns: 100 },
    );
  });
});
