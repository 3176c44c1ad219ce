import { describe, expect, it } from 'vitest';
import {
  count,
  type DataStream,
  type KeyedCoProcessFunction,
  type KeyedProcessFunction,
  outputTag,
  type TimerService,
  tumbling,
  type ValueState,
  valueState,
} from '../../src/index.ts';
import {
  createHarness,
  createTestSystem,
  createTwoInputHarness,
  restoreHarness,
} from '../../src/testing/index.ts';

interface Click {
  readonly user: string;
  readonly page: string;
}

const seen = valueState<number>('seen', { default: 0 });
const odd = outputTag<string>('odd');

/** Counts the clicks of a user; a minute after the last one, by either clock, says how many there were. */
class Counter implements KeyedProcessFunction<string, Click, string> {
  readonly checkpoints: string[] = [];
  private readonly domain: 'event' | 'processing';
  private count: ValueState<number, number> | undefined;
  closed = false;

  constructor(domain: 'event' | 'processing') {
    this.domain = domain;
  }

  open(context: Parameters<NonNullable<KeyedProcessFunction<string, Click, string>['open']>>[0]): void {
    this.count = context.state(seen);
  }

  process(
    click: Click,
    context: Parameters<KeyedProcessFunction<string, Click, string>['process']>[1],
  ): void {
    const clicks = (this.count?.value() ?? 0) + 1;
    this.count?.update(clicks);
    if (clicks % 2 === 1) context.emitTo(odd, click.page);
    this.remind(context.timers, context.timestampMs, context.processingTimeMs);
  }

  onTimer(timeMs: number, context: { readonly key: string }, output: { emit(value: string): void }): void {
    output.emit(`${context.key} ${this.count?.value()} at ${timeMs}`);
    this.count?.clear();
  }

  close(): void {
    this.closed = true;
  }

  checkpointComplete(checkpointId: number): void {
    this.checkpoints.push(`complete ${checkpointId}`);
  }

  checkpointAborted(checkpointId: number): void {
    this.checkpoints.push(`aborted ${checkpointId}`);
  }

  private remind(timers: TimerService, eventMs: number | undefined, processingMs: number): void {
    if (this.domain === 'event') timers.registerEventTimeTimer((eventMs ?? 0) + 60_000);
    else timers.registerProcessingTimeTimer(processingMs + 60_000);
  }
}

const counting =
  (counter: Counter) =>
  (clicks: DataStream<Click>): DataStream<string> =>
    clicks.keyBy('user').process(counter);

const click = (user: string, page = '/'): Click => ({ user, page });

describe('a harness around a keyed function', () => {
  it('moves event time by watermarks, and fires the timers that are due', async () => {
    const harness = await createHarness(counting(new Counter('event')));
    await harness.push(click('anna'), 1000);
    await harness.push(click('ben'), 2000);
    await harness.pushWatermark(60_999);
    expect(harness.values).toEqual([]);
    await harness.pushWatermark(61_000);
    expect(harness.records).toEqual([{ value: 'anna 1 at 61000', timestampMs: 61_000 }]);
    expect(harness.takeValues()).toEqual(['anna 1 at 61000']);
    await harness.finish();
    expect(harness.takeValues()).toEqual(['ben 1 at 62000']);
  });

  it('moves the clock, and nothing but the test does', async () => {
    const machine = createTestSystem({ startMs: 5000 });
    const harness = await createHarness(counting(new Counter('processing')), { machine });
    await harness.push(click('anna'));
    await harness.advanceTime(59_999);
    expect(harness.values).toEqual([]);
    await harness.advanceTime(1);
    expect(harness.records).toEqual([{ value: 'anna 1 at 65000', timestampMs: undefined }]);
    expect(machine.nowMs).toBe(65_000);
  });

  it('shows the state of each key and counts the timers', async () => {
    const harness = await createHarness(counting(new Counter('event')));
    await harness.push(click('anna'), 1000);
    await harness.push(click('anna'), 2000);
    await harness.push(click('ben'), 2000);
    expect(harness.stateOf('anna').state(seen).value()).toBe(2);
    expect(harness.stateOf('ben').state(seen).value()).toBe(1);
    expect(harness.stateOf('carl').state(seen).value()).toBe(0);
    expect(harness.timers()).toEqual({ event: 3, processing: 0 });
    harness.stateOf('anna').state(seen).update(100);
    expect(harness.stateOf('anna').state(seen).value()).toBe(2);
    await harness.pushWatermark(61_000);
    expect(harness.timers()).toEqual({ event: 2, processing: 0 });
  });

  it('reads side outputs that were asked for, and refuses others', async () => {
    const harness = await createHarness(counting(new Counter('event')), { sideOutputs: [odd] });
    for (const page of ['/a', '/b', '/c']) await harness.push(click('anna', page), 7);
    expect(harness.sideOutput(odd)).toEqual([
      { value: '/a', timestampMs: 7 },
      { value: '/c', timestampMs: 7 },
    ]);
    expect(() => harness.sideOutput(outputTag('other'))).toThrow('“other”');
  });

  it('tells functions of checkpoints, and closes them at the end', async () => {
    const counter = new Counter('event');
    const harness = await createHarness(counting(counter));
    await harness.completeCheckpoint(1);
    await harness.abortCheckpoint(2);
    expect(counter.checkpoints).toEqual(['complete 1', 'aborted 2']);
    expect([harness.ended, counter.closed]).toEqual([false, false]);
    await harness.finish();
    expect([harness.ended, counter.closed]).toEqual([true, true]);
  });

  it('goes on with the state and the timers of another one', async () => {
    const before = await createHarness(counting(new Counter('event')));
    await before.push(click('anna'), 1000);
    await before.push(click('anna'), 1000);
    const snapshot = before.snapshot();
    await before.push(click('anna'), 1000);
    await before.close();

    const after = await restoreHarness(counting(new Counter('event')), snapshot);
    expect(after.stateOf('anna').state(seen).value()).toBe(2);
    await after.pushWatermark(61_000);
    expect(after.values).toEqual(['anna 2 at 61000']);
  });
});

describe('a harness around any fragment', () => {
  it('runs chains, with windows and their late records', async () => {
    const late = outputTag<Click>('late');
    const fragment = (clicks: DataStream<Click>) =>
      clicks
        .filter(({ page }) => page !== '/health')
        .keyBy('user')
        .window(tumbling('1m'))
        .lateOutput(late)
        .aggregate({ clicks: count() });
    const harness = await createHarness(fragment, { sideOutputs: [late] });
    await harness.push(click('anna'), 1000);
    await harness.push(click('anna', '/health'), 1000);
    await harness.push(click('anna'), 59_999);
    await harness.pushWatermark(59_999);
    expect(harness.values).toEqual([{ key: 'anna', windowStart: 0, windowEnd: 60_000, clicks: 2 }]);
    await harness.push(click('anna', '/late'), 5);
    expect(harness.sideOutput(late).map(({ value }) => value.page)).toEqual(['/late']);
  });

  it('has two inputs where a function has two, each with event time of its own', async () => {
    const name = valueState<string>('name');
    const greet: KeyedCoProcessFunction<number, { id: number }, { id: number; name: string }, string> = {
      open(context) {
        this.name = context.state(name);
      },
      process1(_visit, context, output) {
        context.timers.registerEventTimeTimer(10);
        output.emit(`hello ${this.name?.value() ?? 'stranger'}`);
      },
      process2(person) {
        this.name?.update(person.name);
      },
      onTimer: (timestampMs, _context, output) => output.emit(`bye at ${timestampMs}`),
    } as KeyedCoProcessFunction<number, { id: number }, { id: number; name: string }, string> & {
      name?: ValueState<string>;
    };
    const harness = await createTwoInputHarness(
      (visits: DataStream<{ id: number }>, people: DataStream<{ id: number; name: string }>) =>
        visits.keyBy('id').connect(people.keyBy('id')).process(greet),
    );
    await harness.pushTo(0, { id: 1 }, 1);
    await harness.pushTo(1, { id: 1, name: 'Anna' }, 1);
    await harness.pushTo(0, { id: 1 }, 1);
    expect(harness.takeValues()).toEqual(['hello stranger', 'hello Anna']);
    await harness.pushWatermark(20, 0);
    expect(harness.takeValues()).toEqual([]);
    await harness.markIdle(1);
    expect(harness.takeValues()).toEqual(['bye at 10']);
  });

  it('waits for calls to the outside, whose time-outs are the test’s clock', async () => {
    const answers: ((answer: string) => void)[] = [];
    const harness = await createHarness((questions: DataStream<string>) =>
      questions.mapAsync<string>({
        call: () => new Promise((resolve) => void answers.push(resolve)),
        timeout: '1s',
        onTimeout: (question) => `${question} nobody knows`,
      }),
    );
    await harness.push('why?');
    await harness.push('who?');
    answers[0]?.('because');
    await harness.waitFor(() => harness.values.length === 1);
    expect(harness.values).toEqual(['because']);
    await harness.advanceTime(1000);
    expect(harness.values).toEqual(['because', 'who? nobody knows']);
  });

  it('throws what a function throws at the call that made it, with the transform and the record', async () => {
    const harness = await createHarness((numbers: DataStream<number>) =>
      numbers
        .map((value) => {
          if (value < 0) throw new Error('negative');
          return Math.sqrt(value);
        })
        .name('root'),
    );
    await harness.push(4);
    expect(harness.values).toEqual([2]);
    await expect(harness.push(-1)).rejects.toMatchObject({
      message: 'The transform “root” failed on a record: negative',
      where: { record: '-1' },
    });
  });

  it('keeps dead letters when told so', async () => {
    const fragment = (numbers: DataStream<number>) =>
      numbers.map((value) => {
        if (value < 0) throw new Error('negative');
        return value;
      });
    const harness = await createHarness(fragment, { deadLetterPolicy: 'deadLetter' });
    await harness.push(-1);
    await harness.push(1);
    expect(harness.values).toEqual([1]);
    expect(harness.deadLetters).toMatchObject([{ record: -1, reason: 'negative' }]);
  });

  it('gives functions arguments, and shows their metrics', async () => {
    const harness = await createHarness(
      (numbers: DataStream<number>) =>
        numbers
          .keyBy((value) => value)
          .process({
            open(context) {
              context.metrics.counter('opened').increment(Number(context.args['by']));
            },
            process: (value, _context, output) => output.emit(value),
          })
          .name('counted'),
      { args: { by: '3' } },
    );
    expect(harness.metrics('counted').counter('opened').value).toBe(3);
  });

  it('says what is wrong when the fragment or a call makes no sense', async () => {
    const identity = (numbers: DataStream<number>): DataStream<number> => numbers.filter(() => true);
    await expect(createHarness(identity, { sideOutputs: [odd] })).rejects.toThrow('“odd”');
    const harness = await createHarness(identity);
    await expect(harness.pushWatermark(1, 7)).rejects.toThrow('There is no input 7.');
    expect(() => harness.stateOf(1).state(seen)).toThrow('There are 0 functions with keyed state');
    const failing = (numbers: DataStream<number>): DataStream<number> =>
      numbers.process({
        open: () => {
          throw new Error('no licence');
        },
        process: () => undefined,
      });
    await expect(createHarness(failing)).rejects.toThrow('no licence');
  });
});
