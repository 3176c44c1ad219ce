/**
 * The *entries* of a job's log. Whoever reads it knows from them alone who leads, which checkpoint is the latest, and what may be
 * committed (`decide.ts`). An entry is written once, by put-if-absent of its number, and never changed.
 */
import * as z from 'zod';
import { MillraceError } from '../contract/errors.ts';
import { text } from '../contract/field.ts';
import { pathText } from '../contract/problem.ts';
import { type Attempt, asAttempt, asCheckpointId, asTerm, type CheckpointId, type Term } from './ids.ts';
import { type CheckpointManifest, manifestSchema } from './manifest.ts';
import { type Checksum, type Found, type Seal, sealText, unsealText, unusable } from './sealed-text.ts';

/** What every entry says. */
export interface EntryHead {
  readonly format: 1;
  readonly jobUid: string;
  /** Its place in the log, as in its key. From 1. */
  readonly number: number;
  /** The reign that it belongs to: all of these are the same until the next claim. */
  readonly term: Term;
  readonly attempt: Attempt;
  /** The process that wrote it: an id made when it started. So no two writers ever write the same bytes. */
  readonly writer: string;
  /** What one revision of the job runs as. */
  readonly deployment: string;
  /** By the clock of the writer: for people, never for decisions. */
  readonly atMs: number;
  /** The lowest number that is needed from this entry on. What is below may be gone, or be a number that was used again. */
  readonly since: number;
}

/** What of a sink is visible, by the ids of its committables. */
export interface CommittedSink {
  readonly uid: string;
  readonly ids: readonly string[];
}

/** What an entry is for; the numbers in it are those of other entries. */
export type EntryBody =
  /** A new term begins, and with it a new attempt or the one that runs already (adoption). */
  | { readonly kind: 'claim' }
  /** A checkpoint exists. */
  | { readonly kind: 'manifest'; readonly manifest: CheckpointManifest }
  /** These committables are visible. `checkpointId` is of the manifest that named them. */
  | {
      readonly kind: 'committed';
      readonly checkpointId: CheckpointId;
      readonly sinks: readonly CommittedSink[];
    }
  /** The job goes on in another deployment, from this cut. */
  | {
      readonly kind: 'handOver';
      readonly from: string;
      readonly to: string;
      readonly cut: number;
    }
  /** What the new deployment prepares is no longer held back. */
  | { readonly kind: 'released'; readonly handOver: number }
  /** The old deployment is let go. */
  | { readonly kind: 'promoted'; readonly handOver: number }
  /**
   * The job goes on from an earlier manifest, as if those behind it had never been. `owner`: in this deployment, which it came from; absent =
   * in the one that has written this.
   */
  | { readonly kind: 'rolledBack'; readonly to: number; readonly owner?: string | undefined }
  /** Nothing runs any more, on purpose. `superseded`: for ever, since another job has taken over its name and its state. */
  | {
      readonly kind: 'stopped';
      readonly how: 'finished' | 'stopped' | 'drained' | 'suspended' | 'cancelled' | 'superseded';
      readonly savepoint?: string | undefined;
    };

export type LogEntry = EntryHead & EntryBody;
/** Entries of one kind. */
export type EntryOf<Kind extends LogEntry['kind']> = LogEntry & { readonly kind: Kind };

const place = (): z.ZodInt => z.int().min(1);
const name = (): z.ZodString => text(512);

const head = {
  format: z.literal(1),
  jobUid: name(),
  number: place(),
  term: place().transform(asTerm),
  attempt: place().transform(asAttempt),
  writer: name(),
  deployment: name(),
  atMs: z.number(),
  since: place(),
};

const entrySchema: z.ZodType<LogEntry, unknown> = z.discriminatedUnion('kind', [
  z.strictObject({ ...head, kind: z.literal('claim') }),
  z.strictObject({ ...head, kind: z.literal('manifest'), manifest: manifestSchema }),
  z.strictObject({
    ...head,
    kind: z.literal('committed'),
    checkpointId: place().transform(asCheckpointId),
    sinks: z.array(z.strictObject({ uid: name(), ids: z.array(name()) })),
  }),
  z.strictObject({ ...head, kind: z.literal('handOver'), from: name(), to: name(), cut: place() }),
  z.strictObject({ ...head, kind: z.literal('released'), handOver: place() }),
  z.strictObject({ ...head, kind: z.literal('promoted'), handOver: place() }),
  z.strictObject({ ...head, kind: z.literal('rolledBack'), to: place(), owner: name().optional() }),
  z.strictObject({
    ...head,
    kind: z.literal('stopped'),
    how: z.enum(['finished', 'stopped', 'drained', 'suspended', 'cancelled', 'superseded']),
    savepoint: name().optional(),
  }),
]);

const entrySeal: Seal = { name: 'millrace-log', format: 1, what: 'log entry' };
const savepointSeal: Seal = { name: 'millrace-savepoint', format: 1, what: 'manifest of the savepoint' };

const parsed = <T>(schema: z.ZodType<T, unknown>, seal: Seal, json: string, found: Found): T => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw unusable(seal.what, found, 'has the right checksum and is no JSON', error);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = pathText((issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part)));
  throw unusable(seal.what, found, `makes no sense${at === '' ? '' : ` at ${at}`}: ${issue?.message}`);
};

export const encodeLogEntry = (entry: LogEntry, checksum: Checksum): Uint8Array =>
  sealText(entrySeal, `${JSON.stringify(entry)}\n`, checksum);

/** @throws MillraceError state-damaged when it is damaged, of a newer format, or of another job or number than its key says */
export const decodeLogEntry = (
  bytes: Uint8Array,
  expected: { readonly jobUid: string; readonly number: number },
  found: Found,
  checksum: Checksum,
): LogEntry => {
  const entry = parsed(entrySchema, entrySeal, unsealText(entrySeal, bytes, found, checksum), found);
  const ofJob = entry.kind === 'manifest' ? entry.manifest.jobUid : entry.jobUid;
  for (const jobUid of [entry.jobUid, ofJob]) {
    if (jobUid === expected.jobUid) continue;
    throw new MillraceError('state-damaged', `The log entry ${found.key} is of another job, ${jobUid}.`, {
      hint: 'Objects of two jobs were mixed up: bring the right ones back, or give the job a prefix of its own.',
      where: { ...found },
    });
  }
  if (entry.number !== expected.number)
    throw unusable(entrySeal.what, found, `was written as number ${entry.number}`);
  if (entry.since > entry.number)
    throw unusable(entrySeal.what, found, `needs entries from ${entry.since} on, beyond itself`);
  return entry;
};

/** A manifest as a file of its own, beside its objects. */
export const encodeSavepoint = (manifest: CheckpointManifest, checksum: Checksum): Uint8Array =>
  sealText(savepointSeal, `${JSON.stringify(manifest)}\n`, checksum);

/** @throws MillraceError state-damaged when it is damaged or of a newer format */
export const decodeSavepoint = (bytes: Uint8Array, found: Found, checksum: Checksum): CheckpointManifest =>
  parsed(manifestSchema, savepointSeal, unsealText(savepointSeal, bytes, found, checksum), found);
