import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { checksumOf } from '../../sim/checkers/checksum.ts';
import { checkManifest } from '../../sim/checkers/manifests.ts';
import { SimulatedStorage } from '../../sim/storage.ts';
import { encodeLogEntry } from '../../src/checkpoint/log-entry.ts';
import type { StateObjectRef } from '../../src/checkpoint/manifest.ts';
import type { SnapshotUnit } from '../../src/checkpoint/snapshot-unit.ts';
import { StateObjectWriter } from '../../src/checkpoint/state-object-writer.ts';
import { nodeHashing } from '../../src/sys/node-hashing.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { entryOf, jobUid, manifestOf } from '../checkpoint/entries.ts';

const root = `jobs/${jobUid}/`;

const piece = (keyGroup: number, mode: 'whole' | 'changes', text = 'state'): SnapshotUnit => ({
  kind: 'keyGroup',
  uid: 'count',
  keyGroup,
  mode,
  bytes: new TextEncoder().encode(text.repeat(keyGroup + 1)),
});

const subtaskState: SnapshotUnit = {
  kind: 'list',
  uid: 'files',
  state: 'open',
  subtask: 0,
  items: [new Uint8Array([1, 2]), new Uint8Array(0)],
};

/** A log of one manifest that names one object for each list of units. */
const stored = async (...objects: readonly (readonly SnapshotUnit[])[]) => {
  const storage = new SimulatedStorage();
  const refs: StateObjectRef[] = [];
  for (const [i, units] of objects.entries()) {
    const writer = new StateObjectWriter(createNodeSystem());
    for (const unit of units) writer.add(unit);
    const { bytes, rawBytes: _rawBytes, ...facts } = await writer.finish();
    const key = `state/1/${i + 1}/0-0`;
    storage.write(`${root}${key}`, bytes, 'test', 0);
    refs.push({ ...facts, key, checkpointId: i + 1, slot: 0 });
  }
  const manifest = manifestOf(objects.length, { maxParallelism: 16, objects: refs });
  storage.write(
    `${root}log/2`,
    encodeLogEntry(entryOf(2, { kind: 'manifest', manifest }), nodeHashing),
    'test',
    0,
  );
  return storage;
};

const findingsOf = (storage: SimulatedStorage): readonly string[] =>
  checkManifest(storage, `${root}log/2`).map(({ what }) => what);

describe('the checksum of the checkers', () => {
  it('is that of everybody else, though computed by other code', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => checksumOf(bytes) === nodeHashing.crc32(bytes)));
  });
});

describe('the checker of manifests', () => {
  let whole: SimulatedStorage;
  beforeAll(async () => {
    whole = await stored(
      [piece(3, 'whole'), piece(4, 'whole'), subtaskState],
      [piece(4, 'changes', 'long '.repeat(40))],
    );
  });

  /** A copy in which one object is another. */
  const withObject = (
    key: string,
    change: (bytes: Uint8Array) => Uint8Array | undefined,
  ): SimulatedStorage => {
    const storage = new SimulatedStorage();
    for (const known of whole.keys()) {
      const bytes = (whole.read(known) as Uint8Array).slice();
      const kept = known === key ? change(bytes) : bytes;
      if (kept !== undefined) storage.write(known, kept, 'test', 0);
    }
    return storage;
  };

  it('is content with a manifest whose objects are whole', () => {
    expect(findingsOf(whole)).toEqual([]);
  });

  it('sees any byte that was changed, in the log and in every object', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...whole.keys()),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (key, at, by) => {
          const changed = withObject(key, (bytes) => {
            bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ by;
            return bytes;
          });
          expect(findingsOf(changed)).toHaveLength(1);
        },
      ),
    );
  });

  it('sees an object that is cut off, or gone', () => {
    for (const key of whole.keys()) {
      expect(findingsOf(withObject(key, (bytes) => bytes.subarray(0, -1)))).toHaveLength(1);
      expect(findingsOf(withObject(key, () => undefined))).toHaveLength(1);
    }
  });

  it('sees one object in the place of another', () => {
    const other = whole.read(`${root}state/1/1/0-0`);
    expect(findingsOf(withObject(`${root}state/1/2/0-0`, () => other))).toEqual([
      expect.stringContaining('its object state/1/2/0-0 has'),
    ]);
  });

  it('sees changes that nothing whole comes before', async () => {
    expect(findingsOf(await stored([piece(3, 'whole')], [piece(4, 'changes')]))).toEqual([
      `${root}log/2: the changes of count 4 follow nothing whole`,
    ]);
  });

  it('sees an entry that lies under another number', async () => {
    const storage = await stored([piece(3, 'whole')]);
    storage.write(`${root}log/3`, storage.read(`${root}log/2`) as Uint8Array, 'test', 0);
    expect(checkManifest(storage, `${root}log/3`)[0]?.what).toContain('says that it is number 2');
  });
});
