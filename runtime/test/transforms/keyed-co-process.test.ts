import { describe, expect, it } from 'vitest';
import type { KeyedCoProcessFunction } from '../../src/api/functions.ts';
import { type ValueState, valueState } from '../../src/api/state.ts';
import { createKeyedCoProcessProcessor } from '../../src/transforms/keyed-co-process.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { drive, type FakeContext, fakeContext, finish, type RecordIn } from './support.ts';

/** Joins each order with the payment of its key; an order that was not paid by its time goes out alone. */
const createPayments = (): KeyedCoProcessFunction<unknown, unknown, unknown, unknown> => {
  let open: ValueState<unknown>;
  return {
    open: (runtime) => {
      open = runtime.state(valueState<unknown>('open'));
    },
    process1: (order, { timers }) => {
      open.update(order);
      timers.registerEventTimeTimer((order as { dueMs: number }).dueMs);
    },
    process2: (payment, { key, timers }, output) => {
      const order = open.value();
      if (order === undefined) throw new Error(`nothing to pay for ${String(key)}`);
      output.emit(['paid', key, payment]);
      timers.deleteEventTimeTimer((order as { dueMs: number }).dueMs);
      open.clear();
    },
    onTimer: (timestampMs, { key, timeDomain }, output) => {
      output.emit(['unpaid', key, timestampMs, timeDomain]);
      open.clear();
    },
  };
};

const start = async (
  context: FakeContext,
  user: KeyedCoProcessFunction<unknown, unknown, unknown, unknown> = createPayments(),
): Promise<Processor> => {
  const processor = createKeyedCoProcessProcessor({ kind: 'keyedCoProcess', function: user }, context);
  await processor.open?.();
  return processor;
};

const order = (key: string, dueMs: number): RecordIn => ({ key, value: { dueMs }, port: 0, timestampMs: 0 });
const payment = (key: string, amount: number): RecordIn => ({ key, value: amount, port: 1, timestampMs: 1 });

describe('a keyed process function over two streams', () => {
  it('shares state and timers of a key between both sides', async () => {
    const context = fakeContext();
    const processor = await start(context);
    drive(processor, context, [
      order('a', 10),
      order('b', 20),
      payment('a', 5),
      { watermarkMs: 30 },
      order('a', 40),
    ]);
    finish(processor);
    expect(context.main.records).toEqual([
      { value: ['paid', 'a', 5], timestampMs: 1 },
      { value: ['unpaid', 'b', 20, 'event'], timestampMs: 20 },
      { value: ['unpaid', 'a', 40, 'event'], timestampMs: 40 },
    ]);
  });

  it('leaves a failing record of either side to the policy', async () => {
    const context = fakeContext({ policy: 'drop' });
    const processor = await start(context);
    drive(processor, context, [payment('a', 1), order('a', 10), payment('a', 2), payment('a', 3)]);
    expect(context.main.values).toEqual([['paid', 'a', 2]]);
    expect(context.failed.map(({ record }) => record)).toEqual([1, 3]);
  });

  it('gives the same for every way of cutting batches', async () => {
    const inputs = Array.from({ length: 60 }, (_, i) =>
      i % 3 === 1 ? payment(`k${i % 7}`, i) : order(`k${i % 5}`, i * 2),
    );
    const outputs = [];
    for (const batchSize of [1, 2, 2048]) {
      const context = fakeContext({ policy: 'drop' });
      const processor = await start(context);
      drive(
        processor,
        context,
        [...inputs.slice(0, 30), { watermarkMs: 40 }, ...inputs.slice(30)],
        batchSize,
      );
      finish(processor, batchSize);
      outputs.push(context.main.values);
    }
    expect(outputs[1]).toEqual(outputs[0]);
    expect(outputs[2]).toEqual(outputs[0]);
    expect(outputs[0]?.length).toBeGreaterThan(5);
  });

  it('names the method that returned a promise', async () => {
    const context = fakeContext();
    const waits = {
      process1: () => undefined,
      process2: async () => undefined,
    } as unknown as KeyedCoProcessFunction<unknown, unknown, unknown, unknown>;
    const processor = await start(context, waits);
    expect(() => drive(processor, context, [order('a', 1), payment('a', 1)])).toThrow('“process2”');
  });
});
