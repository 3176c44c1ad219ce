import { describe, expect, it } from 'vitest';
import { allocatePulses, examinePulses, Pulse, type PulseSample } from '../../src/task/pulse.ts';

/** The pulses of some slots, and somebody who looks at them. */
const newWatch = (slots: number, limitMs = 100) => {
  const words = new Int32Array(allocatePulses(slots));
  let samples: readonly PulseSample[] = [];
  return {
    pulses: Array.from({ length: slots }, (_, slot) => new Pulse(words, slot)),
    look: (nowMs: number) => {
      const result = examinePulses(words, samples, nowMs, limitMs);
      samples = result.samples;
      return result.blocked;
    },
  };
};

describe('the pulse of a slot', () => {
  it('is well while steps follow each other, however long the turn', () => {
    const { pulses, look } = newWatch(1);
    for (let nowMs = 0; nowMs < 1000; nowMs += 50) {
      pulses[0]?.begin(3);
      expect(look(nowMs)).toEqual([]);
    }
  });

  it('is well when the slot is in another process', () => {
    const words = new Int32Array(allocatePulses(2));
    const { samples } = examinePulses(words, [], 0, 100);
    expect(examinePulses(words, samples, 1000, 100).blocked).toEqual([]);
  });

  it('is well while the slot rests', () => {
    const { pulses, look } = newWatch(1);
    expect(look(0)).toEqual([]);
    pulses[0]?.begin(3);
    pulses[0]?.rest();
    expect(look(10)).toEqual([]);
    expect(look(10_000)).toEqual([]);
  });

  it('is blocked when one step has not returned for the limit, and names its task', () => {
    const { pulses, look } = newWatch(2);
    pulses[1]?.begin(3);
    expect(look(0)).toEqual([]);
    expect(look(99)).toEqual([]);
    expect(look(130)).toEqual([{ slot: 1, task: 3, forMs: 130 }]);
  });

  it('is told once for each step that blocks', () => {
    const { pulses, look } = newWatch(1);
    pulses[0]?.begin(3);
    look(0);
    expect(look(100)).toHaveLength(1);
    expect(look(500)).toEqual([]);
    pulses[0]?.begin(4);
    expect(look(600)).toEqual([]);
    expect(look(700)).toEqual([{ slot: 0, task: 4, forMs: 100 }]);
  });

  it('is not blocked when the same task began a new step between two looks', () => {
    const { pulses, look } = newWatch(1);
    pulses[0]?.begin(3);
    look(0);
    pulses[0]?.rest();
    pulses[0]?.begin(3);
    expect(look(100)).toEqual([]);
  });

  it('begins as one at rest, also in memory that an earlier attempt has used', () => {
    const words = new Int32Array(allocatePulses(1));
    new Pulse(words, 0).begin(7);
    new Pulse(words, 0);
    const { samples } = examinePulses(words, [], 0, 10);
    expect(examinePulses(words, samples, 1000, 10).blocked).toEqual([]);
  });
});
