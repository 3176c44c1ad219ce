import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRanges } from '../../src/checkpoint/key-group-ranges.ts';
import type { ListedObject } from '../../src/checkpoint/restore.ts';
import type { SnapshotUnit } from '../../src/checkpoint/snapshot-unit.ts';
import { openStateObject } from '../../src/checkpoint/state-object-reader.ts';
import { StateObjectWriter } from '../../src/checkpoint/state-object-writer.ts';
import { collect, means, piece, StateRig, subtaskState, text } from './state-rig.ts';

fc.configureGlobal({ seed: 41_001 });

const all = (): boolean => true;
const bytesOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2_654_435_761) >>> 24) & 0xff);

const uids = fc.constantFrom('count', 'joined orders', 'größte 😀');
const keyGroupUnits = fc
  .tuple(
    uids,
    fc.nat(127),
    fc.constantFrom('whole' as const, 'changes' as const),
    fc.oneof(
      fc.uint8Array(),
      fc.nat(400_000).map((length) => bytesOf(length, length)),
    ),
  )
  .map((parts) => piece(...parts));
const subtaskUnits = fc
  .tuple(
    fc.constantFrom('list' as const, 'union' as const, 'broadcast' as const),
    uids,
    fc.nat(7),
    fc.array(fc.string()),
  )
  .map((parts) => subtaskState(...parts));
const units = fc.array(fc.oneof<fc.Arbitrary<SnapshotUnit>[]>(keyGroupUnits, subtaskUnits), {
  maxLength: 20,
});

const readBack = async (rig: StateRig, place: ListedObject, wanted: (uid: string) => boolean = all) =>
  collect((await openStateObject(rig.reading, place)).read(({ uid }) => wanted(uid)));

describe('a state object', () => {
  it('gives back the units that were written, in their order, compressed or not', async () => {
    await fc.assert(
      fc.asyncProperty(units, fc.boolean(), async (written, compress) => {
        const rig = new StateRig();
        const place = await rig.write(written, 1, 0, compress);
        expect(await readBack(rig, place)).toEqual(written);
        const keyGroups = written.flatMap((unit) => (unit.kind === 'keyGroup' ? [unit.keyGroup] : []));
        expect(new Set(parseRanges(place.keyGroups, 128))).toEqual(new Set(keyGroups));
      }),
      { numRuns: 60 },
    );
  });

  it('gives the wanted units only', async () => {
    await fc.assert(
      fc.asyncProperty(units, uids, async (written, wanted) => {
        const rig = new StateRig();
        const place = await rig.write(written);
        const expected = written.filter(({ uid }) => uid === wanted);
        expect(await readBack(rig, place, (uid) => uid === wanted)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('is read by range: one key group of many costs its block and the index', async () => {
    const rig = new StateRig();
    const written = Array.from({ length: 32 }, (_, i) => piece('count', i, 'whole', bytesOf(900_000, i)));
    const place = await rig.write(written, 1, 0, false);
    const object = await openStateObject(rig.reading, place);
    expect(await collect(object.read((e) => e.kind === 'keyGroup' && e.keyGroup === 17))).toEqual([
      written[17],
    ]);
    expect(rig.ranges).toEqual([place.indexBytes, 900_000]);
  });

  it('gives each unit a buffer of its own, so that it can go to another thread alone', async () => {
    const rig = new StateRig();
    const place = await rig.write([piece('a', 1, 'whole', text('one')), piece('a', 2, 'whole', text('two'))]);
    for (const unit of await readBack(rig, place))
      expect(unit.kind === 'keyGroup' && unit.bytes.buffer.byteLength).toBe(3);
  });

  it('reads nothing for pieces that say that nothing is there', async () => {
    const rig = new StateRig();
    const written = [piece('a', 1, 'whole', new Uint8Array(0))];
    const place = await rig.write(written);
    expect(await readBack(rig, place)).toEqual(written);
    expect(rig.ranges).toEqual([place.indexBytes]);
  });

  it('counts what it took before compression', async () => {
    const writer = new StateObjectWriter(means);
    expect(writer.isEmpty).toBe(true);
    for (let i = 0; i < 5; i++) writer.add(piece('a', i, 'whole', new Uint8Array(700_000)));
    expect(writer.isEmpty).toBe(false);
    expect(writer.rawBytes).toBe(3_500_000);
    const { rawBytes, sizeBytes, bytes } = await writer.finish();
    expect(rawBytes).toBe(3_500_000);
    expect(sizeBytes).toBe(bytes.length);
    expect(sizeBytes).toBeLessThan(5000);
  });

  it('is the same for the same units', async () => {
    const write = async (): Promise<Uint8Array> => {
      const writer = new StateObjectWriter(means);
      for (let i = 0; i < 9; i++) writer.add(piece('a', i, 'changes', bytesOf(300_000, i)));
      writer.add(subtaskState('union', 'b', 0, ['x', 'y']));
      return (await writer.finish()).bytes;
    };
    expect(await write()).toEqual(await write());
  });
});
