import fc from 'fast-check';
import {
  type DataStream,
  type KeyedProcessFunction,
  listState,
  mapState,
  type RuntimeContext,
  reducingState,
  type TimeToLive,
  valueState,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { createHarness } from '../../../src/testing/index.ts';

/** What a record asks of the state of its key. */
interface Order {
  readonly key: string;
  readonly state: 'value' | 'list' | 'sum' | 'map';
  readonly write: boolean;
  readonly n: number;
}

type Step = Order | { readonly waitMs: number };

const lifeMs = 1000;

const openState = (context: RuntimeContext, ttl: TimeToLive) => ({
  value: context.state(valueState<number>('value', { ttl })),
  list: context.state(listState<number>('list', { ttl })),
  sum: context.state(reducingState<number>('sum', (left, right) => left + right, { ttl })),
  map: context.state(mapState<number, number>('map', { ttl })),
});

/** Writes or reads, and tells what it has read. */
const obeying = (ttl: TimeToLive): KeyedProcessFunction<string, Order, unknown> => {
  let states: ReturnType<typeof openState>;
  return {
    open: (context) => {
      states = openState(context, ttl);
    },
    process: ({ state, write, n }, _context, output) => {
      const { value, list, sum, map } = states;
      if (write) {
        if (state === 'value') value.update(n);
        else if (state === 'list') list.add(n);
        else if (state === 'sum') sum.add(n);
        else map.put(n % 3, n);
        return;
      }
      if (state === 'value') output.emit(value.value() ?? 'none');
      else if (state === 'list') output.emit([...list.get()]);
      else if (state === 'sum') output.emit(sum.get() ?? 'none');
      else output.emit(map.get(n % 3) ?? 'none');
    },
  };
};

/** Entries with the time at which each ends, in a plain map; a list, a sum and each entry of a map is one entry. */
class Model {
  private readonly entries = new Map<string, { readonly held: readonly number[]; readonly endMs: number }>();
  private readonly refreshOn: TimeToLive['refreshOn'];
  private nowMs = 0;

  constructor(refreshOn: TimeToLive['refreshOn']) {
    this.refreshOn = refreshOn;
  }

  wait(byMs: number): void {
    this.nowMs += byMs;
  }

  obey({ key, state, write, n }: Order): unknown[] {
    const name = state === 'map' ? `${key} map ${n % 3}` : `${key} ${state}`;
    const found = this.entries.get(name);
    const alive = found !== undefined && this.nowMs < found.endMs ? found : undefined;
    const freshMs = this.nowMs + lifeMs;
    if (write) {
      const before = alive?.held ?? [];
      const held = state === 'list' || state === 'sum' ? [...before, n] : [n];
      const endMs = alive !== undefined && this.refreshOn === 'create' ? alive.endMs : freshMs;
      this.entries.set(name, { held, endMs });
      return [];
    }
    if (alive !== undefined && this.refreshOn === 'read')
      this.entries.set(name, { ...alive, endMs: freshMs });
    if (state === 'list') return [alive?.held ?? []];
    if (alive === undefined) return ['none'];
    return [state === 'sum' ? alive.held.reduce((left, right) => left + right) : alive.held[0]];
  }
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record<Order>({
        key: fc.constantFrom('a', 'b'),
        state: fc.constantFrom('value', 'list', 'sum', 'map'),
        write: fc.boolean(),
        n: fc.nat(9),
      }),
    },
    { weight: 2, arbitrary: fc.record({ waitMs: fc.constantFrom(1, 300, 499, 500, 999, 1000) }) },
  ),
  { maxLength: 50, size: 'max' },
);

describe('state with a time to live', () => {
  it.each(['create', 'write', 'read'] as const)(
    'is there until its time has passed since the last %s that renews it, and not a millisecond longer',
    async (refreshOn) => {
      await fc.assert(
        fc.asyncProperty(steps, async (given) => {
          const harness = await createHarness((orders: DataStream<Order>) =>
            orders.keyBy('key').process(obeying({ after: lifeMs, refreshOn })),
          );
          const model = new Model(refreshOn);
          for (const step of given) {
            if ('waitMs' in step) {
              model.wait(step.waitMs);
              await harness.advanceTime(step.waitMs);
              continue;
            }
            const expected = model.obey(step);
            await harness.push(step);
            expect(harness.takeValues()).toEqual(expected);
          }
          await harness.close();
        }),
        { numRuns: 40 },
      );
    },
  );
});
