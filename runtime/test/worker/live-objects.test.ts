import { expect, it } from 'vitest';
import type { StateObjectRef } from '../../src/checkpoint/manifest.ts';
import type { SlotSnapshot } from '../../src/checkpoint/slot-snapshot.ts';
import { LiveObjects } from '../../src/worker/live-objects.ts';

const objectOf = (checkpointId: number) => ({ key: `object-${checkpointId}` }) as StateObjectRef;

/** Takes a checkpoint with these pieces, `w1` = key group 1 whole, `c1` = its changes, and gives the objects that it needs. */
const take = (
  live: LiveObjects,
  checkpointId: number,
  pieces: string,
  keyGroups = [1, 2],
  completed = true,
) => {
  for (const piece of pieces.split(' ').filter((text) => text !== '')) {
    const mode = piece.startsWith('w') ? 'whole' : 'changes';
    live.add(checkpointId, {
      kind: 'keyGroup',
      uid: 'count',
      keyGroup: Number(piece.slice(1)),
      mode,
      bytes: new Uint8Array(1),
    });
  }
  const snapshot = { checkpointId, keyed: [{ uid: 'count', keyGroups }] } as unknown as SlotSnapshot;
  const needed = live.needed(snapshot, [objectOf(checkpointId)]);
  live.ended(checkpointId, completed);
  return needed.map(({ key }) => key).join(' ');
};

it('needs what holds the last whole piece of each key group, and all behind it', () => {
  const live = new LiveObjects();
  expect(take(live, 1, 'w1 c1 w2')).toBe('object-1');
  expect(take(live, 2, 'c1')).toBe('object-1 object-2');
  expect(take(live, 3, 'w1')).toBe('object-1 object-3');
  expect(take(live, 4, 'w2')).toBe('object-3 object-4');
});

it('goes on from the last completed checkpoint when one comes to nothing', () => {
  const live = new LiveObjects();
  take(live, 1, 'w1 w2');
  take(live, 2, 'w1 w2', [1, 2], false);
  expect(take(live, 3, 'c1')).toBe('object-1 object-3');
});

it('needs nothing for key groups that have gone to another slot', () => {
  const live = new LiveObjects();
  take(live, 1, 'w1 w2');
  expect(take(live, 2, 'w1', [1])).toBe('object-2');
  expect(take(live, 3, 'w2', [1, 2])).toBe('object-2 object-3');
});

it('loses nothing when objects of a checkpoint that came to nothing are durable only while the next is under way', () => {
  const live = new LiveObjects();
  const unit = {
    kind: 'keyGroup',
    uid: 'count',
    keyGroup: 1,
    mode: 'whole',
    bytes: new Uint8Array(1),
  } as const;
  const snapshotOf = (checkpointId: number): SlotSnapshot =>
    ({ checkpointId, keyed: [{ uid: 'count', keyGroups: [1] }] }) as unknown as SlotSnapshot;
  live.add(1, unit);
  live.ended(1, false);
  live.add(2, unit);
  live.needed(snapshotOf(1), [objectOf(1)]);
  live.needed(snapshotOf(2), [objectOf(2)]);
  live.ended(2, true);
  expect(take(live, 3, 'c1', [1])).toBe('object-2 object-3');
});
