import { expect, it } from 'vitest';
import type { KeyedSnapshot } from '../../../src/checkpoint/snapshot-unit.ts';
import { decodeInFlight } from '../../../src/transforms/async/in-flight-codec.ts';
import { InFlightSnapshots } from '../../../src/transforms/async/in-flight-snapshots.ts';

/** What a snapshot says: by key group the values. */
const read = (snapshot: KeyedSnapshot): Readonly<Record<number, readonly unknown[]>> => {
  const said: Record<number, readonly unknown[]> = {};
  for (let piece = snapshot.next(); piece !== undefined; piece = snapshot.next()) {
    expect(piece.mode).toBe('whole');
    const { keyGroup, bytes } = piece;
    said[keyGroup] = bytes.length === 0 ? [] : decodeInFlight(bytes, keyGroup).map(({ value }) => value);
  }
  return said;
};

const record = (keyGroup: number, value: string) => ({ keyGroup, value, timestampMs: 1 });
const request = (checkpointId: number, since?: number) => ({
  checkpointId,
  keyGroups: [0, 1, 2],
  since: () => since,
});

it('says of every key group what is in flight, or that nothing is', () => {
  const snapshots = new InFlightSnapshots();
  const records = [record(1, 'a'), record(2, 'b'), record(1, 'c'), record(5, 'of another slot')];
  expect(read(snapshots.begin(request(1), records))).toEqual({ 0: [], 1: ['a', 'c'], 2: ['b'] });
});

it('leaves out key groups where nothing is and nothing was at the checkpoint before', () => {
  const snapshots = new InFlightSnapshots();
  read(snapshots.begin(request(1), [record(1, 'a')]));
  snapshots.ended(1, true);
  // This one comes to nothing, so what it has said does not count.
  expect(read(snapshots.begin(request(2, 1), [record(2, 'b')]))).toEqual({ 1: [], 2: ['b'] });
  snapshots.ended(2, false);
  expect(read(snapshots.begin(request(3, 1), []))).toEqual({ 1: [] });
  snapshots.ended(3, true);
  expect(read(snapshots.begin(request(4, 3), []))).toEqual({});
  expect(read(snapshots.begin(request(5, 1), []))).toEqual({ 0: [], 1: [], 2: [] });
});

it('says no more when it is given up', () => {
  const snapshot = new InFlightSnapshots().begin(request(1), [record(1, 'a')]);
  snapshot.release();
  expect(read(snapshot)).toEqual({});
});
