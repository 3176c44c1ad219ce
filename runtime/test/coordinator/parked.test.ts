import { describe, expect, it } from 'vitest';
import type { Me, Wish } from '../../src/checkpoint/decide.ts';
import { judgeParked } from '../../src/coordinator/parked.ts';
import { blue, claimWish, logOf, one, publish, two } from '../checkpoint/entries.ts';

type Step = readonly [Me, Wish];
const limits = { claimWithinMs: 30, releaseWithinMs: 600 };
const handedOver: readonly Step[] = [
  [one, claimWish],
  [one, publish(1, 1, { kind: 'cut' })],
  [one, { kind: 'handOver', to: 'blue' }],
];
const held: readonly Step[] = [...handedOver, [blue, claimWish], [blue, publish(2, 2)]];
const released: readonly Step[] = [...held, [blue, { kind: 'released' }]];

describe('a deployment that has handed over', () => {
  it.each<[string, readonly Step[], number, string]>([
    ['nobody has begun yet', handedOver, 29, 'wait'],
    ['nobody begins', handedOver, 30, 'goOn'],
    ['the other one has begun', held, 599, 'wait'],
    ['the other one is not released', held, 600, 'goOn'],
    ['the other one is released', released, 1e9, 'wait'],
    ['the other one is promoted', [...released, [blue, { kind: 'promoted' }]], 1, 'replaced'],
    [
      'the other one gives it back',
      [...held, [blue, { kind: 'rolledBack', to: 2, owner: 'green' }]],
      1,
      'goOn',
    ],
    ['its own process was stopped as it took it back', [...held, [two, claimWish]], 1, 'goOn'],
    ['the job was stopped', [...released, [blue, { kind: 'stopped', how: 'suspended' }]], 1e9, 'wait'],
  ])('knows what to do when %s', (_, steps, elapsedMs, what) => {
    expect(judgeParked(logOf(steps).standing, 'green', elapsedMs, limits).what).toBe(what);
  });

  it('says whom it has waited for, and how long', () => {
    expect(
      judgeParked(logOf(held).standing, 'green', 600_000, { ...limits, releaseWithinMs: 600_000 }),
    ).toEqual({
      what: 'goOn',
      reason: 'blue has not been released within 600 s',
    });
  });
});
