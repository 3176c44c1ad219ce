import {
  Batch,
  boundedOutOfOrderness,
  customWatermarks,
  ingestionTime,
  noWatermarks,
  type WatermarkStrategy,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import type { StreamElement } from '../../src/exchange/element.ts';
import { describeElement, newRig, reads } from './source-input-rig.ts';

describe('a source input', () => {
  it('gives what the reader emitted as batches, with a watermark behind each', () => {
    const rig = newRig();
    rig.onPoll(reads('s', 10, 20));
    rig.onPoll(reads('s', 30));
    expect(rig.take()).toEqual(['r@10 r@20', 'w19', 'r@30', 'w29']);
  });

  it('keeps the order of single records and whole batches, and of different splits', () => {
    const rig = newRig({ strategy: noWatermarks() });
    rig.onPoll((split) => {
      split('a').emit('a1', 1);
      split('b').emit('b1', 2);
      split('b').emit('b2', 3);
      split('a').emitBatch(Batch.ofRows(['a2'], Float64Array.of(4)));
      return 'more';
    });
    expect(rig.take()).toEqual(['a1@1', 'b1@2 b2@3', 'a2@4']);
  });

  it('asks to be called again when the reader has more, though it gave nothing', () => {
    const rig = newRig();
    rig.onPoll(() => 'more');
    expect(rig.take()).toEqual(['nothing']);
  });

  it('waits when the reader does', () => {
    const rig = newRig();
    expect(rig.take()).toEqual([]);
    rig.onPoll(reads('s', 1));
    expect(rig.take()).toEqual(['r@1', 'w0']);
  });

  it('ends with the watermark at the end of time, and gives nothing afterwards', () => {
    const rig = newRig();
    rig.onPoll((split) => {
      split('s').emit('last', 5);
      return 'end';
    });
    expect(rig.take()).toEqual(['last@5', 'wInfinity', 'end']);
    rig.onPoll(reads('s', 6));
    expect(rig.take()).toEqual([]);
    expect(rig.input.nextTimeMs()).toBe(Infinity);
  });

  it('closes its reader', async () => {
    const rig = newRig();
    await rig.input.close();
    expect(rig.closed()).toBe(1);
  });
});

describe('the watermark of a source input', () => {
  it('is the least over its splits', () => {
    const rig = newRig();
    rig.onPoll(reads('a', 100));
    rig.onPoll(reads('b', 50));
    rig.onPoll(reads('b', 70));
    rig.split('b');
    expect(rig.take()).toEqual(['r@100', 'r@50', 'w49', 'r@70', 'w69']);
  });

  it('goes on without a split that is released, and never goes back', () => {
    const rig = newRig();
    rig.onPoll(reads('a', 100));
    rig.onPoll((split) => {
      split('b').emit('r', 50);
      split('b').release();
      return 'more';
    });
    rig.onPoll(reads('c', 10));
    rig.split('b');
    expect(rig.take()).toEqual(['r@100', 'r@50', 'w99', 'r@10']);
  });

  it('follows the delay for records out of order', () => {
    const rig = newRig({ strategy: boundedOutOfOrderness('5ms') });
    rig.onPoll(reads('s', 100, 90));
    expect(rig.take()).toEqual(['r@100 r@90', 'w94']);
  });

  it('comes only at the end in batch mode', () => {
    const rig = newRig({ onlyFinalWatermark: true });
    rig.onPoll(reads('s', 1000));
    rig.onPoll(() => 'end');
    expect(rig.take()).toEqual(['r@1000', 'wInfinity', 'end']);
    expect(rig.input.nextTimeMs()).toBe(Infinity);
  });

  it('is asked of periodic generators by the clock, also while no record comes', () => {
    let askedTimes = 0;
    const rig = newRig({
      strategy: customWatermarks(() => ({
        onRecord: () => undefined,
        onPeriodic: (output) => output.emitWatermark(1000 * ++askedTimes),
      })),
    });
    rig.onPoll(reads('s', 1));
    expect(rig.take(0)).toEqual(['r@1', 'w1000']);
    expect(rig.input.nextTimeMs()).toBe(200);
    expect(rig.take(199)).toEqual([]);
    expect(rig.take(200)).toEqual(['w2000']);
    expect(rig.input.nextTimeMs()).toBe(400);
  });

  it('can be the clock itself', () => {
    const rig = newRig({ strategy: ingestionTime() });
    rig.onPoll(reads('s', NaN));
    expect(rig.take(5000)).toEqual(['r@5000', 'w4999']);
  });
});

describe('an idle source input', () => {
  const strategy = boundedOutOfOrderness('0s').withIdleness('1s');

  it('says so once when all its splits are silent, and is active with the next record', () => {
    const rig = newRig({ strategy });
    rig.onPoll(reads('s', 10));
    expect(rig.take(0)).toEqual(['r@10', 'w9']);
    expect(rig.take(999)).toEqual([]);
    expect(rig.take(1200)).toEqual(['idle']);
    expect(rig.take(5000)).toEqual([]);
    rig.onPoll(reads('s', 20));
    expect(rig.take(5100)).toEqual(['r@20', 'w19']);
    expect(rig.take(6400)).toEqual(['idle']);
  });

  it('is not held back by one silent split', () => {
    const rig = newRig({ strategy });
    rig.onPoll(reads('a', 10));
    rig.onPoll(reads('b', 500));
    rig.split('b');
    expect(rig.take(0)).toEqual(['r@10', 'r@500', 'w9']);
    rig.onPoll(reads('b', 600));
    expect(rig.take(1300)).toEqual(['r@600', 'w599']);
  });

  it('is idle too when it gets no split at all, since others have them all', () => {
    const rig = newRig({ strategy });
    expect(rig.take(0)).toEqual([]);
    expect(rig.input.nextTimeMs()).toBe(200);
    expect(rig.take(900)).toEqual([]);
    expect(rig.take(1000)).toEqual(['idle']);
    expect(rig.input.nextTimeMs()).toBe(Infinity);
    rig.onPoll(reads('s', 10));
    expect(rig.take(1500)).toEqual(['r@10', 'w9']);
  });

  it('holds the others back without a split when no idleness was asked for', () => {
    const rig = newRig();
    expect(rig.take(1e9)).toEqual([]);
    expect(rig.input.nextTimeMs()).toBe(Infinity);
  });

  it('can be told by its reader', () => {
    const rig = newRig();
    rig.onPoll(reads('s', 10));
    rig.onPoll((split) => {
      split('s').markIdle();
      return 'waiting';
    });
    expect(rig.take()).toEqual(['r@10', 'w9', 'idle']);
    rig.onPoll(reads('s', 20));
    expect(rig.take()).toEqual(['r@20', 'w19']);
  });
});

describe('timestamps that cannot be used', () => {
  const failing = boundedOutOfOrderness<{ at: number }>('0s').withTimestamps((value) => {
    if (value.at < 0) throw new Error('negative');
    return value.at;
  }) as WatermarkStrategy<unknown>;

  it('go to the policy with their record, and move no watermark', () => {
    const rig = newRig();
    rig.onPoll(reads('s', 5, NaN, 8.64e15, -1, 6));
    expect(rig.take()).toEqual(['r@5 r@6', 'w5']);
    expect(rig.refused).toHaveLength(3);
    expect(rig.refused[0]).toMatchObject({ error: { code: 'record-invalid' }, record: 'r' });
  });

  it('give no empty batch', () => {
    const rig = newRig();
    rig.onPoll(reads('s', NaN));
    expect(rig.take()).toEqual(['nothing']);
  });

  it('may be missing where no event time is used, beside some that are wrong', () => {
    const rig = newRig({ strategy: noWatermarks() });
    rig.onPoll(reads('s', NaN, 5, -1));
    expect(rig.take()).toEqual(['r@NaN r@5']);
    expect(rig.refused).toMatchObject([{ timestampMs: -1 }]);
  });

  it('are those of a function that throws', () => {
    const rig = newRig({ strategy: failing });
    rig.onPoll((split) => {
      for (const at of [1, -1, 2]) split('s').emit({ at, toString: () => `r${at}` });
      return 'more';
    });
    expect(rig.take()).toEqual(['r1@1 r2@2', 'w1']);
    expect(rig.refused).toMatchObject([{ error: { message: 'negative' }, record: { at: -1 } }]);
  });
});

describe('a source input that is stopped', () => {
  it('ends at once, without a watermark', () => {
    const rig = newRig();
    rig.onPoll(reads('s', 10));
    expect(rig.take()).toEqual(['r@10', 'w9']);
    rig.onPoll(reads('s', 20));
    rig.input.stop();
    expect(rig.take()).toEqual(['stopped']);
  });

  it('lets a reader deliver what it has promised', () => {
    let stops = 0;
    const rig = newRig({ stop: () => stops++ });
    rig.onPoll(reads('s', 10));
    rig.onPoll((split) => {
      split('s').emit('r', 20);
      return 'end';
    });
    rig.input.stop();
    expect(stops).toBe(1);
    expect(rig.take()).toEqual(['r@10', 'w9', 'r@20', 'stopped']);
  });

  it('gives what it has taken from its reader before', () => {
    const rig = newRig();
    rig.onPoll(reads('s', 10));
    expect(rig.input.next(0)).toMatchObject({ kind: 'batch' });
    rig.input.stop();
    expect(rig.take()).toEqual(['w9', 'stopped']);
  });
});

describe('a source input that is drained', () => {
  it('ends after what is in hand as if there were no more', () => {
    const rig = newRig();
    rig.onPoll(reads('s', 10));
    expect(rig.take()).toEqual(['r@10', 'w9']);
    rig.onPoll(reads('s', 20));
    rig.input.drain();
    expect(rig.take()).toEqual(['wInfinity', 'end']);
  });

  it('lets a reader deliver what it has promised', () => {
    const rig = newRig({ stop: () => undefined });
    rig.onPoll((split) => {
      split('s').emit('r', 20);
      return 'end';
    });
    rig.input.drain();
    expect(rig.take()).toEqual(['r@20', 'wInfinity', 'end']);
  });
});

describe('a barrier put into a source input', () => {
  it('stands behind what was read and before what follows', () => {
    const rig = newRig();
    rig.onPoll(reads('s', 10));
    expect(describeElement(rig.input.next(0) as StreamElement)).toBe('r@10');
    rig.split('s').emit('outside a poll', 11);
    rig.input.inject({ kind: 'barrier', id: 1 });
    rig.onPoll(reads('s', 20));
    expect(rig.take()).toEqual(['w9', 'outside a poll@11', 'b1', 'r@20', 'w19']);
  });

  it('is left out behind the end', () => {
    const rig = newRig();
    rig.onPoll(() => 'end');
    expect(rig.take()).toEqual(['wInfinity', 'end']);
    rig.input.inject({ kind: 'barrier', id: 1 });
    expect(rig.take()).toEqual([]);
  });
});

describe('a source input of an alignment group', () => {
  it('tells its watermark, reads nothing while it is too far ahead, and looks again soon', () => {
    const reported: number[] = [];
    let limitMs = Infinity;
    const rig = newRig({
      alignment: {
        drift: (timeMs) => timeMs - 3,
        report: (timeMs) => reported.push(timeMs),
        mayRead: (timeMs) => timeMs <= limitMs,
      },
    });
    rig.onPoll(reads('s', 100));
    expect(rig.take(0)).toEqual(['r@100', 'w99']);
    expect([reported.at(-1), rig.input.driftMs]).toEqual([99, 96]);
    limitMs = 50;
    rig.onPoll(reads('s', 200));
    expect(rig.take(10)).toEqual([]);
    expect(rig.input.nextTimeMs()).toBe(30);
    limitMs = 99;
    expect(rig.take(30)).toEqual(['r@200', 'w199']);
  });

  it('no longer holds the group back when it is idle or has ended', () => {
    const reported: number[] = [];
    const rig = newRig({
      strategy: boundedOutOfOrderness('0s').withIdleness('1s'),
      alignment: { drift: () => 0, report: (timeMs) => reported.push(timeMs), mayRead: () => true },
    });
    rig.onPoll(reads('s', 100));
    rig.take(0);
    rig.take(1200);
    expect(reported.at(-1)).toBe(Infinity);
    rig.onPoll(reads('s', 300));
    rig.take(1300);
    expect(reported.at(-1)).toBe(299);
    rig.onPoll(() => 'end');
    rig.take(1301);
    expect(reported.at(-1)).toBe(Infinity);
  });

  it('is not held back when it is stopped', () => {
    const rig = newRig({ alignment: { drift: () => 0, report: () => undefined, mayRead: () => false } });
    expect(rig.take()).toEqual([]);
    rig.input.stop();
    expect(rig.take()).toEqual(['stopped']);
  });
});
