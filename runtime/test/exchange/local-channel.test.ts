import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Batch } from 'millrace';
import { describe, expect, it } from 'vitest';
import { channelCredit } from '../../src/exchange/channel.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import { LocalChannel } from '../../src/exchange/local-channel.ts';

const silent = (): void => {};
const batch = (value: number): Batch => Batch.ofRows([value], new Float64Array([value]));
const recordOf = (element: StreamElement | undefined): unknown =>
  element?.kind === 'batch' ? element.rows()[0] : undefined;

const collectGarbage = async (): Promise<void> => {
  setFlagsFromString('--expose-gc');
  // A weak reference holds until the turn in which it was last looked at is over.
  await nextTurn();
  (runInNewContext('gc') as () => void)();
  await nextTurn();
};

describe('a channel inside a thread', () => {
  it('keeps the order of its elements although it is never empty', () => {
    const channel = new LocalChannel(silent, silent);
    const received: unknown[] = [];
    channel.send(batch(0));
    for (let i = 1; i <= 1000; i++) {
      channel.send(batch(i));
      received.push(recordOf(channel.poll()));
    }

    expect(received).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(recordOf(channel.poll())).toBe(1000);
    expect(channel.poll()).toBeUndefined();
  });

  it('does not hold on to what went through it although it is never empty', async () => {
    const channel = new LocalChannel(silent, silent);
    channel.send(batch(0));
    const passed = Array.from({ length: 1000 }, (_, i) => {
      channel.send(batch(i + 1));
      return new WeakRef(channel.poll() as StreamElement);
    });
    await collectGarbage();

    const held = passed.filter((reference) => reference.deref() !== undefined);
    expect(held.length).toBeLessThan(100);
    expect(recordOf(channel.poll())).toBe(1000);
  });

  it('gives credit for a few elements and gives it back when one is taken', () => {
    let credits = 0;
    const channel = new LocalChannel(silent, () => {
      credits += 1;
    });
    for (let i = 0; i < channelCredit; i++) {
      expect(channel.hasCredit()).toBe(true);
      channel.send(batch(i));
    }
    expect(channel.hasCredit()).toBe(false);

    channel.poll();
    expect(channel.hasCredit()).toBe(true);
    channel.poll();
    expect(credits).toBe(1);
  });

  it('gives credit back when a barrier is taken out of its middle', () => {
    let credits = 0;
    const channel = new LocalChannel(silent, () => {
      credits += 1;
    });
    channel.send({ kind: 'barrier', id: 1 });
    for (let i = 1; i < channelCredit; i++) channel.send(batch(i));
    expect(channel.hasCredit()).toBe(false);
    channel.watch(({ kind }) => (kind === 'barrier' ? 'removeAsLast' : 'keep'));
    expect([channel.hasCredit(), credits]).toEqual([true, 1]);
  });

  it('wakes its receiver with every element', () => {
    let woken = 0;
    const channel = new LocalChannel(() => {
      woken += 1;
    }, silent);
    channel.send(batch(1));
    channel.send({ kind: 'watermark', timeMs: 1 });
    expect(woken).toBe(2);
  });
});
