import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  BroadcastProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedReadBroadcastContext,
} from '../../src/api/functions.ts';
import { broadcastState, type ValueState, valueState } from '../../src/api/state.ts';
import { createBroadcastProcessor, createKeyedBroadcastProcessor } from '../../src/transforms/broadcast.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { drive, type FakeContext, fakeContext, type RecordIn } from './support.ts';

const rules = broadcastState<string, number>('rules');

interface Rule {
  readonly name: string;
  readonly limit: number | undefined;
}

/** Passes values on that are above the limit of the rule they name. */
const limits: BroadcastProcessFunction<{ rule: string; value: number }, Rule, unknown> = {
  process: ({ rule, value }, context, output) => {
    const limit = context.broadcastState(rules).get(rule);
    if (limit !== undefined && value > limit) output.emit(`${rule} ${value}`);
  },
  processBroadcast: ({ name, limit }, context) => {
    if (limit === undefined) context.broadcastState(rules).delete(name);
    else context.broadcastState(rules).put(name, limit);
    if (limit === -1) throw new Error('no such limit');
  },
};

const rule = (name: string, limit?: number): RecordIn => ({ value: { name, limit }, port: 1 });
const value = (ruleName: string, amount: number): RecordIn => ({
  value: { rule: ruleName, value: amount },
  timestampMs: 1,
});

const plain = (
  user: BroadcastProcessFunction<never, never, unknown>,
  context: FakeContext,
  states: readonly string[] = ['rules'],
): Processor =>
  createBroadcastProcessor(
    { kind: 'broadcast', function: user as BroadcastProcessFunction<unknown, unknown, unknown>, states },
    context,
  );

describe('broadcast state', () => {
  it('is written by broadcast records and read by the others', () => {
    const context = fakeContext();
    const processor = plain(limits, context);
    drive(processor, context, [
      value('high', 100),
      rule('high', 50),
      value('high', 100),
      value('high', 50),
      rule('high'),
      value('high', 100),
    ]);
    expect(context.main.values).toEqual(['high 100']);
  });

  it('cannot be written by a record of one subtask, also not without types', () => {
    const context = fakeContext();
    const sneaky = {
      process: (
        _: unknown,
        given: { broadcastState(descriptor: unknown): { put(key: string, value: number): void } },
      ) => given.broadcastState(rules).put('mine', 1),
      processBroadcast: () => undefined,
    } as unknown as BroadcastProcessFunction<never, never, unknown>;
    const processor = plain(sneaky, context);
    expect(() => drive(processor, context, [value('x', 1)])).toThrow(
      'The broadcast state “rules” was written for a record of one subtask.',
    );
  });

  it('is refused by name when the stream was broadcast without it', () => {
    const context = fakeContext();
    const processor = plain(limits, context, ['prices']);
    expect(() => drive(processor, context, [rule('a', 1)])).toThrow(
      'asks for the broadcast state “rules”, but has only “prices”',
    );
  });

  it('is left as it was by a broadcast record that fails', () => {
    const context = fakeContext({ policy: 'drop' });
    const processor = plain(limits, context);
    drive(processor, context, [
      rule('a', 5),
      rule('a', -1),
      rule('b', -1),
      value('a', 3),
      value('a', 6),
      value('b', 6),
    ]);
    expect(context.main.values).toEqual(['a 6']);
    expect(context.failed).toHaveLength(2);
  });

  it('is equal in all subtasks whatever the other records are', () => {
    const changes = fc.array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'c'),
        fc.option(fc.integer({ min: -1, max: 9 }), { nil: undefined }),
      ),
    );
    const others = fc.array(fc.tuple(fc.nat(20), fc.constantFrom('a', 'b'), fc.nat(10)));
    fc.assert(
      fc.property(changes, others, others, (broadcasts, first, second) => {
        const checksums = [first, second].map((records) => {
          const context = fakeContext({ policy: 'drop' });
          const processor = plain(limits, context) as Processor & {
            subtaskState: { broadcastChecksum(): number };
          };
          const inputs = broadcasts.map(([name, limit]) => rule(name, limit));
          for (const [at, name, amount] of records)
            inputs.splice(at % (inputs.length + 1), 0, value(name, amount));
          drive(processor, context, inputs, (records.length % 3) + 1);
          return processor.subtaskState.broadcastChecksum();
        });
        expect(checksums[1]).toBe(checksums[0]);
      }),
    );
  });
});

describe('broadcast state beside a keyed stream', () => {
  type Context = KeyedReadBroadcastContext<string>;

  /** Emits each key's count when its timer fires, if the rule `report` is there. */
  class Reports implements KeyedBroadcastProcessFunction<string, number, Rule, unknown> {
    private count: ValueState<number, number> | undefined;

    open(runtime: { state(descriptor: unknown): unknown }): void {
      this.count = runtime.state(valueState('count', { default: 0 })) as ValueState<number, number>;
    }

    process(timerMs: number, context: Context): void {
      this.count?.update(this.count.value() + 1);
      context.timers.registerEventTimeTimer(timerMs);
    }

    processBroadcast(
      { name, limit }: Rule,
      context: Parameters<
        KeyedBroadcastProcessFunction<string, number, Rule, unknown>['processBroadcast']
      >[1],
    ): void {
      if (name === 'touch') this.count?.update(100);
      if (limit !== undefined) context.broadcastState(rules).put(name, limit);
    }

    onTimer(timestampMs: number, context: Context, output: { emit(value: unknown): void }): void {
      if (context.broadcastState(rules).has('report'))
        output.emit([context.key, timestampMs, this.count?.value()]);
    }
  }

  const keyed = async (context: FakeContext): Promise<Processor> => {
    const user = new Reports() as KeyedBroadcastProcessFunction<unknown, unknown, unknown, unknown>;
    const processor = createKeyedBroadcastProcessor({ kind: 'keyedBroadcast', function: user }, context);
    await processor.open?.();
    return processor;
  };

  const record = (key: string, timerMs: number): RecordIn => ({ key, value: timerMs });

  it('is read by records and timers that also have state of their key', async () => {
    const context = fakeContext();
    const processor = await keyed(context);
    drive(processor, context, [
      record('a', 10),
      record('b', 20),
      record('a', 30),
      { watermarkMs: 15 },
      rule('report', 1),
      { watermarkMs: 40 },
    ]);
    expect(context.main.values).toEqual([
      ['b', 20, 1],
      ['a', 30, 2],
    ]);
  });

  it('leaves no state of a key in hand for broadcast records', async () => {
    const context = fakeContext();
    const processor = await keyed(context);
    drive(processor, context, [record('a', 10)]);
    expect(() => drive(processor, context, [rule('touch')])).toThrow('no key was in hand');
  });
});
