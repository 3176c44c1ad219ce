import { describe, expect, it } from 'vitest';
import { type CheckpointPoint, findCheckpoint } from '../../src/checkpoint/find-checkpoint.ts';
import type { Standing } from '../../src/checkpoint/standing.ts';
import { standingOf } from '../../src/checkpoint/standing.ts';
import { entryOf, jobUid, manifestOf } from './entries.ts';
import { StateRig } from './state-rig.ts';

const rig = new StateRig();
const lost = {
  key: 'state/1/1/0-0',
  checkpointId: 1,
  slot: 0,
  sizeBytes: 1,
  crc32: 1,
  indexOffset: 0,
  indexBytes: 1,
  keyGroups: '',
};

/** Checkpoints 1, 2, … at 1,000, 2,000, … ms; those that are named have lost an object. */
const logWith = (count: number, ...damaged: readonly number[]): Standing =>
  standingOf(
    jobUid,
    [
      entryOf(1, { kind: 'claim' }),
      ...Array.from({ length: count }, (_, at) => {
        const id = at + 1;
        const objects = damaged.includes(id) ? [lost] : [];
        return entryOf(
          id + 1,
          { kind: 'manifest', manifest: manifestOf(id, { objects }) },
          { atMs: id * 1000 },
        );
      }),
    ],
    'memory',
  );

const find = async (standing: Standing, point: CheckpointPoint): Promise<readonly number[]> => {
  const { published, passed } = await findCheckpoint(rig.reading, standing, point);
  return [published.manifest.checkpointId, ...passed.map(({ checkpointId }) => checkpointId)];
};
const at = (atMs: number): CheckpointPoint => ({ kind: 'time', atMs });
const number = (checkpointId: number): CheckpointPoint => ({ kind: 'number', checkpointId });

describe('a checkpoint', () => {
  it('is found by its number, or as the latest', async () => {
    expect(await find(logWith(3), number(2))).toEqual([2]);
    expect(await find(logWith(3), { kind: 'latest' })).toEqual([3]);
  });

  it.each([
    [3000, [3]],
    [2999, [2]],
    [1000, [1]],
    [9e12, [3]],
  ])('is found as the newest at %s ms', async (atMs, found) => {
    expect(await find(logWith(3), at(atMs))).toEqual(found);
  });

  it('is passed over by a time when it is not whole, and refused by its number', async () => {
    const standing = logWith(4, 2, 3);
    expect(await find(standing, at(3500))).toEqual([1, 3, 2]);
    await expect(find(standing, number(2))).rejects.toMatchObject({
      code: 'state-damaged',
      message: expect.stringContaining('Checkpoint 2 cannot be restored: state/1/1/0-0 '),
    });
    await expect(find(logWith(2, 1, 2), at(5000))).rejects.toThrow('no checkpoint that is whole of 1970');
  });

  it('that is not there is told with those that are', async () => {
    await expect(find(logWith(3), number(7))).rejects.toMatchObject({
      code: 'not-found',
      message: `The job ${jobUid} has no checkpoint 7.`,
      hint: expect.stringMatching(/^Kept are 3: from 1 of 1970-01-01T00:00:01.000Z to 3 of /),
    });
    await expect(find(logWith(3), at(999))).rejects.toThrow('of 1970-01-01T00:00:00.999Z or before');
    await expect(find(logWith(0), { kind: 'latest' })).rejects.toMatchObject({
      hint: expect.stringMatching(/^It never completed one/),
    });
  });
});
