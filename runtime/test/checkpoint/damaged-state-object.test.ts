import { describe, expect, it } from 'vitest';
import type { ListedObject } from '../../src/checkpoint/restore.ts';
import { openStateObject } from '../../src/checkpoint/state-object-reader.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { collect, piece, StateRig, subtaskState, text } from './state-rig.ts';

const readAll = async (rig: StateRig, place: ListedObject) =>
  collect((await openStateObject(rig.reading, place)).read(() => true));

const failure = async (rig: StateRig, place: ListedObject): Promise<MillraceError> => {
  try {
    await readAll(rig, place);
  } catch (error) {
    if (MillraceError.is(error)) return error;
    throw error;
  }
  throw new Error('it was read');
};

const written = async (compress: boolean) => {
  const rig = new StateRig();
  const units = [
    piece('count', 3, 'whole', text('abc'.repeat(100))),
    subtaskState('list', 'source', 0, ['one', 'two']),
  ];
  return { rig, units, place: await rig.write(units, 1, 0, compress) };
};

describe('a damaged state object', () => {
  it.each([true, false])(
    'is never read as something else, whichever byte is another (compressed: %s)',
    async (compress) => {
      const { rig, units, place } = await written(compress);
      const whole = (await rig.store.get(place.key)) as Uint8Array;
      // Nobody who reads by range sees the header.
      for (let at = 8; at < whole.length; at++) {
        const other = whole.slice();
        other[at] = (other[at] as number) ^ (1 << (at % 8));
        await rig.store.put(place.key, other);
        const error = await failure(rig, place);
        expect([error.code, error.where['key']], `byte ${at}`).toEqual(['state-damaged', place.key]);
      }
      await rig.store.put(place.key, whole);
      expect(await readAll(rig, place)).toEqual(units);
    },
  );

  it('says which block, and what to do', async () => {
    const { rig, place } = await written(true);
    await rig.damage(place.key, (bytes) => {
      bytes[10] = 7;
      return undefined;
    });
    const error = await failure(rig, place);
    expect(error.message).toBe(`The state object ${place.key} is damaged: block 0 has another checksum.`);
    expect(error.hint).toContain('millrace checkpoint verify');
    expect(error.where).toEqual({ store: 'memory', key: place.key });
  });

  it('is refused when it is cut off, at any length', async () => {
    const { rig, place } = await written(true);
    const whole = (await rig.store.get(place.key)) as Uint8Array;
    for (let length = 0; length < whole.length; length++) {
      await rig.store.put(place.key, whole.subarray(0, length));
      expect((await failure(rig, place)).message).toContain(place.key);
    }
  });

  it('is refused when it is gone, before or behind its index', async () => {
    const { rig, place } = await written(true);
    const object = await openStateObject(rig.reading, place);
    await rig.store.remove([place.key]);
    const gone = `The state object ${place.key} is missing: a checkpoint needs it, and the store does not have it.`;
    expect((await failure(rig, place)).message).toBe(gone);
    await expect(collect(object.read(() => true))).rejects.toThrow(gone);
  });

  it('is refused when a newer version wrote it', async () => {
    const { rig, place } = await written(true);
    await rig.damage(place.key, (bytes) => {
      bytes[bytes.length - 8] = 2;
      return undefined;
    });
    const error = await failure(rig, place);
    expect(error.message).toBe(
      `The state object ${place.key} has format version 2; this Millrace reads up to 1.`,
    );
    expect(error.hint).toBe('Run the version of Millrace that wrote it, or a newer one.');
  });

  it('is refused when the manifest places its index elsewhere', async () => {
    const { rig, place } = await written(true);
    for (const wrong of [
      { ...place, indexBytes: 3 },
      { ...place, sizeBytes: place.sizeBytes + 1 },
      { ...place, indexOffset: place.indexOffset - 1, indexBytes: place.indexBytes + 1 },
      { ...place, indexOffset: place.indexOffset + 1, indexBytes: place.indexBytes - 1 },
    ])
      expect((await failure(rig, wrong)).message).toContain('is damaged');
  });
});
