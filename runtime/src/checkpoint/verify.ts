import { MillraceError } from '../contract/errors.ts';
import { formatRanges, parseRanges } from './key-group-ranges.ts';
import type { CheckpointManifest, StateObjectRef } from './manifest.ts';
import { openStateObject, type StateObject, type StateReading } from './state-object-reader.ts';

/** Something that is wrong with a checkpoint, and the object that it is wrong with, if it is one. */
export interface Fault {
  readonly key: string | undefined;
  readonly why: string;
}

/** Bytes that are read at a time. */
const rangeBytes = 4 * 1024 * 1024;

const crcTable = (): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });

/** The checksum of a whole object, read in parts. Written once more, so that a fault of the writer's is not made twice. */
const checksumOf = async (reading: StateReading, { key, sizeBytes }: StateObjectRef): Promise<number> => {
  const table = crcTable();
  let crc = 0xffffffff;
  for (let from = 0; from < sizeBytes; from += rangeBytes) {
    const bytes = await reading.store.getRange(key, from, Math.min(rangeBytes, sizeBytes - from));
    if (bytes === undefined) throw new MillraceError('io', `The state object ${key} is missing.`);
    for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
};

const faultsOfIndex = (reference: StateObjectRef, object: StateObject): readonly string[] => {
  const keyed = object.index.units.flatMap((unit) => (unit.kind === 'keyGroup' ? [unit.keyGroup] : []));
  const has = formatRanges(keyed);
  return has === reference.keyGroups
    ? []
    : [`has the key groups “${has}”, and the manifest says “${reference.keyGroups}”`];
};

/** Reads one object twice: as bytes, and unit by unit. */
const faultsOfObject = async (
  reading: StateReading,
  reference: StateObjectRef,
  open: (object: StateObject) => void,
): Promise<readonly string[]> => {
  try {
    const status = (await reading.store.list(reference.key)).find(({ key }) => key === reference.key);
    if (status !== undefined && status.sizeBytes !== reference.sizeBytes)
      return [`has ${status.sizeBytes} bytes, and the manifest says ${reference.sizeBytes}`];
    const crc32 = await checksumOf(reading, reference);
    if (crc32 !== reference.crc32) return ['is damaged: it does not have the checksum in the manifest'];
    const object = await openStateObject(reading, reference);
    for await (const _unit of object.read(() => true));
    open(object);
    return faultsOfIndex(reference, object);
  } catch (error) {
    if (!MillraceError.is(error)) throw error;
    return [error.message];
  }
};

/** Changes of a key group that no whole piece stands in front of. */
const faultsOfChains = (objects: readonly StateObject[]): readonly Fault[] => {
  const begun = new Set<string>();
  return objects.flatMap(({ key, index }) =>
    index.units.flatMap((unit): readonly Fault[] => {
      if (unit.kind !== 'keyGroup') return [];
      const name = `${unit.keyGroup} of ${unit.uid}`;
      if (unit.mode === 'whole') begun.add(name);
      return begun.has(name)
        ? []
        : [{ key, why: `has changes of the key group ${name}, whose beginning is missing` }];
    }),
  );
};

const faultsOfRouting = ({ routing, maxParallelism, slots }: CheckpointManifest): readonly Fault[] => {
  const owned = routing.flatMap(
    ({ slot, keyGroups }) => (slot < slots ? parseRanges(keyGroups, maxParallelism) : undefined) ?? [-1],
  );
  const isWhole =
    owned.length === maxParallelism && new Set(owned).size === maxParallelism && !owned.includes(-1);
  return isWhole
    ? []
    : [
        {
          key: undefined,
          why: `the manifest does not give each of ${maxParallelism} key groups to one of ${slots} slots`,
        },
      ];
};

/**
 * Reads all of a checkpoint again: each object is there, has its size, its checksum, and units that can be read; each key group begins
 * whole and has one owner. `reading` is of the store at the root that the keys are relative to. No faults = it can be restored.
 */
export const verifyCheckpoint = async (
  reading: StateReading,
  manifest: CheckpointManifest,
): Promise<readonly Fault[]> => {
  const faults: Fault[] = [];
  const objects: StateObject[] = [];
  for (const reference of manifest.objects) {
    const found = await faultsOfObject(reading, reference, (object) => objects.push(object));
    faults.push(...found.map((why) => ({ key: reference.key, why })));
  }
  const isComplete = objects.length === manifest.objects.length;
  return [...faultsOfRouting(manifest), ...faults, ...(isComplete ? faultsOfChains(objects) : [])];
};
