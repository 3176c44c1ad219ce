import { describe, expect, it } from 'vitest';
import type { KeyedProcessFunction } from '../../src/api/functions.ts';
import type { WindowSettings } from '../../src/api/transform.ts';
import { hashValue } from '../../src/batch/hash.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import { count, session } from '../../src/index.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import { HeldElements } from '../../src/task/held-elements.ts';
import type { KeyGroupMoves } from '../../src/task/key-group-moves.ts';
import { MovingInput } from '../../src/task/moving-input.ts';
import { createKeyedProcessProcessor } from '../../src/transforms/keyed-process.ts';
import type { Processor, ProcessorContext } from '../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../src/transforms/window/index.ts';
import { batchOf } from '../transforms/support.ts';
import { keyGroups, MovingRig } from './moving-rig.ts';
import { barrier, end, idle, records, stopped, textOf, watermark } from './rig.ts';

const groupOf = (key: string): number => keyGroupOf(hashValue(key), keyGroups);

/** Keys of different groups, the first two of which belong to slot 0 of two. */
const [moves, alsoMoves, stays, elsewhere] = ((): readonly string[] => {
  const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
  const first = keys.filter((key) => groupOf(key) < keyGroups / 2);
  const last = keys.filter((key) => groupOf(key) >= keyGroups / 2);
  const other = (list: readonly string[]): string =>
    list.find((key) => groupOf(key) !== groupOf(list[0] as string)) as string;
  return [first[0] as string, other(first), last[0] as string, other(last)];
})() as [string, string, string, string];

const batch = (...items: readonly (readonly [string, number])[]) =>
  batchOf(items.map(([key, timestampMs]) => ({ value: { key }, timestampMs })));

/** Tells each record, and a timer 5 ms later. */
const telling: KeyedProcessFunction<string, unknown, string> = {
  process: (_, context, output) => {
    output.emit(`${context.key}@${context.timestampMs}`);
    const { timestampMs, timers } = context;
    if (timestampMs !== undefined) timers.registerEventTimeTimer(timestampMs + 5);
  },
  onTimer: (timeMs, context, output) => output.emit(`${context.key}!${timeMs}`),
};

const functionOf =
  (user: KeyedProcessFunction<string, unknown, string>) =>
  (context: ProcessorContext): Processor =>
    createKeyedProcessProcessor(
      { kind: 'keyedProcess', function: user as KeyedProcessFunction<unknown, unknown, unknown> },
      context,
    );

const newRig = async (
  create: (context: ProcessorContext) => Processor = functionOf(telling),
  settings: {
    readonly policy?: 'fail' | 'drop';
    readonly mostHeldBytes?: number;
    readonly slots?: number;
  } = {},
): Promise<MovingRig> => {
  const rig = new MovingRig({ slots: 2, create, ...settings });
  await rig.open();
  return rig;
};

/** What has come out of all slots since the last call. */
const take = (rig: MovingRig): unknown[] => rig.outputs.splice(0).map(({ value }) => value);

const runAll = (rig: MovingRig): void => {
  for (let slot = 0; slot < rig.slots.length; slot++) rig.run(slot);
};

describe('the new owner of key groups whose state is on its way', () => {
  it('lets only their records wait', async () => {
    const rig = await newRig();
    rig.move([groupOf(moves)], 1);
    rig.send(batch([moves, 1], [stays, 2], [moves, 3], [elsewhere, 4], [alsoMoves, 5]));
    runAll(rig);
    expect(take(rig).toSorted()).toEqual([`${alsoMoves}@5`, `${elsewhere}@4`, `${stays}@2`].toSorted());
    rig.settle();
    expect(take(rig)).toEqual([`${moves}@1`, `${moves}@3`]);
  });

  it('goes on with each key group as soon as its state is there', async () => {
    const rig = await newRig();
    rig.move([groupOf(moves), groupOf(alsoMoves)], 1);
    rig.send(batch([moves, 1], [alsoMoves, 2]));
    runAll(rig);
    const of = rig.mail.findIndex(([, { keyGroup }]) => keyGroup === groupOf(alsoMoves));
    rig.deliver(of);
    runAll(rig);
    expect(take(rig)).toEqual([`${alsoMoves}@2`]);
    rig.send(batch([alsoMoves, 3], [moves, 4]));
    runAll(rig);
    expect(take(rig)).toEqual([`${alsoMoves}@3`]);
    rig.settle();
    expect(take(rig)).toEqual([`${moves}@1`, `${moves}@4`]);
  });

  it('keeps the watermark back, and lets records beyond it pass', async () => {
    const rig = await newRig();
    rig.move([groupOf(moves)], 1);
    rig.send(batch([moves, 1]));
    rig.send(watermark(10));
    rig.send(batch([stays, 12], [moves, 13], [stays, 14]));
    runAll(rig);
    expect(take(rig)).toEqual([`${stays}@12`, `${stays}@14`]);
    expect(rig.slots.map(({ signals }) => signals)).toEqual([['b2', 'w10'], ['b2']]);
    rig.settle();
    expect(take(rig)).toEqual([`${moves}@1`, `${moves}!6`, `${moves}@13`]);
    expect(rig.slots[1]?.signals).toEqual(['b2', 'w10']);
  });

  it('lets records wait that are late behind the watermark which waits, and all that follow in their key groups', async () => {
    const rig = await newRig();
    rig.move([groupOf(moves)], 1);
    rig.send(watermark(10));
    rig.send(batch([stays, 8], [stays, 30], [elsewhere, 30]));
    runAll(rig);
    expect(take(rig)).toEqual([`${elsewhere}@30`]);
    rig.settle();
    expect(take(rig)).toEqual([`${stays}@8`, `${stays}@30`]);
  });

  it('lets records wait in whose key group the watermark fires a timer', async () => {
    const rig = await newRig();
    rig.send(batch([stays, 1]));
    rig.move([groupOf(moves)], 1);
    rig.send(watermark(10));
    rig.send(batch([stays, 30], [elsewhere, 30]));
    runAll(rig);
    expect(take(rig)).toEqual([`${stays}@1`, `${elsewhere}@30`]);
    rig.settle();
    expect(take(rig)).toEqual([`${stays}!6`, `${stays}@30`]);
  });

  it('does so also where the timer is registered by a record that waited before the watermark', async () => {
    const rig = await newRig();
    rig.move([groupOf(moves), groupOf(alsoMoves)], 1);
    rig.send(batch([moves, 1]));
    runAll(rig);
    rig.send(watermark(10));
    runAll(rig);
    rig.deliver(rig.mail.findIndex(([, { keyGroup }]) => keyGroup === groupOf(moves)));
    runAll(rig);
    expect(take(rig)).toEqual([`${moves}@1`]);
    rig.send(batch([moves, 30]));
    runAll(rig);
    expect(take(rig)).toEqual([]);
    rig.settle();
    expect(take(rig)).toEqual([`${moves}!6`, `${moves}@30`]);
  });

  it('lets records without event time pass', async () => {
    const rig = await newRig();
    rig.move([groupOf(moves)], 1);
    rig.send(watermark(10));
    rig.send(batch([stays, NaN], [moves, NaN]));
    runAll(rig);
    expect(take(rig)).toEqual([`${stays}@undefined`]);
    rig.settle();
    expect(take(rig)).toEqual([`${moves}@undefined`]);
  });

  it('does not let a record at the end of a session overtake the watermark that closes it', async () => {
    const window: WindowSettings = {
      assigner: session('4ms'),
      allowedLatenessMs: 0,
      keyed: true,
      aggregation: { kind: 'builtIn', aggregates: { n: count() } },
    };
    const rig = await newRig((context) => createWindowProcessor({ kind: 'window', window }, context));
    rig.send(batch([stays, 6]));
    rig.move([groupOf(moves)], 1);
    rig.send(watermark(9));
    rig.send(batch([stays, 10]));
    rig.send(watermark(Infinity));
    runAll(rig);
    rig.settle();
    expect(take(rig).map((result) => (result as { n: number }).n)).toEqual([1, 1]);
  });

  it('leaves a record that fails when it is let go to the policy', async () => {
    const failing: KeyedProcessFunction<string, unknown, string> = {
      process: (_, { key, timestampMs }, output) => {
        if (timestampMs === 1) throw new Error('no ones');
        output.emit(`${key}@${timestampMs}`);
      },
    };
    const rig = await newRig(functionOf(failing), { policy: 'drop' });
    rig.move([groupOf(moves)], 1);
    rig.send(batch([moves, 1], [moves, 2]));
    runAll(rig);
    rig.settle();
    expect(take(rig)).toEqual([`${moves}@2`]);
    expect(rig.slots[1]?.failed).toMatchObject([{ record: { key: moves }, timestampMs: 1 }]);
    const strict = await newRig(functionOf(failing));
    strict.move([groupOf(moves)], 1);
    strict.send(batch([moves, 1]));
    expect(() => strict.settle()).toThrow('no ones');
  });
});

describe('the bytes that wait', () => {
  it('are bounded: beyond, the gate takes nothing more, and nothing is lost', async () => {
    const rig = await newRig(functionOf(telling), { mostHeldBytes: 1 });
    rig.move([groupOf(moves)], 1);
    for (let timeMs = 1; timeMs <= 9; timeMs++) rig.send(batch([moves, timeMs], [stays, timeMs]));
    const { channel } = rig.slots[1] as (typeof rig.slots)[number];
    runAll(rig);
    expect(take(rig)).toEqual([`${stays}@1`]);
    expect(channel.hasCredit()).toBe(false);
    rig.settle();
    expect(channel.hasCredit()).toBe(true);
    const texts = take(rig);
    for (const [key, from] of [
      [moves, 1],
      [stays, 2],
    ] as const) {
      const expected = Array.from({ length: 10 - from }, (_, i) => `${key}@${i + from}`);
      expect(texts.filter((text) => String(text).startsWith(`${key}@`))).toEqual(expected);
    }
  });
});

describe('what must not overtake waiting records', () => {
  it('is the next barrier: a key group moves on with all that happened to it here', async () => {
    const rig = await newRig();
    rig.move([groupOf(moves)], 1);
    rig.send(batch([moves, 1]));
    rig.move([groupOf(moves)], 0);
    rig.send(batch([moves, 2], [stays, 2]));
    runAll(rig);
    expect(take(rig)).toEqual([]);
    expect(rig.slots[1]?.signals).toEqual(['b2']);
    rig.settle();
    expect(rig.outputs.map(({ slot, value }) => `${slot}:${String(value)}`).toSorted()).toEqual(
      [`1:${moves}@1`, `0:${moves}@2`, `1:${stays}@2`].toSorted(),
    );
    expect(rig.slots[1]?.signals).toEqual(['b2', 'b3']);
    rig.send(watermark(100));
    rig.settle();
    expect(rig.outputs.slice(3).map(({ slot, value }) => `${slot}:${String(value)}`)).toEqual([
      `0:${moves}!6`,
      `0:${moves}!7`,
      `1:${stays}!7`,
    ]);
  });

  it.each([
    ['the end', end, 'end'],
    ['a stop', stopped, 'stopped'],
  ])('is %s', async (_, element, text) => {
    const rig = await newRig();
    rig.move([groupOf(moves)], 1);
    rig.send(batch([moves, 1]));
    rig.send(element);
    runAll(rig);
    expect(rig.ended).toBe(1);
    expect(take(rig)).toEqual([]);
    rig.settle();
    expect(take(rig)).toEqual([`${moves}@1`]);
    expect(rig.slots[1]?.signals).toEqual(['b2', text]);
    expect(rig.ended).toBe(2);
  });

  it('is idleness, unless something comes after it', async () => {
    const rig = await newRig();
    rig.move([groupOf(moves)], 1);
    rig.send(idle);
    runAll(rig);
    expect(rig.slots[1]?.signals).toEqual(['b2']);
    rig.settle();
    expect(rig.slots[1]?.signals).toEqual(['b2', 'idle']);
    rig.move([groupOf(moves)], 0);
    rig.settle();
    rig.move([groupOf(moves)], 1);
    rig.send(idle);
    rig.send(batch([stays, 1]));
    runAll(rig);
    rig.settle();
    expect(rig.slots[1]?.signals.slice(2)).toEqual(['b3', 'b4']);
  });
});

describe('input with and without keys', () => {
  /** An input in front of which elements of two ports wait; one key group is in transit until `arrive`. */
  const twoPorts = (...elements: readonly (readonly [StreamElement, number])[]) => {
    const waiting = [...elements];
    const gate = {
      port: 0,
      next(): StreamElement | undefined {
        const [element, port] = waiting.shift() ?? [undefined, 0];
        gate.port = port;
        return element;
      },
      nextTimeMs: () => 42,
    };
    const transit = new Set([groupOf(moves)]);
    let mail = -1;
    const fakeMoves = {
      get waiting(): boolean {
        return transit.size > 0;
      },
      isInTransit: (keyGroup: number) => transit.has(keyGroup),
      takeIn: () => {
        const taken = mail;
        transit.delete(mail);
        mail = -1;
        return taken;
      },
    } as unknown as KeyGroupMoves;
    const input = new MovingInput(
      gate,
      fakeMoves,
      { process: () => undefined },
      keyGroups,
      new HeldElements(),
    );
    const drain = (): string[] => {
      const texts: string[] = [];
      for (let element = input.next(0); element !== undefined; element = input.next(0)) {
        if (element.kind === 'batch') texts.push(`${element.rows().map(String).join(' ')}@${input.port}`);
        else if (element.kind !== 'nothing') texts.push(textOf(element));
      }
      return texts;
    };
    const arrive = (): void => {
      mail = groupOf(moves);
    };
    return { input, drain, arrive };
  };

  const keyed = (key: string, value: string) => batchOf([{ key, value }]);

  it('keeps ports apart', () => {
    const rig = twoPorts(
      [keyed(moves, 'a'), 0],
      [keyed(moves, 'b'), 1],
      [keyed(stays, 'c'), 1],
      [keyed(moves, 'd'), 0],
    );
    expect(rig.drain()).toEqual(['c@1']);
    rig.arrive();
    expect(rig.drain()).toEqual(['a@0', 'b@1', 'd@0']);
  });

  it('lets records without a key pass while nothing waits, and nothing pass them when something does', () => {
    const rig = twoPorts(
      [records('first'), 1],
      [keyed(moves, 'a'), 0],
      [records('second'), 1],
      [keyed(stays, 'b'), 0],
    );
    expect(rig.drain()).toEqual(['first@1']);
    rig.arrive();
    expect(rig.drain()).toEqual(['a@0', 'second@1', 'b@0']);
  });

  it('hands on polls without a result, and the time of the gate', () => {
    const rig = twoPorts([{ kind: 'nothing' }, 0], [keyed(stays, 'a'), 0]);
    expect(rig.drain()).toEqual(['a@0']);
    expect(rig.input.nextTimeMs()).toBe(42);
  });

  it('goes on as before once all is there', () => {
    const rig = twoPorts(
      [watermark(5), 0],
      [keyed(stays, 'late'), 0],
      [barrier(7), 0],
      [watermark(9), 0],
      [keyed(moves, 'z'), 0],
    );
    expect(rig.drain()).toEqual(['late@0']);
    rig.arrive();
    expect(rig.drain()).toEqual(['w5', 'b7', 'w9', 'z@0']);
  });
});
