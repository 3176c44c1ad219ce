import { beforeEach, describe, expect, it } from 'vitest';
import type { CheckpointManifest, StateObjectRef } from '../../src/checkpoint/manifest.ts';
import { verifyCheckpoint } from '../../src/checkpoint/verify.ts';
import { manifestOf } from './entries.ts';
import { piece, StateRig, subtaskState, text } from './state-rig.ts';

let rig: StateRig;
let first: StateObjectRef;
let second: StateObjectRef;

beforeEach(async () => {
  rig = new StateRig();
  const one = await rig.write(
    [
      piece('count', 0, 'whole', text('a')),
      piece('count', 1, 'whole', text('')),
      subtaskState('list', 'in', 0, ['x']),
    ],
    1,
  );
  const two = await rig.write([piece('count', 0, 'changes', text('b'))], 2);
  [first, second] = [one as unknown as StateObjectRef, two as unknown as StateObjectRef].map((object) => ({
    ...object,
    slot: 0,
  })) as [StateObjectRef, StateObjectRef];
});

const faults = async (changed: Partial<CheckpointManifest> = {}): Promise<readonly string[]> => {
  const found = await verifyCheckpoint(rig.reading, manifestOf(2, { objects: [first, second], ...changed }));
  return found.map(({ key, why }) => `${key ?? '-'}: ${why}`);
};

describe('a checkpoint', () => {
  it('that is whole has no faults', async () => {
    expect(await faults()).toEqual([]);
    expect(await faults({ objects: [] })).toEqual([]);
  });

  it('is not whole when a byte of any object is another', async () => {
    const bytes = (await rig.store.get(second.key)) as Uint8Array;
    for (let at = 0; at < bytes.length; at++) {
      await rig.store.put(
        second.key,
        bytes.map((byte, index) => (index === at ? byte ^ 4 : byte)),
      );
      expect(await faults(), `byte ${at}`).toEqual([
        `${second.key}: is damaged: it does not have the checksum in the manifest`,
      ]);
    }
  });

  it('is not whole when an object is gone, or longer', async () => {
    await rig.damage(second.key, (bytes) => new Uint8Array([...bytes, 1]));
    await rig.store.remove([first.key]);
    expect(await faults()).toEqual([
      `${first.key}: The state object ${first.key} is missing.`,
      `${second.key}: has ${second.sizeBytes + 1} bytes, and the manifest says ${second.sizeBytes}`,
    ]);
  });

  it('is not whole when the manifest says something else of an object', async () => {
    expect(await faults({ objects: [first, { ...second, keyGroups: '0-1' }] })).toEqual([
      `${second.key}: has the key groups “0”, and the manifest says “0-1”`,
    ]);
    const [found] = await faults({ objects: [first, { ...second, indexOffset: second.indexOffset - 1 }] });
    expect(found).toContain('its place in the manifest makes no sense');
  });

  it('is not whole when changes have nothing that they change', async () => {
    expect(await faults({ objects: [second] })).toEqual([
      `${second.key}: has changes of the key group 0 of count, whose beginning is missing`,
    ]);
  });

  it.each([
    ['has no owner', [{ slot: 0, keyGroups: '0-126' }]],
    [
      'has two owners',
      [
        { slot: 0, keyGroups: '0-127' },
        { slot: 0, keyGroups: '3' },
      ],
    ],
    ['belongs to a slot that is not there', [{ slot: 1, keyGroups: '0-127' }]],
  ])('is not whole when a key group %s', async (_what, routing) => {
    expect(await faults({ routing })).toEqual([
      '-: the manifest does not give each of 128 key groups to one of 1 slots',
    ]);
  });
});
