import fc from 'fast-check';
import { Batch } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { Barrier, StreamElement } from '../../src/exchange/element.ts';
import { LocalChannel } from '../../src/exchange/local-channel.ts';
import { InputGate } from '../../src/task/input-gate.ts';
import { Overtaken } from '../../src/task/overtaken.ts';

fc.configureGlobal({ seed: 20_011 });

/** A batch of one record. */
const record = (value: unknown): StreamElement => Batch.ofRows([value], new Float64Array(1));
const watermark = (timeMs: number): StreamElement => ({ kind: 'watermark', timeMs });
const barrier = (id: number): StreamElement => ({ kind: 'barrier', id });
const idle: StreamElement = { kind: 'idle' };
const end: StreamElement = { kind: 'end', drained: true };
const stopped: StreamElement = { kind: 'end', drained: false };

const describeElement = (element: StreamElement): string => {
  switch (element.kind) {
    case 'batch':
      return String(element.rows()[0]);
    case 'watermark':
      return `w${element.timeMs}`;
    case 'barrier':
      return `b${element.id}`;
    case 'end':
      return element.drained ? 'end' : 'stopped';
    default:
      return element.kind;
  }
};

const silent = (): void => undefined;

/** A gate over queues that a test fills. */
const newGate = (...channels: readonly (readonly StreamElement[])[]) => {
  const receivers = channels.map(() => new LocalChannel(silent, silent));
  const queues = receivers.map((channel) => ({
    push: (...elements: readonly StreamElement[]): void => {
      for (const element of elements) channel.send(element);
    },
  }));
  channels.forEach((elements, i) => {
    queues[i]?.push(...elements);
  });
  const gate = new InputGate(
    receivers.map((receiver, port) => ({ port, receiver, name: `channel ${port}` })),
  );
  /** All that comes out now, as text. */
  const take = (): string[] => {
    const out: string[] = [];
    for (let element = gate.next(0); element !== undefined; element = gate.next(0)) {
      out.push(describeElement(element));
    }
    return out;
  };
  return { gate, queues, take };
};

describe('an input gate', () => {
  it('takes batches from its channels in turn, and tells the port of each', () => {
    const { gate } = newGate([record('a1'), record('a2')], [record('b1'), record('b2')], []);
    const out: unknown[] = [];
    for (let element = gate.next(0); element !== undefined; element = gate.next(0)) {
      out.push([describeElement(element), gate.port]);
    }
    expect(out).toEqual([
      ['a1', 0],
      ['b1', 1],
      ['a2', 0],
      ['b2', 1],
    ]);
  });

  it('does not let a busy channel starve the others', () => {
    const busy = Array.from({ length: 50 }, (_, i) => record(`busy ${i}`));
    const { take } = newGate(busy, [record('rare')]);
    expect(take().indexOf('rare')).toBeLessThanOrEqual(1);
  });

  it('gives nothing while nothing is there, and never wants to be asked again by the clock', () => {
    const { gate, queues } = newGate([], []);
    expect(gate.next(0)).toBeUndefined();
    queues[1]?.push(record('late'));
    expect(gate.next(0)).toMatchObject({ kind: 'batch' });
    expect(gate.nextTimeMs()).toBe(Infinity);
  });
});

describe('the watermark of an input gate', () => {
  it('is the least of its channels', () => {
    const { take } = newGate([watermark(10), watermark(20)], [watermark(5), watermark(12)]);
    expect(take()).toEqual(['w5', 'w12']);
  });

  it('is known of each port where there are several', () => {
    const { gate, take } = newGate([watermark(10)], [watermark(5), watermark(12)], []);
    take();
    expect(gate.watermarksMs).toEqual([10, 12, -Infinity]);
    expect(newGate([watermark(10)]).gate.watermarksMs).toBeUndefined();
  });

  it('passes by an idle channel', () => {
    const { take } = newGate([watermark(10)], [idle]);
    expect(take()).toEqual(['w10']);
  });

  it('is idle once when all channels are, and again after one was active', () => {
    const { take, queues } = newGate([idle, idle], [idle]);
    expect(take()).toEqual(['idle']);
    queues[0]?.push(record('x'), idle);
    expect(take()).toEqual(['x', 'idle']);
  });

  it('does not end time for a channel that is idle while the others have ended', () => {
    const { take, queues } = newGate([watermark(Infinity), end], [watermark(3), idle]);
    expect(take()).toEqual(['w3', 'idle']);
    queues[1]?.push(record('awake'), watermark(7), watermark(Infinity), end);
    expect(take()).toEqual(['awake', 'w7', 'wInfinity', 'end']);
  });
});

describe('the barriers of an input gate', () => {
  it('pass once, when every channel has brought them', () => {
    const { take, queues } = newGate([barrier(1)], []);
    expect(take()).toEqual([]);
    queues[1]?.push(record('before'), barrier(1));
    expect(take()).toEqual(['before', 'b1']);
  });

  it('hold back what stands behind them, and nothing else', () => {
    const { take, queues } = newGate(
      [record('a before'), barrier(1), record('a behind')],
      [record('b1'), record('b2')],
    );
    expect(take()).toEqual(['a before', 'b1', 'b2']);
    queues[1]?.push(barrier(1), record('b behind'));
    const [first, ...behind] = take();
    expect(first).toBe('b1');
    expect(behind.toSorted()).toEqual(['a behind', 'b behind']);
  });

  it('carry their routing table', () => {
    const routing = { version: 2, slotOf: new Uint16Array(4) };
    const { gate } = newGate([{ kind: 'barrier', id: 2, routing }], [{ kind: 'barrier', id: 2, routing }]);
    expect(gate.next(0)).toEqual({ kind: 'barrier', id: 2, routing });
  });

  it('are not waited for on a channel that has ended', () => {
    expect(newGate([watermark(Infinity), end], [barrier(1), record('x')]).take()).toEqual(['b1', 'x']);
  });

  it('are let go when the channel that all waited for ends', () => {
    const { take, queues } = newGate([barrier(1), record('behind')], []);
    expect(take()).toEqual([]);
    queues[1]?.push(watermark(Infinity), end);
    expect(take()).toEqual(['b1', 'behind']);
  });

  it('can follow one another', () => {
    const { take } = newGate([barrier(1), record('x'), barrier(2)], [barrier(1), barrier(2)]);
    expect(take()).toEqual(['b1', 'x', 'b2']);
  });

  it('cut every channel at the same place, whatever comes when', () => {
    const channel = fc.array(fc.constantFrom('record', 'barrier', 'pause'), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(channel, { minLength: 1, maxLength: 4 }), (plans) => {
        const barriers = Math.min(...plans.map((plan) => plan.filter((one) => one === 'barrier').length));
        const { take, queues } = newGate(...plans.map(() => []));
        const out: string[] = [];
        for (let round = 0; round < 13; round++) {
          plans.forEach((plan, channelNumber) => {
            const passed = plan.slice(0, round).filter((one) => one === 'barrier').length;
            if (plan[round] === 'record') queues[channelNumber]?.push(record(passed));
            if (plan[round] === 'barrier') queues[channelNumber]?.push(barrier(passed));
          });
          out.push(...take());
        }
        // A record says how many barriers its channel had sent before: the gate must have passed exactly as many.
        let passed = 0;
        for (const text of out) {
          if (text.startsWith('b')) expect(text).toBe(`b${passed++}`);
          else expect(Number(text)).toBe(passed);
        }
        expect(passed).toBe(barriers);
      }),
    );
  });
});

describe('the end of an input gate', () => {
  it('comes when all channels have ended', () => {
    const { take, queues } = newGate([watermark(Infinity), end], []);
    expect(take()).toEqual([]);
    queues[1]?.push(watermark(Infinity), end);
    expect(take()).toEqual(['wInfinity', 'end']);
  });

  it('says that the input was stopped when one channel was, and makes up no watermark', () => {
    const { take } = newGate([watermark(Infinity), end], [watermark(4), stopped]);
    expect(take()).toEqual(['w4', 'stopped']);
  });

  it('comes behind every record', () => {
    const { take } = newGate([end], [record('a'), record('b'), end]);
    expect(take()).toEqual(['a', 'b', 'end']);
  });
});

const checkpointed = (id: number): Barrier => ({
  kind: 'barrier',
  id,
  checkpoint: { id, triggeredMs: 0, isWhole: false, parks: false },
});

/** All that was overtaken until now, as `channel: element`. */
const told = (overtaken: Overtaken): string[] => {
  const all: string[] = [];
  for (let next = overtaken.take(); next !== undefined; next = overtaken.take()) {
    all.push(`${next.channel.at(-1)}: ${describeElement(next.element)}`);
  }
  return all;
};

describe('a barrier that overtakes', () => {
  it('leaves what is before it in the channels, tells it, and is not seen again', () => {
    const { gate, take, queues } = newGate([record('a'), checkpointed(3), record('behind')], [record('b')]);
    const overtaken = new Overtaken();
    expect(gate.overtake(checkpointed(3), overtaken, 0)).toBe(true);
    expect([told(overtaken), overtaken.isClosed]).toEqual([['0: a', '1: b'], false]);
    expect(take()).toEqual(['a', 'b', 'behind']);
    queues[1]?.push(record('c'), watermark(5), checkpointed(3), record('behind too'));
    expect([told(overtaken), overtaken.isWhole]).toEqual([['1: c', '1: w5'], true]);
    expect(take()).toEqual(['c', 'behind too']);
  });

  it('leaves out channels on which it has come before, and lets them go on', () => {
    const { gate, take, queues } = newGate([checkpointed(3), record('behind')], [record('b')]);
    expect(take()).toEqual(['b']);
    const overtaken = new Overtaken();
    gate.overtake(checkpointed(3), overtaken, 0);
    expect(take()).toEqual(['behind']);
    queues[1]?.push(checkpointed(3));
    expect([told(overtaken), overtaken.isWhole]).toEqual([[], true]);
  });

  it('tells the watermark of each channel first, and says how long it was waited for', () => {
    const { gate, take } = newGate([watermark(7), checkpointed(3)], [watermark(9), record('b')]);
    expect(take()).toEqual(['w7', 'b']);
    const overtaken = new Overtaken();
    gate.overtake(checkpointed(3), overtaken, 40);
    expect(told(overtaken)).toEqual(['0: w7', '1: w9']);
    expect(gate.alignmentMs).toBe(40);
  });

  it('is not waited for on channels that end', () => {
    const { gate, queues, take } = newGate([record('a'), end], []);
    const overtaken = new Overtaken();
    gate.overtake(checkpointed(3), overtaken, 0);
    expect(overtaken.isClosed).toBe(false);
    queues[1]?.push(end);
    expect([overtaken.isClosed, told(overtaken)]).toEqual([true, ['0: a']]);
    expect(take()).toEqual(['a', 'end']);
  });

  it('is late when it comes after its checkpoint was given up, and older ones are too', () => {
    const { gate, queues, take } = newGate([], []);
    const overtaken = new Overtaken();
    gate.overtake(checkpointed(3), overtaken, 0);
    gate.stopRecording();
    queues[0]?.push(checkpointed(2), record('a'), checkpointed(3), checkpointed(4), record('behind'));
    expect(take()).toEqual(['a']);
    queues[1]?.push(checkpointed(4));
    expect(take()).toEqual(['b4', 'behind']);
    expect(told(overtaken)).toEqual([]);
  });

  it('ends the wait for one that was given up: who sends has overtaken that', () => {
    const { take } = newGate([checkpointed(3), record('a'), checkpointed(4)], [checkpointed(4), record('b')]);
    expect(take()).toEqual(['a', 'b4', 'b']);
  });

  it('holds the channels that it has overtaken back while too much waits to be written, and no others', () => {
    const { gate, take, queues } = newGate([checkpointed(3), record('free')], [record('b'), record('c')]);
    let rooms = 0;
    const overtaken = new Overtaken({ bytes: 1, onRoom: () => void rooms++ });
    expect(take()).toEqual(['b', 'c']);
    queues[1]?.push(record('d'));
    gate.overtake(checkpointed(3), overtaken, 0);
    expect(take()).toEqual(['free']);
    overtaken.take();
    expect([rooms, take()]).toEqual([1, ['d']]);
    queues[1]?.push(record('e'));
    expect(take()).toEqual([]);
    queues[1]?.push(checkpointed(3), record('behind'));
    expect([take(), overtaken.isFull]).toEqual([['e', 'behind'], true]);
  });

  it('holds nothing back any more when its checkpoint was given up', () => {
    const { gate, take } = newGate([record('a')], [record('b')]);
    gate.overtake(checkpointed(3), new Overtaken({ bytes: 1, onRoom: silent }), 0);
    expect(take()).toEqual([]);
    gate.stopRecording();
    expect(take()).toEqual(['a', 'b']);
  });

  it('never lets more wait to be written than its limit and what is in the channels, and tells all of it in order', () => {
    const steps = fc.array(fc.constantFrom('send 0', 'send 1', 'take', 'write'), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.nat(200), (plan, limitBytes) => {
        const { gate, queues } = newGate([], []);
        const overtaken = new Overtaken({ bytes: limitBytes, onRoom: silent });
        gate.overtake(checkpointed(3), overtaken, 0);
        const sent: string[][] = [[], []];
        const written: string[][] = [[], []];
        let waits = 0;
        let inChannels = 0;
        const write = (): void => {
          const next = overtaken.take();
          if (next === undefined) return;
          waits--;
          written[Number(next.channel.at(-1))]?.push(describeElement(next.element));
        };
        for (const step of plan) {
          const to = Number(step.at(-1));
          if (step.startsWith('send')) {
            queues[to]?.push(record(`${sent[to]?.length}`));
            sent[to]?.push(`${sent[to]?.length}`);
            waits++;
            inChannels++;
          } else if (step === 'take') {
            if (gate.next(0) !== undefined) inChannels--;
          } else write();
          // Of one record: 8 bytes of time, and a header and a letter or two of text.
          expect(waits - inChannels).toBeLessThanOrEqual(Math.ceil(limitBytes / 33));
        }
        while (waits > 0) write();
        expect(written).toEqual(sent);
      }),
    );
  });

  it('waits behind a routing table', () => {
    const routing = { version: 2, slotOf: new Uint16Array(4) };
    const { gate, take } = newGate([{ kind: 'barrier', id: 2, routing }], []);
    take();
    expect(gate.overtake(checkpointed(3), new Overtaken(), 0)).toBe(false);
  });
});
