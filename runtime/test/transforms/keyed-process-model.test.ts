import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyedProcessFunction } from '../../src/api/functions.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import { type ListState, listState, type ValueState, valueState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { createKeyedProcessProcessor } from '../../src/transforms/keyed-process.ts';
import { drive, type FakeContext, fakeContext, finish, type Input } from './support.ts';

/** What a record tells the function to do. */
interface Orders {
  readonly event?: number;
  readonly processing?: number;
  readonly delete?: number;
  readonly clear?: boolean;
  readonly fails?: boolean;
}

const seenTag = outputTag<unknown>('seen');

/** What a timer does after it fired: every third event-time timer registers another one, every fifth fails. */
const followUpMs = (timeMs: number): number | undefined => (timeMs % 3 === 0 ? timeMs + 4 : undefined);
const failsAt = (timeMs: number): boolean => timeMs % 5 === 0;

/** Follows its orders; tells what it keeps whenever something happens. */
const createFollower = (): KeyedProcessFunction<unknown, unknown, unknown> => {
  let count: ValueState<number, number>;
  let times: ListState<number>;
  return {
    open: (runtime) => {
      count = runtime.state(valueState('count', { default: 0, type: 'number' }));
      times = runtime.state(listState<number>('times'));
    },
    process: (value, context, output) => {
      const orders = value as Orders;
      count.update(count.value() + 1);
      output.emit(['record', context.key, count.value(), [...times.get()]]);
      context.emitTo(seenTag, context.key);
      if (orders.event !== undefined) context.timers.registerEventTimeTimer(orders.event);
      if (orders.processing !== undefined) context.timers.registerProcessingTimeTimer(orders.processing);
      if (orders.delete !== undefined) {
        context.timers.deleteEventTimeTimer(orders.delete);
        context.timers.deleteProcessingTimeTimer(orders.delete);
      }
      if (orders.clear === true) {
        count.clear();
        times.clear();
      }
      if (orders.fails === true) throw new Error('as ordered');
    },
    onTimer: (timeMs, context, output) => {
      times.add(timeMs);
      const next = followUpMs(timeMs);
      if (context.timeDomain === 'event' && next !== undefined) context.timers.registerEventTimeTimer(next);
      output.emit([context.timeDomain, context.key, timeMs, count.value(), [...times.get()]]);
      if (failsAt(timeMs)) throw new Error('bad time');
    },
  };
};

interface Kept {
  count: number;
  times: readonly number[];
}

/** The same, written down plainly over a Map. */
class Model {
  readonly emitted: unknown[] = [];
  readonly seen: unknown[] = [];
  failures = 0;
  private readonly kept = new Map<unknown, Kept>();
  private readonly timers = { event: new Set<string>(), processing: new Set<string>() };
  private watermarkMs = -Infinity;

  take(inputs: readonly Input[]): this {
    for (const input of inputs) {
      if ('watermarkMs' in input) {
        this.watermarkMs = Math.max(this.watermarkMs, input.watermarkMs);
        this.fire('event', input.watermarkMs);
      } else if ('clockMs' in input) this.fire('processing', input.clockMs);
      else this.record(input.key, input.value as Orders);
    }
    return this;
  }

  finish(): void {
    this.fire('event', Infinity);
    this.fire('processing', Infinity);
    this.fire('event', Infinity);
  }

  private of(key: unknown): Kept {
    return this.kept.get(key) ?? { count: 0, times: [] };
  }

  private record(key: unknown, orders: Orders): void {
    if (orders.fails === true) {
      this.failures++;
      return;
    }
    const { count, times } = this.of(key);
    this.emitted.push(['record', key, count + 1, times]);
    this.seen.push(key);
    this.kept.set(key, orders.clear === true ? { count: 0, times: [] } : { count: count + 1, times });
    for (const domain of ['event', 'processing'] as const) {
      const timeMs = orders[domain];
      if (timeMs !== undefined) this.timers[domain].add(JSON.stringify([timeMs, key]));
    }
    for (const domain of ['event', 'processing'] as const) {
      this.timers[domain].delete(JSON.stringify([orders.delete, key]));
    }
  }

  private fire(domain: 'event' | 'processing', untilMs: number): void {
    for (;;) {
      const due = [...this.timers[domain]]
        .map((text) => JSON.parse(text) as [number, unknown])
        .filter(([timeMs]) => timeMs <= untilMs)
        .toSorted(([a, left], [b, right]) => a - b || hashValue(left) - hashValue(right))[0];
      if (due === undefined) return;
      const [timeMs, key] = due;
      this.timers[domain].delete(JSON.stringify(due));
      if (failsAt(timeMs)) {
        this.failures++;
        continue;
      }
      const { count, times } = this.of(key);
      this.kept.set(key, { count, times: [...times, timeMs] });
      const next = followUpMs(timeMs);
      if (domain === 'event' && next !== undefined) this.timers.event.add(JSON.stringify([next, key]));
      this.emitted.push([domain, key, timeMs, count, [...times, timeMs]]);
    }
  }
}

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });
const time = fc.integer({ min: 0, max: 60 });

const inputs: fc.Arbitrary<Input[]> = fc
  .array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          key: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b')),
          value: fc.record(
            {
              event: optional(time),
              processing: optional(time),
              delete: optional(time),
              clear: fc.boolean(),
              fails: fc.boolean(),
            },
            { requiredKeys: [] },
          ),
        }),
      },
      { weight: 1, arbitrary: fc.record({ watermarkMs: time }) },
      { weight: 1, arbitrary: fc.record({ clockMs: time }) },
    ),
    { maxLength: 40 },
  )
  // Neither event time nor the clock goes back.
  .map((given) => {
    let watermarkMs = 0;
    let clockMs = 0;
    return given.map((input): Input => {
      if ('watermarkMs' in input) {
        watermarkMs = Math.max(watermarkMs, input.watermarkMs);
        return { watermarkMs };
      }
      if (!('clockMs' in input)) return input;
      clockMs = Math.max(clockMs, input.clockMs);
      return { clockMs };
    });
  });

const run = async (given: readonly Input[], batchSize: number, units: number): Promise<FakeContext> => {
  const context = fakeContext({ policy: 'drop' });
  const processor = createKeyedProcessProcessor(
    { kind: 'keyedProcess', function: createFollower() },
    context,
  );
  await processor.open?.();
  drive(processor, context, given, batchSize, units);
  finish(processor, units);
  return context;
};

describe('a keyed process function against a model', () => {
  it('keeps state, fires timers and undoes failures as the model does, however batches and slices are cut', async () => {
    const cuts = fc.constantFrom([1, 1], [2, 3], [2048, Infinity]);
    await fc.assert(
      fc.asyncProperty(inputs, cuts, async (given, [batchSize = 1, units = 1]) => {
        const context = await run(given, batchSize, units);
        const model = new Model().take(given);
        model.finish();
        expect(context.main.values).toEqual(model.emitted);
        expect(context.sideOutput('seen').values).toEqual(model.seen);
        expect(context.failed).toHaveLength(model.failures);
      }),
      { numRuns: 300 },
    );
  });

  it('goes on the same after its state has moved to another slot', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, fc.nat(40), async (given, cut) => {
        const context = fakeContext({ policy: 'drop' });
        const spec = { kind: 'keyedProcess', function: createFollower() } as const;
        const before = createKeyedProcessProcessor(spec, context);
        await before.open?.();
        drive(before, context, given.slice(0, cut));
        const after = createKeyedProcessProcessor(
          { kind: 'keyedProcess', function: createFollower() },
          context,
        );
        await after.open?.();
        for (let group = 0; group < 128; group++) {
          const bytes = before.exportKeyGroup?.(group);
          if (bytes !== undefined) after.importKeyGroup?.(group, bytes);
          before.dropKeyGroup?.(group);
        }
        finish(before);
        drive(after, context, given.slice(cut));
        finish(after);
        const model = new Model().take(given);
        model.finish();
        expect(context.main.values).toEqual(model.emitted);
      }),
      { numRuns: 200 },
    );
  });
});
