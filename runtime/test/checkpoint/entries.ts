import { crc32 } from 'node:zlib';
import { decide, type Me, nextEntry, type Wish } from '../../src/checkpoint/decide.ts';
import { asAttempt, asCheckpointId, asTerm } from '../../src/checkpoint/ids.ts';
import type { EntryBody, EntryHead, LogEntry } from '../../src/checkpoint/log-entry.ts';
import type { CheckpointManifest, ManifestSink } from '../../src/checkpoint/manifest.ts';
import type { Checksum } from '../../src/checkpoint/sealed-text.ts';
import { type Standing, standingOf } from '../../src/checkpoint/standing.ts';

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
  attempt: asAttempt(1),
  writer: 'one',
  deployment: 'green',
  atMs: 1000,
  since: 1,
  ...changed,
  ...body,
});

export const one: Me = { writer: 'one', deployment: 'green' };
export const two: Me = { writer: 'two', deployment: 'green' };
export const blue: Me = { writer: 'three', deployment: 'blue' };

/** A sink with committables of these names, each sealed at the checkpoint that its name ends with: `a7`. */
export const sinkOf = (uid: string, ...ids: readonly string[]): ManifestSink => ({
  uid,
  kind: 'files',
  committables: ids.map((id) => ({ id, checkpointId: Number(id.replace(/^\D+/, '')), value: '' })),
});

/** What sinks name, as texts: `out: a7 a8`. */
export const sinkTexts = (sinks: readonly ManifestSink[]): readonly string[] =>
  sinks.map(({ uid, committables }) => `${uid}: ${committables.map(({ id }) => id).join(' ')}`);

/** A log as wishes of coordinators, each of which must be allowed. */
export const logOf = (
  wishes: readonly (readonly [Me, Wish])[],
  retained = 3,
): { readonly entries: readonly LogEntry[]; readonly standing: Standing } => {
  let entries: readonly LogEntry[] = [];
  for (const [me, wish] of wishes) {
    const standing = standingOf(jobUid, entries, 'memory');
    const decision = decide(standing, me, wish);
    if (decision.do !== 'put')
      throw decision.do === 'refuse' ? decision.error : new Error(`${wish.kind}: stop`);
    const behind = (entry: LogEntry): Standing => standingOf(jobUid, [...entries, entry], 'memory');
    const entry = nextEntry(standing, decision, { me, atMs: 1000, retained }, behind);
    entries = [...entries, entry].filter(({ number }) => number >= entry.since);
  }
  return { entries, standing: standingOf(jobUid, entries, 'memory') };
};

export const claimWish: Wish = { kind: 'claim', attempt: 'next' };
export const adoptWish: Wish = { kind: 'claim', attempt: 'same' };
export const publish = (
  checkpointId: number,
  attempt = 1,
  changed: Partial<CheckpointManifest> = {},
): Wish => ({
  kind: 'manifest',
  manifest: manifestOf(checkpointId, { attempt: asAttempt(attempt), ...changed }),
});
export const commit = (uid: string, ...ids: readonly string[]): Wish => ({
  kind: 'committed',
  sinks: [{ uid, ids }],
});
