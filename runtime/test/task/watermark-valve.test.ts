import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WatermarkValve } from '../../src/task/watermark-valve.ts';

fc.configureGlobal({ seed: 20_011 });

describe('a watermark valve', () => {
  it('waits until every channel has a watermark', () => {
    const valve = new WatermarkValve(2);
    expect(valve.currentMs).toBe(-Infinity);
    expect(valve.advance(0, 10)).toBe(false);
    expect(valve.advance(1, 4)).toBe(true);
    expect(valve.currentMs).toBe(4);
  });

  it('follows the slowest channel', () => {
    const valve = new WatermarkValve(2);
    valve.advance(0, 10);
    valve.advance(1, 4);
    expect(valve.advance(0, 20)).toBe(false);
    expect(valve.advance(1, 15)).toBe(true);
    expect(valve.currentMs).toBe(15);
  });

  it('is not held back by an idle channel, and is again once that has become active', () => {
    const valve = new WatermarkValve(2);
    valve.advance(0, 10);
    expect(valve.markIdle(1)).toBe(true);
    expect(valve.currentMs).toBe(10);
    valve.markActive(1);
    expect(valve.advance(0, 20)).toBe(false);
    expect(valve.advance(1, 12)).toBe(true);
    expect(valve.currentMs).toBe(12);
  });

  it('does not go back when an idle channel comes back with an old watermark', () => {
    const valve = new WatermarkValve(2);
    valve.markIdle(1);
    valve.advance(0, 10);
    expect(valve.advance(1, 3)).toBe(false);
    expect(valve.currentMs).toBe(10);
  });

  it('is idle while all channels are, and keeps its watermark', () => {
    const valve = new WatermarkValve(2);
    valve.advance(0, 10);
    valve.advance(1, 10);
    valve.markIdle(0);
    expect(valve.idle).toBe(false);
    expect(valve.markIdle(1)).toBe(false);
    expect(valve.idle).toBe(true);
    expect(valve.currentMs).toBe(10);
  });

  it('does not jump to the end of time while a channel is only idle: its records would all be late', () => {
    const valve = new WatermarkValve(2);
    valve.advance(1, 10);
    expect(valve.advance(0, Infinity)).toBe(true);
    expect(valve.markIdle(1)).toBe(false);
    expect(valve.currentMs).toBe(10);
    expect(valve.idle).toBe(true);
    expect(valve.advance(1, 25)).toBe(true);
    expect(valve.currentMs).toBe(25);
    expect(valve.advance(1, Infinity)).toBe(true);
    expect(valve.currentMs).toBe(Infinity);
    expect(valve.idle).toBe(false);
  });

  it('always equals the greatest that the least over channels that are not idle has been', () => {
    const call = fc.record({
      channel: fc.nat(3),
      kind: fc.constantFrom('advance', 'active', 'idle'),
      timeMs: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constant(Infinity)),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(call, { maxLength: 60 }), (channels, calls) => {
        const valve = new WatermarkValve(channels);
        const model = Array.from({ length: channels }, () => ({ timeMs: -Infinity, idle: false }));
        let expectedMs = -Infinity;
        for (const { channel, kind, timeMs } of calls) {
          const one = model[channel];
          if (one === undefined) continue;
          const beforeMs = valve.currentMs;
          one.idle = kind === 'idle';
          let moved = false;
          if (kind === 'advance') {
            one.timeMs = Math.max(one.timeMs, timeMs);
            moved = valve.advance(channel, timeMs);
          } else if (kind === 'idle') moved = valve.markIdle(channel);
          else valve.markActive(channel);
          const least = Math.min(...model.filter(({ idle }) => !idle).map((other) => other.timeMs));
          const ends = least === Infinity && model.some(({ idle }) => idle);
          if (!ends) expectedMs = Math.max(expectedMs, least);
          expect(valve.currentMs).toBe(expectedMs);
          expect(moved).toBe(expectedMs > beforeMs);
        }
      }),
    );
  });
});
