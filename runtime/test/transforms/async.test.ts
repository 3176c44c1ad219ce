import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AsyncFunction } from '../../src/api/async.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { give, Outside, rig, settings, watermark } from './async-rig.ts';
import { settlePromises } from './manual-system.ts';
import { batchOf, fakeContext } from './support.ts';

describe('results in the order of the records', () => {
  it('keeps a result back until those before it are there', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside));
    give(processor, 'a', 'b', 'c');
    await outside.answer('c');
    await outside.answer('b');
    settle();
    expect(context.main.values).toEqual([]);
    await outside.answer('a');
    settle();
    expect(context.main.values).toEqual(['a!', 'b!', 'c!']);
  });

  it('keeps a watermark behind the records that came before it', async () => {
    const outside = new Outside();
    const made = rig(settings(outside));
    give(made.processor, 'a');
    watermark(made, 5);
    give(made.processor, 'b');
    await outside.answer('b');
    made.settle();
    expect(made.context.main.values).toEqual([]);
    await outside.answer('a');
    made.settle();
    expect(made.context.main.values).toEqual(['a!', 'w5', 'b!']);
  });

  it('lets a watermark through at once when nothing is in flight', () => {
    const made = rig(settings(new Outside()));
    watermark(made, 7);
    expect(made.context.main.values).toEqual(['w7']);
  });

  it('hands on no record behind a watermark before the task has taken the watermark', async () => {
    const outside = new Outside();
    const made = rig(settings(outside));
    give(made.processor, 'a');
    watermark(made, 5);
    give(made.processor, 'b');
    await outside.answer('a');
    await outside.answer('b');
    made.processor.settle?.(false);
    made.processor.settle?.(false);
    expect(made.context.main.values).toEqual(['a!']);
    expect(made.processor.generatedWatermark?.()).toBe(5);
    made.processor.settle?.(false);
    expect(made.context.main.values).toEqual(['a!', 'b!']);
  });

  it('gives results the timestamp of their record', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside));
    give(processor, 'a', 'b');
    await outside.answer('a', [1, 2]);
    await outside.answer('b', []);
    settle();
    expect(context.main.records).toEqual([
      { value: 1, timestampMs: 0 },
      { value: 2, timestampMs: 0 },
    ]);
  });
});

describe('results as they come', () => {
  it('hands on what is ready first', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside, { order: 'unordered' }));
    give(processor, 'a', 'b', 'c');
    await outside.answer('c');
    await outside.answer('a');
    settle();
    expect(context.main.values).toEqual(['c!', 'a!']);
  });

  it('never lets a result pass a watermark in either direction', async () => {
    const outside = new Outside();
    const made = rig(settings(outside, { order: 'unordered' }));
    give(made.processor, 'a', 'b');
    watermark(made, 5);
    give(made.processor, 'c');
    await outside.answer('c');
    await outside.answer('b');
    made.settle();
    expect(made.context.main.values).toEqual(['b!']);
    await outside.answer('a');
    made.settle();
    expect(made.context.main.values).toEqual(['b!', 'a!', 'w5', 'c!']);
  });

  it('merges watermarks between which there is nothing', async () => {
    const outside = new Outside();
    const made = rig(settings(outside, { order: 'unordered' }));
    give(made.processor, 'a');
    watermark(made, 5);
    watermark(made, 6);
    await outside.answer('a');
    made.settle();
    expect(made.context.main.values).toEqual(['a!', 'w6']);
  });
});

describe('capacity', () => {
  it('has no more calls under way than the capacity, and starts the next when one ends', async () => {
    const outside = new Outside();
    const { processor } = rig(settings(outside, { capacity: 2 }));
    give(processor, 'a', 'b', 'c', 'd');
    expect(outside.calls.map(({ value }) => value)).toEqual(['a', 'b']);
    await outside.answer('b');
    expect(outside.calls.map(({ value }) => value)).toEqual(['a', 'b', 'c']);
  });

  it('has no room while the queue is full, and wakes the task when there is something to hand on', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside, { capacity: 2 }));
    expect(processor.hasRoom?.()).toBe(true);
    give(processor, 'a', 'b');
    expect(processor.hasRoom?.()).toBe(false);
    expect(context.wakes()).toBe(0);
    await outside.answer('a');
    expect(context.wakes()).toBe(1);
    settle();
    expect(processor.hasRoom?.()).toBe(true);
  });

  it('wakes the task once for several answers between two looks', async () => {
    const outside = new Outside();
    const { context, processor } = rig(settings(outside));
    give(processor, 'a', 'b');
    await outside.answer('a');
    await outside.answer('b');
    expect(context.wakes()).toBe(1);
  });

  it('emits nothing from the callback of a promise', async () => {
    const outside = new Outside();
    const { context, processor } = rig(settings(outside));
    give(processor, 'a');
    await outside.answer('a');
    expect(context.main.values).toEqual([]);
  });
});

describe('the end of the input', () => {
  it('waits for everything in flight, watermarks included', async () => {
    const outside = new Outside();
    const made = rig(settings(outside));
    give(made.processor, 'a');
    watermark(made, Infinity);
    expect(made.processor.settle?.(true)).toBe(false);
    await outside.answer('a');
    expect(made.processor.settle?.(true)).toBe(false);
    expect(made.processor.generatedWatermark?.()).toBe(Infinity);
    expect(made.processor.settle?.(true)).toBe(true);
    expect(made.context.main.values).toEqual(['a!']);
  });

  it('does not make a watermark wait in the task', () => {
    const { processor } = rig(settings(new Outside()));
    give(processor, 'a');
    expect(processor.settle?.(false)).toBe(true);
  });
});

describe('failures', () => {
  it('fails the job from settle when the policy says so', async () => {
    const outside = new Outside();
    const { processor } = rig(settings(outside));
    give(processor, 'a');
    await outside.refuse('a', new Error('gone'));
    expect(() => processor.settle?.(false)).toThrow('gone');
  });

  it('treats a call that throws before it gives a promise like one that rejects', async () => {
    const user: AsyncFunction<unknown, unknown> = {
      call: () => {
        throw new Error('at once');
      },
    };
    const { context, processor, settle } = rig(settings(user), fakeContext({ policy: 'drop' }));
    give(processor, 'a');
    await settlePromises();
    settle();
    expect(context.failed.map(({ error }) => String(error))).toEqual(['Error: at once']);
  });

  it('refuses a result that is no list and names the way out', async () => {
    const user = { call: () => Promise.resolve('text') } as unknown as AsyncFunction<unknown, unknown>;
    const { processor } = rig(settings(user));
    give(processor, 'a');
    await settlePromises();
    expect(() => processor.settle?.(false)).toThrow(MillraceError);
    expect(() => processor.settle?.(false)).not.toThrow();
  });

  it('goes on with the records behind a failed one', async () => {
    const outside = new Outside();
    const { context, processor, settle } = rig(settings(outside), fakeContext({ policy: 'drop' }));
    give(processor, 'a', 'b');
    await outside.refuse('a');
    await outside.answer('b');
    settle();
    expect(context.main.values).toEqual(['b!']);
    expect(context.failed.map(({ record }) => record)).toEqual(['a']);
  });
});

describe('life and state', () => {
  it('opens and closes the function, and aborts what is in flight when it closes', async () => {
    const order: string[] = [];
    const outside = Object.assign(new Outside(), {
      open: () => void order.push('open'),
      close: () => void order.push('close'),
    });
    const { context, processor } = rig(settings(outside, { capacity: 1 }));
    await processor.open?.();
    give(processor, 'a', 'b');
    await processor.close?.();
    expect(order).toEqual(['open', 'close']);
    expect(outside.calls.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(context.machine.pendingTimers).toBe(0);
  });

  it('gives the records in flight in order of arrival, done or not, until they are handed on', async () => {
    const outside = new Outside();
    const { processor, settle } = rig(settings(outside, { capacity: 1 }));
    give(processor, 'a', 'b', 'c');
    await outside.answer('a');
    expect(processor.snapshotInFlight().map(({ value }) => value)).toEqual(['a', 'b', 'c']);
    settle();
    expect(processor.snapshotInFlight().map(({ value }) => value)).toEqual(['b', 'c']);
  });

  it('moves the records of a key group to another slot, where they are asked for again', async () => {
    const [here, there] = [new Outside(), new Outside()];
    const from = rig(settings(here));
    const to = rig(settings(there));
    const records = [1, 2, 3, 4, 5, 6].map((key) => ({ value: `r${key}`, key, timestampMs: key }));
    from.processor.process(batchOf(records), 0);
    const groups = new Map(from.processor.snapshotInFlight().map(({ value, keyGroup }) => [value, keyGroup]));
    const moved = groups.get('r2') as number;
    const bytes = from.processor.exportKeyGroup?.(moved);
    expect(bytes).toBeInstanceOf(Uint8Array);
    to.processor.importKeyGroup?.(moved, bytes as Uint8Array);
    from.processor.dropKeyGroup?.(moved);
    expect(here.calls.find(({ value }) => value === 'r2')?.signal.aborted).toBe(true);
    await there.answer('r2');
    to.settle();
    expect(to.context.main.records).toEqual([{ value: 'r2!', timestampMs: 2 }]);
    for (const { value } of records) await here.answer(value);
    from.settle();
    expect(from.context.main.values).toEqual(
      ['r1!', 'r3!', 'r4!', 'r5!', 'r6!'].filter((value) => groups.get(value.slice(0, 2)) !== moved),
    );
    expect(from.processor.exportKeyGroup?.(moved)).toBeUndefined();
  });
});

describe('any order of answers', () => {
  const script = fc.record({
    order: fc.constantFrom('ordered' as const, 'unordered' as const),
    capacity: fc.integer({ min: 1, max: 5 }),
    /** Batches of so many records, each followed by a watermark or not. */
    batches: fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.boolean()), { maxLength: 6 }),
    picks: fc.infiniteStream(fc.nat(1000)),
  });

  it('gives every record out once and keeps each on its side of every watermark', async () => {
    await fc.assert(
      fc.asyncProperty(script, async ({ order, capacity, batches, picks }) => {
        const outside = new Outside();
        const made = rig(settings(outside, { order, capacity, timeoutMs: 0 }));
        const expected: (readonly string[])[] = [];
        let record = 0;
        batches.forEach(([count, closes], i) => {
          const values = Array.from({ length: count }, () => `r${record++}`);
          expected.push(values);
          if (count > 0) give(made.processor, ...values);
          if (closes) watermark(made, i);
        });
        const answered = new Set<unknown>();
        while (answered.size < record) {
          const open = outside.calls.filter(({ value }) => !answered.has(value));
          const { value } = open[(picks.next().value as number) % open.length] as (typeof open)[number];
          answered.add(value);
          await outside.answer(value, [value]);
          if ((picks.next().value as number) % 2 === 0) made.settle();
        }
        made.settle();
        const { values } = made.context.main;
        expect(values.filter((value) => !String(value).startsWith('w')).toSorted()).toEqual(
          expected.flat().toSorted(),
        );
        for (const [at, value] of values.entries()) {
          if (!String(value).startsWith('w')) continue;
          const closed = Number(String(value).slice(1));
          const before = expected.slice(0, closed + 1).flat();
          expect(
            values
              .slice(0, at)
              .filter((one) => !String(one).startsWith('w'))
              .toSorted(),
          ).toEqual(before.toSorted());
        }
        const last = batches.findLastIndex(([, closes]) => closes);
        expect(last < 0 || values.includes(`w${last}`)).toBe(true);
        if (order === 'ordered') {
          expect(values.filter((value) => !String(value).startsWith('w'))).toEqual(expected.flat());
        }
        expect(made.processor.settle?.(true)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
