import {
  count,
  countTrigger,
  countWindow,
  cumulative,
  customTrigger,
  customWindow,
  type DataStream,
  type Evictor,
  globalWindow,
  outputTag,
  session,
  sliding,
  sum,
  type Trigger,
  tumbling,
  type ValueState,
  valueState,
  type WindowAssigner,
  type WindowContext,
  type WindowFunction,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { createHarness, type Harness } from '../../../src/testing/index.ts';

interface Sale {
  readonly shop: string;
  readonly price: number;
}

const sale = (shop: string, price: number): Sale => ({ shop, price });

/** “shop start–end: prices” of each window that fires. */
const told = (
  values: readonly Sale[],
  { key, window }: WindowContext<string>,
  output: { emit(value: string): void },
): void =>
  output.emit(`${key} ${window.startMs}–${window.endMs}: ${values.map(({ price }) => price).join(' ')}`);

type Sales = Harness<readonly [Sale], string>;
const windowsOf = (assigner: WindowAssigner): Promise<Sales> =>
  createHarness((sales: DataStream<Sale>) => sales.keyBy('shop').window(assigner).process(told));

describe('windows by the clock', () => {
  /** A sale of 1 at 0, of 2 at 4 s, of 3 at 6 s, of 4 at 17 s; then the clock goes on to 60 s. */
  const atTimes = async (assigner: WindowAssigner): Promise<readonly string[]> => {
    const harness = await windowsOf(assigner);
    for (const [price, waitMs] of [
      [1, 4000],
      [2, 2000],
      [3, 11_000],
      [4, 43_000],
    ] as const) {
      // Event time has no part in it: it goes back.
      await harness.push(sale('a', price), 1_000_000 - price);
      await harness.advanceTime(waitMs);
    }
    return harness.values;
  };

  it.each([
    ['tumbling', tumbling('5s', { time: 'processing' }), ['0–5000: 1 2', '5000–10000: 3', '15000–20000: 4']],
    [
      'tumbling with an offset',
      tumbling('10s', { time: 'processing', offset: '5s' }),
      ['-5000–5000: 1 2', '5000–15000: 3', '15000–25000: 4'],
    ],
    [
      'sliding',
      sliding('10s', '5s', { time: 'processing' }),
      ['-5000–5000: 1 2', '0–10000: 1 2 3', '5000–15000: 3', '10000–20000: 4', '15000–25000: 4'],
    ],
    [
      'cumulative',
      cumulative('5s', '10s', { time: 'processing' }),
      ['0–5000: 1 2', '0–10000: 1 2 3', '10000–20000: 4'],
    ],
    ['sessions', session('5s', { time: 'processing' }), ['0–11000: 1 2 3', '17000–22000: 4']],
    [
      'sessions with a gap of their own',
      session<Sale>(({ price }) => price * 1000, { time: 'processing' }),
      ['0–1000: 1', '4000–6000: 2', '6000–9000: 3', '17000–21000: 4'],
    ],
  ] as const)('may be %s', async (_name, assigner, expected) => {
    expect(await atTimes(assigner)).toEqual(expected.map((text) => `a ${text}`));
  });

  it('fire what is open once when the input ends', async () => {
    const harness = await windowsOf(tumbling('1h', { time: 'processing' }));
    await harness.push(sale('a', 1));
    await harness.finish();
    expect(harness.values).toEqual(['a 0–3600000: 1']);
  });
});

describe('windows of one’s own', () => {
  it('may lie anywhere, also nowhere', async () => {
    const harness = await windowsOf(
      customWindow<Sale>(({ price }, timeMs) =>
        Array.from({ length: price }, (_, i) => ({ startMs: timeMs, endMs: timeMs + 10 * (i + 1) })),
      ),
    );
    await harness.push(sale('a', 0), 1);
    await harness.push(sale('a', 2), 5);
    await harness.push(sale('b', 1), 5);
    await harness.pushWatermark(14);
    expect([...harness.takeValues()].sort()).toEqual(['a 5–15: 2', 'b 5–15: 1']);
    await harness.pushWatermark(24);
    expect(harness.takeValues()).toEqual(['a 5–25: 2']);
  });

  it('become one where they overlap, if they shall', async () => {
    const harness = await windowsOf(
      customWindow<Sale>((_sale, timeMs) => [{ startMs: timeMs, endMs: timeMs + 10 }], { merging: true }),
    );
    for (const timeMs of [0, 18, 9, 28]) await harness.push(sale('a', timeMs), timeMs);
    await harness.pushWatermark(100);
    expect(harness.values).toEqual(['a 0–28: 0 18 9', 'a 28–38: 28']);
  });
});

describe('a trigger of one’s own', () => {
  /** Fires when prices of a window sum up to 100, and keeps the sum in its state. */
  const atHundred = (): Trigger<Sale> => {
    const total = valueState<number>('total', { default: 0 });
    return {
      onRecord: ({ price }, _timeMs, _window, context) => {
        const state = context.state(total);
        state.update(state.value() + price);
        if (state.value() < 100) return 'continue';
        state.clear();
        return 'fire-and-purge';
      },
      onEventTime: () => 'continue',
      onProcessingTime: () => 'continue',
      clear: (_window, context) => context.state(total).clear(),
    };
  };

  it('has state of each window of each key', async () => {
    const harness = await createHarness((sales: DataStream<Sale>) =>
      sales.keyBy('shop').window(globalWindow()).trigger(customTrigger(atHundred)).process(told),
    );
    for (const [shop, price] of [
      ['a', 60],
      ['b', 70],
      ['a', 41],
      ['b', 29],
      ['b', 1],
      ['a', 100],
    ] as const) {
      await harness.push(sale(shop, price), 1);
    }
    expect(harness.values.map((text) => text.replace(/ .*:/, ':'))).toEqual([
      'a: 60 41',
      'b: 70 29 1',
      'a: 100',
    ]);
  });

  it('has timers of either clock', async () => {
    const alarms = (): Trigger<Sale> => ({
      onRecord: (_sale, timeMs, _window, context) => {
        context.registerEventTimeTimer(timeMs + 5);
        context.registerProcessingTimeTimer(context.processingTimeMs + 1000);
        return 'continue';
      },
      onEventTime: () => 'fire',
      onProcessingTime: () => 'fire-and-purge',
      clear: () => undefined,
    });
    const harness = await createHarness((sales: DataStream<Sale>) =>
      sales.keyBy('shop').window(tumbling('1m')).trigger(customTrigger(alarms)).process(told),
    );
    await harness.push(sale('a', 1), 10);
    await harness.push(sale('a', 2), 20);
    await harness.pushWatermark(15);
    expect(harness.takeValues()).toEqual(['a 0–60000: 1 2']);
    await harness.advanceTime(1000);
    await harness.pushWatermark(25);
    expect(harness.takeValues()).toEqual(['a 0–60000: 1 2']);
  });
});

describe('a window function', () => {
  const cheap = outputTag<number>('cheap');
  const fired = valueState<number>('fired', { default: 0 });

  /** Counts the firings of a window and those of its key; sends the cheapest sale aside. */
  const counting: WindowFunction<string, Sale, string> = {
    process: (values, context, output) => {
      const ofWindow: ValueState<number, number> = context.windowState.state(fired);
      const ofKey: ValueState<number, number> = context.globalState.state(valueState('all', { default: 0 }));
      ofWindow.update(ofWindow.value() + 1);
      ofKey.update(ofKey.value() + 1);
      context.emitTo(cheap, Math.min(...values.map(({ price }) => price)));
      output.emit(`${context.key}${context.window.startMs} ${ofWindow.value()} of ${ofKey.value()}`);
    },
  };

  it('has state of its window and of its key over all windows, and side outputs', async () => {
    const harness = await createHarness(
      (sales: DataStream<Sale>) =>
        sales.keyBy('shop').window(tumbling(10)).trigger(countTrigger(1)).process(counting),
      { sideOutputs: [cheap] },
    );
    for (const [shop, timeMs] of [
      ['a', 1],
      ['a', 2],
      ['a', 11],
      ['b', 1],
      ['a', 3],
    ] as const) {
      await harness.push(sale(shop, timeMs), timeMs);
    }
    expect(harness.values).toEqual(['a0 1 of 1', 'a0 2 of 2', 'a10 1 of 3', 'b0 1 of 1', 'a0 3 of 4']);
    expect(harness.sideOutput(cheap).map(({ value }) => value)).toEqual([1, 1, 11, 1, 1]);
  });

  it('forgets the state of a window when the window is over, that of the key never', async () => {
    const harness = await createHarness((sales: DataStream<Sale>) =>
      sales.keyBy('shop').window(tumbling(10)).process(counting),
    );
    await harness.push(sale('a', 5), 1);
    await harness.pushWatermark(9);
    await harness.push(sale('a', 6), 15);
    await harness.pushWatermark(19);
    expect(harness.values).toEqual(['a0 1 of 1', 'a10 1 of 2']);
  });

  it('sees one result behind a fold, with key and window', async () => {
    const harness = await createHarness((sales: DataStream<Sale>) =>
      sales
        .keyBy('shop')
        .window(tumbling(10))
        .aggregate({ sales: count(), revenue: sum('price') }, ([result], { key, window }, output) =>
          output.emit(`${key} ${window.endMs} ${result?.sales} ${result?.revenue} ${result?.windowStart}`),
        ),
    );
    await harness.push(sale('a', 5), 1);
    await harness.push(sale('a', 6), 2);
    await harness.pushWatermark(9);
    expect(harness.records).toEqual([{ value: 'a 10 2 11 0', timestampMs: 9 }]);
  });

  it('sees no key in windows over all records', async () => {
    const harness = await createHarness((sales: DataStream<Sale>) =>
      sales
        .windowAll(countWindow(2))
        .process<readonly unknown[]>((values, { key }, output) => output.emit([key, values.length])),
    );
    for (const shop of ['a', 'b', 'c', 'd', 'e']) await harness.push(sale(shop, 1));
    expect(harness.values).toEqual([
      [undefined, 2],
      [undefined, 2],
    ]);
  });
});

describe('an evictor', () => {
  it('may leave records out after the function has seen them', async () => {
    const keepDear: Evictor<Sale> = {
      when: 'after',
      keep: (records) => records.filter(({ value }) => value.price > 10),
    };
    const harness = await createHarness((sales: DataStream<Sale>) =>
      sales.keyBy('shop').window(tumbling(100)).trigger(countTrigger(2)).evictor(keepDear).process(told),
    );
    for (const price of [1, 20, 2, 30]) await harness.push(sale('a', price), 1);
    expect(harness.values).toEqual(['a 0–100: 1 20', 'a 0–100: 20 2 30']);
  });

  it('sees each record with its time, and the window', async () => {
    const seen: unknown[] = [];
    const watching: Evictor<Sale> = {
      when: 'before',
      keep: (records, window) => {
        seen.push([window, ...records.map(({ timestampMs }) => timestampMs)]);
        return records;
      },
    };
    const harness = await createHarness((sales: DataStream<Sale>) =>
      sales
        .keyBy('shop')
        .window(tumbling(10))
        .evictor(watching)
        .aggregate({ total: sum('price') }),
    );
    await harness.push(sale('a', 1), 3);
    await harness.push(sale('a', 2), 1);
    await harness.pushWatermark(9);
    expect(seen).toEqual([[{ startMs: 0, endMs: 10 }, 3, 1]]);
    expect(harness.values).toEqual([{ key: 'a', windowStart: 0, windowEnd: 10, total: 3 }]);
  });
});
