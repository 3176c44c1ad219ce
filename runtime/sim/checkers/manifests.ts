import { checksumOf } from './checksum.ts';
import type { Finding } from './finding.ts';
import { type ListedUnit, readStateObject } from './state-object.ts';

/** Objects by key, as they were stored. */
export interface ReadableStorage {
  read(key: string): Uint8Array | undefined;
}

/** What this checker reads of a manifest; all else is not its business. */
interface ReadManifest {
  readonly jobUid: string;
  readonly checkpointId: number;
  readonly maxParallelism: number;
  readonly objects: readonly {
    readonly key: string;
    readonly checkpointId: number;
    readonly slot: number;
    readonly sizeBytes: number;
    readonly crc32: number;
    readonly keyGroups: string;
  }[];
}

interface ReadEntry {
  readonly kind: string;
  readonly number: number;
  readonly manifest?: ReadManifest;
}

/** An entry of the log. @throws Error that says what is wrong with it */
const readEntry = (bytes: Uint8Array): ReadEntry => {
  const end = bytes.indexOf(10);
  const [name, format, crc] = new TextDecoder().decode(bytes.subarray(0, end)).split(' ');
  if (name !== 'millrace-log' || format !== '1') throw new Error('it is no entry of a log');
  const rest = bytes.subarray(end + 1);
  if (checksumOf(rest) !== Number.parseInt(crc ?? '', 16)) throw new Error('it is damaged');
  return JSON.parse(new TextDecoder().decode(rest)) as ReadEntry;
};

const rangesOf = (numbers: readonly number[]): string => {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const starts = sorted.filter((number) => !sorted.includes(number - 1));
  const ends = sorted.filter((number) => !sorted.includes(number + 1));
  return starts.map((start, i) => (start === ends[i] ? `${start}` : `${start}-${ends[i]}`)).join(',');
};

/** Reads one object that a manifest names, and holds it against what the manifest says. */
const readListed = (
  storage: ReadableStorage,
  { jobUid }: ReadManifest,
  { key, sizeBytes, crc32, keyGroups }: ReadManifest['objects'][number],
): readonly ListedUnit[] => {
  const bytes = storage.read(`jobs/${jobUid}/${key}`);
  if (bytes === undefined) throw new Error(`its object ${key} is not there`);
  if (bytes.length !== sizeBytes)
    throw new Error(`its object ${key} has ${bytes.length} bytes, not ${sizeBytes}`);
  if (checksumOf(bytes) !== crc32) throw new Error(`its object ${key} has another checksum`);
  const units = readStateObject(bytes);
  const groups = rangesOf(
    units.filter(({ form }) => form === 'whole' || form === 'changes').map(({ number }) => number),
  );
  if (groups !== keyGroups)
    throw new Error(`its object ${key} has the key groups ${groups}, not ${keyGroups}`);
  return units;
};

/**
 * Of each key group of a transform the last whole piece counts and what is behind it. Objects that are named for other key groups may hold
 * changes from before; but some whole piece there must be.
 */
const checkChains = ({ maxParallelism }: ReadManifest, units: readonly ListedUnit[]): void => {
  const pieces = units.filter(({ form }) => form === 'whole' || form === 'changes');
  for (const [name, ofGroup] of Map.groupBy(pieces, ({ uid, number }) => `${uid} ${number}`)) {
    if (ofGroup.every(({ form }) => form === 'changes'))
      throw new Error(`the changes of ${name} follow nothing whole`);
  }
  const beyond = pieces.find(({ number }) => number >= maxParallelism);
  if (beyond !== undefined) throw new Error(`there is no key group ${beyond.number}`);
};

/** The manifest in an object of the log is whole, and so is everything that it names. */
export const checkManifest = (storage: ReadableStorage, key: string): readonly Finding[] => {
  try {
    const { manifest, number } = readEntry(storage.read(key) ?? new Uint8Array(0));
    if (!key.endsWith(`/log/${number}`)) throw new Error(`it says that it is number ${number}`);
    if (manifest === undefined) return [];
    const units = manifest.objects.map((object) => readListed(storage, manifest, object));
    checkChains(manifest, units.flat());
    return [];
  } catch (error) {
    return [{ checker: 'manifests', what: `${key}: ${(error as Error).message}` }];
  }
};
