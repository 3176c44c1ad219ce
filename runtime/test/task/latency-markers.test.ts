import { describe, expect, it } from 'vitest';
import type { ChannelReceiver } from '../../src/exchange/channel.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import { createPartitioner } from '../../src/exchange/partitioner.ts';
import { initialRouting } from '../../src/exchange/routing-table.ts';
import { EdgeOutput } from '../../src/task/edge-output.ts';
import { InputGate } from '../../src/task/input-gate.ts';
import { barrier, newRig, passing, records, watermark } from './rig.ts';
import { newRig as newSourceRig, reads } from './source-input-rig.ts';

const marker = { kind: 'latency', source: 0, markedMs: 990 } as const;

const receiverOf = (elements: StreamElement[]): ChannelReceiver =>
  ({ poll: () => elements.shift() }) as unknown as ChannelReceiver;

describe('a latency marker', () => {
  it('is given by a source behind records, and not again for a while', () => {
    const rig = newSourceRig({ marks: 3 });
    const given = (nowMs: number): string[] => {
      rig.onPoll(reads('s', nowMs));
      return rig.take(nowMs);
    };
    expect(given(10_000)).toContain('latency');
    expect(given(11_999)).not.toContain('latency');
    expect(given(12_000).at(-1)).toBe('latency');
  });

  it('is given by no source that is silent', () => {
    const rig = newSourceRig({ marks: 3 });
    expect(rig.take(10_000)).toEqual([]);
    rig.onPoll(() => 'more');
    expect(rig.take(20_000)).toEqual(['nothing']);
  });

  it('is told to a task when it comes, and goes on behind all that was before it', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.give(records(1), watermark(5), marker, records(2));
    rig.run();
    expect(rig.take()).toEqual(['out 1', 'a w5', 'out w5', 'from 0 in 10', 'next latency', 'out 2']);
  });

  it('is never told as less than nothing when clocks differ', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.give({ ...marker, markedMs: 5000 });
    rig.run();
    expect(rig.take()).toEqual(['from 0 in 0', 'next latency']);
  });

  it('waits behind a barrier that is not aligned, and does not wake an idle channel', () => {
    const first = [barrier(1), marker];
    const second = [{ kind: 'idle' } as const, marker, barrier(1)];
    const gate = new InputGate([
      { receiver: receiverOf(first), name: 'first', port: 0 },
      { receiver: receiverOf(second), name: 'second', port: 0 },
    ]);
    const kinds = Array.from({ length: 3 }, () => gate.next(0)?.kind);
    expect(kinds).toEqual(['latency', 'barrier', 'latency']);
  });

  it('goes to one receiver of an edge, to the next one each time', () => {
    const received: number[] = [];
    const channels = [0, 1, 2].map((receiver) => ({
      hasCredit: () => true,
      send: () => void received.push(receiver),
    }));
    const partitioner = createPartitioner({ kind: 'broadcast' }, initialRouting(3, 16));
    const output = new EdgeOutput(partitioner, channels);
    for (let i = 0; i < 4; i++) output.sendToNext(marker);
    expect(received).toEqual([0, 1, 2, 0]);
  });
});
