import {
  countTrigger,
  type DataStream,
  globalWindow,
  outputTag,
  purging,
  session,
  sliding,
  tumbling,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { createHarness, createTwoInputHarness } from '../../../src/testing/index.ts';

interface Left {
  readonly id: number;
  readonly left: string;
}
interface Right {
  readonly key: number;
  readonly right: string;
}
type Lefts = DataStream<Left>;
type Rights = DataStream<Right>;

const left = (text: string, id = 1): Left => ({ id, left: text });
const right = (text: string, key = 1): Right => ({ key, right: text });
const late = outputTag<Left | Right>('late');
const lateLeft = outputTag<Left>('late left');
const lateRight = outputTag<Right>('late right');

describe('a join in windows', () => {
  it('pairs the records of a key and window, and takes the last instant of the window for their time', async () => {
    const harness = await createTwoInputHarness((lefts: Lefts, rights: Rights) =>
      lefts
        .join(rights)
        .where('id')
        .equalTo('key')
        .window(tumbling(10))
        .apply((one, two) => one.left + two.right),
    );
    await harness.pushTo(0, left('a'), 1);
    await harness.pushTo(0, left('b'), 9);
    await harness.pushTo(0, left('c'), 10);
    await harness.pushTo(0, left('d', 2), 1);
    await harness.pushTo(1, right('x'), 5);
    await harness.pushTo(1, right('y'), 2);
    await harness.pushWatermark(9, 0);
    expect(harness.values).toEqual([]);
    await harness.pushWatermark(9, 1);
    expect(harness.records).toEqual(['ax', 'ay', 'bx', 'by'].map((value) => ({ value, timestampMs: 9 })));
  });

  it('meets a pair again in every window that both are in', async () => {
    const harness = await createTwoInputHarness((lefts: Lefts, rights: Rights) =>
      lefts
        .join(rights)
        .where('id')
        .equalTo('key')
        .window(sliding(20, 10))
        .apply((one, two) => one.left + two.right),
    );
    await harness.pushTo(0, left('a'), 12);
    await harness.pushTo(1, right('x'), 19);
    await harness.pushTo(1, right('y'), 21);
    await harness.pushWatermark(100);
    expect(harness.records.map(({ value, timestampMs }) => `${value} ${timestampMs}`)).toEqual([
      'ax 19',
      'ax 29',
      'ay 29',
    ]);
  });

  it('makes sessions of both sides together', async () => {
    const harness = await createTwoInputHarness((lefts: Lefts, rights: Rights) =>
      lefts
        .coGroup(rights)
        .where('id')
        .equalTo('key')
        .window(session(10))
        .apply<string>((ones, twos, output) =>
          output.emit(`${ones.map((one) => one.left).join('')}-${twos.map((two) => two.right).join('')}`),
        ),
    );
    await harness.pushTo(0, left('a'), 0);
    await harness.pushTo(0, left('b'), 18);
    await harness.pushTo(1, right('x'), 9);
    await harness.pushTo(1, right('y'), 40);
    await harness.pushWatermark(100);
    expect(harness.values).toEqual(['ab-x', '-y']);
  });

  it('fires again for late records while they are allowed, and sends later ones aside', async () => {
    const harness = await createTwoInputHarness(
      (lefts: Lefts, rights: Rights) =>
        lefts
          .join(rights)
          .where('id')
          .equalTo('key')
          .window(tumbling(10))
          .allowedLateness(5)
          .lateOutput(late)
          .apply((one, two) => one.left + two.right),
      { sideOutputs: [late] },
    );
    await harness.pushTo(0, left('a'), 1);
    await harness.pushWatermark(12);
    await harness.pushTo(1, right('x'), 2);
    expect(harness.takeValues()).toEqual(['ax']);
    await harness.pushWatermark(14);
    await harness.pushTo(1, right('y'), 2);
    await harness.pushTo(0, left('b'), 2);
    expect(harness.takeValues()).toEqual([]);
    expect(harness.sideOutput(late).map(({ value }) => value)).toEqual([right('y'), left('b')]);
  });

  it('takes a trigger, as any window does', async () => {
    const harness = await createTwoInputHarness((lefts: Lefts, rights: Rights) =>
      lefts
        .coGroup(rights)
        .where('id')
        .equalTo('key')
        .window(globalWindow())
        .trigger(purging(countTrigger(3)))
        .apply<string>((ones, twos, output) => output.emit(`${ones.length}+${twos.length}`)),
    );
    for (const [input, text] of [
      [0, 'a'],
      [1, 'x'],
      [0, 'b'],
      [1, 'y'],
      [1, 'z'],
      [1, 'w'],
    ] as const) {
      await (input === 0 ? harness.pushTo(0, left(text), 1) : harness.pushTo(1, right(text), 1));
    }
    expect(harness.values).toEqual(['2+1', '0+3']);
  });
});

describe('a join by time', () => {
  const pairs = (lefts: Lefts, rights: Rights) =>
    lefts
      .keyBy('id')
      .intervalJoin(rights.keyBy('key'))
      .between(-5, 10, { type: 'full' })
      .lateLeftOutput(lateLeft)
      .lateRightOutput(lateRight)
      .apply((one, two) => `${one?.left ?? '-'}${two?.right ?? '-'}`);

  it('gives a pair at once, with the later of their times', async () => {
    const harness = await createTwoInputHarness(pairs);
    await harness.pushTo(1, right('x'), 100);
    await harness.pushTo(0, left('a'), 105);
    await harness.pushTo(0, left('b'), 90);
    expect(harness.records).toEqual([
      { value: 'ax', timestampMs: 105 },
      { value: 'bx', timestampMs: 100 },
    ]);
  });

  it('says that a record has no partner when none can come any more, with its own time', async () => {
    const harness = await createTwoInputHarness(pairs);
    await harness.pushTo(0, left('a'), 100);
    await harness.pushTo(1, right('x', 2), 100);
    await harness.pushWatermark(104);
    expect(harness.takeValues()).toEqual([]);
    await harness.pushWatermark(105);
    expect(harness.records).toEqual([{ value: '-x', timestampMs: 100 }]);
    await harness.pushWatermark(109);
    expect(harness.values).toHaveLength(1);
    await harness.pushWatermark(110);
    expect(harness.records.at(-1)).toEqual({ value: 'a-', timestampMs: 100 });
  });

  it('sends what comes too late aside, each side to its own output', async () => {
    const harness = await createTwoInputHarness(pairs, { sideOutputs: [lateLeft, lateRight] });
    await harness.pushWatermark(50);
    await harness.pushTo(0, left('a'), 50);
    await harness.pushTo(1, right('x'), 49);
    await harness.pushTo(0, left('b'), 51);
    await harness.finish();
    expect(harness.values).toEqual(['b-']);
    expect(harness.sideOutput(lateLeft)).toEqual([{ value: left('a'), timestampMs: 50 }]);
    expect(harness.sideOutput(lateRight)).toEqual([{ value: right('x'), timestampMs: 49 }]);
  });

  it('forgets what can have no partner, and keeps the rest in a snapshot', async () => {
    const harness = await createTwoInputHarness(pairs);
    for (let i = 0; i < 50; i++) await harness.pushTo(0, left('a', i), 1);
    await harness.pushWatermark(1000);
    expect(harness.takeValues()).toHaveLength(50);
    expect(harness.snapshot().keyGroups).toEqual([]);
  });
});

describe('a lookup', () => {
  it('caches by key in one subtask behind a keyBy, what was not found too, for as long as it may', async () => {
    const loads: number[] = [];
    const harness = await createHarness((lefts: Lefts) =>
      lefts.keyBy('id').lookup({
        key: 'id',
        cacheFor: '1m',
        load: (id) => {
          loads.push(id);
          return Promise.resolve(id === 1 ? `one, load ${loads.length}` : undefined);
        },
        join: (one, found) => `${one.left}: ${found ?? 'nothing'}`,
      }),
    );
    const push = async (text: string, id: number): Promise<void> => {
      const before = harness.values.length;
      await harness.push(left(text, id));
      await harness.waitFor(() => harness.values.length > before);
    };
    await push('a', 1);
    await push('b', 2);
    await push('c', 1);
    await push('d', 2);
    expect(loads).toEqual([1, 2]);
    await harness.advanceTime(61_000);
    await push('e', 1);
    expect(loads).toEqual([1, 2, 1]);
    expect(harness.values).toEqual([
      'a: one, load 1',
      'b: nothing',
      'c: one, load 1',
      'd: nothing',
      'e: one, load 3',
    ]);
  });
});
