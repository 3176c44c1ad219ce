import { describe, expect, it } from 'vitest';
import { compareStates } from '../../src/checkpoint/compare-states.ts';
import { type NewUids, renameUids } from '../../src/checkpoint/rename-uids.ts';
import { openState } from '../../src/checkpoint/restore.ts';
import { manifestOf } from './entries.ts';
import { collect, piece, StateRig, subtaskState, text } from './state-rig.ts';

const uids = (...pairs: readonly (readonly [string, string])[]): NewUids => new Map(pairs);
const transform = (uid: string) => ({ uid, name: uid, kind: 'keyedProcess', task: 'task', parallelism: 1 });

const stored = async () => {
  const rig = new StateRig();
  const units = [piece('count', 1, 'whole', text('one')), subtaskState('list', 'buffer', 0, ['a'])];
  const object = { ...(await rig.write(units)), slot: 0, crc32: 0 };
  const manifest = manifestOf(1, {
    objects: [object],
    transforms: ['count', 'buffer'].map(transform),
    schemas: [{ uid: 'count', name: 'total', kind: 'value' }],
    sources: [{ uid: 'numbers', readers: [] }],
    watermarks: [{ uid: 'numbers', subtask: 0, links: [{ uid: 'count', watermarkMs: 5 }], outputMs: 5 }],
    sinks: [{ uid: 'count', kind: 'files', committables: [] }],
  });
  const unitsOf = async (changed: typeof manifest) =>
    (await collect((await openState(rig.reading, changed)).read())).map(({ uid }) => uid);
  return { manifest, unitsOf };
};

describe('the uids of a checkpoint', () => {
  it('are others in all that is restored, objects as they are included, and not in what is to be committed', async () => {
    const { manifest, unitsOf } = await stored();
    const renamed = renameUids(manifest, uids(['count', 'tally'], ['numbers', 'digits']));
    expect(await unitsOf(renamed)).toEqual(['tally', 'buffer']);
    expect(renamed.transforms.map(({ uid }) => uid)).toEqual(['tally', 'buffer']);
    expect(renamed.schemas[0]?.uid).toBe('tally');
    expect(renamed.sources[0]?.uid).toBe('digits');
    expect(renamed.watermarks[0]).toMatchObject({ uid: 'digits', links: [{ uid: 'tally' }] });
    expect(renamed.sinks[0]?.uid).toBe('count');
  });

  it('may change again and again', async () => {
    const { manifest, unitsOf } = await stored();
    const once = renameUids(manifest, uids(['count', 'tally']));
    const twice = renameUids(once, uids(['tally', 'sum'], ['buffer', 'queue']));
    expect(await unitsOf(twice)).toEqual(['sum', 'queue']);
  });

  it('stay when it has none of those that are named', async () => {
    const { manifest } = await stored();
    const once = renameUids(manifest, uids(['count', 'tally']));
    expect(renameUids(once, uids(['count', 'tally']))).toBe(once);
    expect(renameUids(manifest, uids())).toBe(manifest);
  });

  it('are not taken from another of its transforms', async () => {
    const { manifest } = await stored();
    const job = { transforms: [transform('buffer')], states: [] };
    expect(compareStates(manifest, job, uids(['count', 'buffer']))).toContainEqual({
      uid: 'count',
      change: 'incompatible',
      why: 'it cannot be called “buffer”: the checkpoint has both',
      next: 'Take the rename away, or name another uid.',
    });
  });
});
