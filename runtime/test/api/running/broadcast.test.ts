import {
  broadcastState,
  type DataStream,
  type KeyedBroadcastProcessFunction,
  outputTag,
  type ValueState,
  valueState,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import { createTwoInputHarness, executeAndCollect } from '../../../src/testing/index.ts';

interface Payment {
  readonly user: string;
  readonly amount: number;
}
interface Limit {
  readonly user: string;
  readonly most: number | undefined;
}

const limits = broadcastState<string, number>('limits');
const names = broadcastState<string, true>('names');
const changes = outputTag<string>('changes');

/** Sums up the payments of a user and tells when they are over the limit of the user, now and a minute later. */
const watch = (): KeyedBroadcastProcessFunction<string, Payment, Limit, string> => {
  let total: ValueState<number, number>;
  return {
    open: (context) => {
      total = context.state(valueState<number>('total', { default: 0 }));
    },
    process: ({ amount }, context, output) => {
      total.update(total.value() + amount);
      const most = context.broadcastState(limits).get(context.key) ?? Infinity;
      if (total.value() > most) output.emit(`${context.key} has ${total.value()} of ${most}`);
      context.timers.registerEventTimeTimer((context.timestampMs ?? 0) + 60_000);
    },
    processBroadcast: ({ user, most }, context) => {
      const state = context.broadcastState(limits);
      context.emitTo(changes, `${user} ${state.get(user) ?? 'none'} → ${most ?? 'none'}`);
      if (most === undefined) state.delete(user);
      else state.put(user, most);
    },
    onTimer: (_timeMs, context, output) => {
      output.emit(`${context.key}: ${total.value()} of ${context.broadcastState(limits).get(context.key)}`);
      total.clear();
    },
  };
};

const watched = (payments: DataStream<Payment>, rules: DataStream<Limit>): DataStream<string> =>
  payments.keyBy('user').connect(rules.broadcast(limits)).process(watch());

describe('rules beside a keyed stream', () => {
  it('are read with the state and the timers of the key, and may change at any time', async () => {
    const harness = await createTwoInputHarness(watched, { sideOutputs: [changes] });
    const pay = (user: string, amount: number, timeMs: number): Promise<void> =>
      harness.pushTo(0, { user, amount }, timeMs);
    await pay('a', 10, 1);
    await harness.pushTo(1, { user: 'a', most: 15 });
    await pay('a', 10, 2);
    await pay('b', 100, 3);
    await harness.pushTo(1, { user: 'a', most: undefined });
    await pay('a', 10, 4);
    expect(harness.takeValues()).toEqual(['a has 20 of 15']);
    expect(harness.sideOutput(changes).map(({ value }) => value)).toEqual(['a none → 15', 'a 15 → none']);
    await harness.pushTo(1, { user: 'b', most: 7 });
    await harness.pushWatermark(60_003);
    expect(harness.takeValues()).toEqual(['a: 30 of undefined', 'a: 0 of undefined', 'b: 100 of 7']);
  });

  it('are the same in every subtask, and only the broadcast side may write them', async () => {
    const seen = await executeAndCollect<string>(
      (env) => {
        let subtask = -1;
        const rules = env.fromSource(collection(['x', 'y', 'z'])).setParallelism(1);
        return env
          .fromSource(collection<string>([]))
          .connect(rules.broadcast(names))
          .process<string>({
            open: (context) => {
              subtask = context.subtask;
            },
            process: () => undefined,
            processBroadcast: (rule, context, output) => {
              const state = context.broadcastState(names);
              state.put(rule, true);
              output.emit(`${subtask} ${[...state.entries()].map(([name]) => name).join('')}`);
            },
          });
      },
      { parallelism: 3 },
    );
    expect([...seen].sort()).toEqual([
      '0 x',
      '0 xy',
      '0 xyz',
      '1 x',
      '1 xy',
      '1 xyz',
      '2 x',
      '2 xy',
      '2 xyz',
    ]);
  });

  it('cannot be written by the other side, in types and when it runs', async () => {
    const writing = executeAndCollect<string>((env) =>
      env
        .fromSource(collection(['a']))
        .connect(env.fromSource(collection<string>([])).broadcast(names))
        .process<string>({
          process: (value, context) => {
            const state = context.broadcastState(names);
            // @ts-expect-error this side reads only
            state.put(value, true);
          },
          processBroadcast: () => undefined,
        }),
    );
    await expect(writing).rejects.toThrow('“names” was written for a record of one subtask');
  });

  it('are refused by name when the stream was broadcast without them', async () => {
    const asking = executeAndCollect<string>((env) =>
      env
        .fromSource(collection(['a']))
        .connect(env.fromSource(collection<string>([])).broadcast(names))
        .process<string>({
          process: (_value, context) => void context.broadcastState(limits).get('a'),
          processBroadcast: () => undefined,
        }),
    );
    await expect(asking).rejects.toThrow('limits');
  });
});
