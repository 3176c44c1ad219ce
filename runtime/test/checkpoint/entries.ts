import { crc32 } from 'node:zlib';
import { asAttempt, asCheckpointId, asTerm } from '../../src/checkpoint/ids.ts';
import type { EntryBody, EntryHead, LogEntry } from '../../src/checkpoint/log-entry.ts';
import type { CheckpointManifest } from '../../src/checkpoint/manifest.ts';
import type { Checksum } from '../../src/checkpoint/sealed-text.ts';

export const checksum: Checksum = { crc32: (bytes, previous = 0) => crc32(bytes, previous) };
export const jobUid = 'a1b2';

/** A manifest of a job without state, changed where a test says so. */
export const manifestOf = (
  checkpointId: number,
  changed: Partial<CheckpointManifest> = {},
): CheckpointManifest => ({
  format: 1,
  jobUid,
  jobName: 'count',
  checkpointId: asCheckpointId(checkpointId),
  attempt: asAttempt(1),
  kind: 'checkpoint',
  createdMs: 1000,
  runtimeVersion: '0.1.0',
  artifact: 'sha',
  graphHash: 'hash',
  slots: 1,
  maxParallelism: 128,
  objects: [],
  schemas: [],
  transforms: [],
  sources: [],
  watermarks: [],
  sinks: [],
  routing: [{ slot: 0, keyGroups: '0-127' }],
  ...changed,
});

/** An entry of the first term, changed where a test says so. */
export const entryOf = (number: number, body: EntryBody, changed: Partial<EntryHead> = {}): LogEntry => ({
  format: 1,
  jobUid,
  number,
  term: asTerm(1),
  writer: 'one',
  atMs: 1000,
  since: 1,
  ...changed,
  ...body,
});
