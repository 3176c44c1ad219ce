/**
 * A *manifest* says everything that a job needs to go on from a checkpoint: which objects hold its state, where its sources
 * were, what its sinks have prepared. It is plain JSON and checked strictly when it is read. Values of users are bytes of the
 * value codec, as base64.
 */
import * as z from 'zod';
import { text } from '../contract/field.ts';
import { type Attempt, asAttempt, asCheckpointId, type CheckpointId, isObjectKey } from './ids.ts';
import { type Restored, restoredSchema } from './restored.ts';

/** A state object as a manifest names it. */
export interface StateObjectRef {
  /** Relative to the root of the job, or to the folder of the savepoint. */
  readonly key: string;
  readonly checkpointId: number;
  readonly slot: number;
  readonly sizeBytes: number;
  /** Of the whole object. */
  readonly crc32: number;
  readonly indexOffset: number;
  readonly indexBytes: number;
  /** Of which it has pieces, as ranges such as `0-31,40`. */
  readonly keyGroups: string;
  /** The uids that transforms have now, by those in the object; absent = the same. */
  readonly renamed?: Readonly<Record<string, string>> | undefined;
}

const stateKinds = [
  'value',
  'list',
  'map',
  'reducing',
  'aggregating',
  'timers',
  'window',
  'list-subtask',
  'union',
  'broadcast',
] as const;

/** What one state of one transform looks like, so that a later version of the job can be compared with it. */
export interface StateSchema {
  readonly uid: string;
  readonly name: string;
  readonly kind: (typeof stateKinds)[number];
  readonly type?: string | undefined;
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

/** A transform that holds or held state, sources and sinks included. */
export interface ManifestTransform {
  readonly uid: string;
  readonly name: string;
  readonly kind: string;
  readonly task: string;
  /** Subtasks that it had. */
  readonly parallelism: number;
}

/** Event time in JSON, which has no infinities: null = −∞, nothing seen yet; `end` = +∞, the input is over. */
export type WrittenWatermark = number | null | 'end';

/** The reader of one subtask. */
export interface ManifestReader {
  readonly subtask: number;
  /** The splits in hand, each with its position. */
  readonly splits: readonly string[];
  /** Event time in each split, by the id that the reader gave it. */
  readonly watermarks: readonly { readonly splitId: string; readonly watermarkMs: WrittenWatermark }[];
}

export interface ManifestSource {
  readonly uid: string;
  readonly enumerator?: string | undefined;
  readonly readers: readonly ManifestReader[];
}

/** Event time in one subtask of a task: see `TaskWatermark`. */
export interface ManifestWatermark {
  /** The first transform of the task. */
  readonly uid: string;
  readonly subtask: number;
  readonly links: readonly { readonly uid: string; readonly watermarkMs: WrittenWatermark }[];
  readonly outputMs: WrittenWatermark;
}

/** What a two-phase sink has sealed and not yet made visible. */
export interface Committable {
  readonly id: string;
  /** The checkpoint at whose barrier it was sealed. */
  readonly checkpointId: number;
  readonly value: string;
}

export interface ManifestSink {
  readonly uid: string;
  readonly kind: string;
  readonly committables: readonly Committable[];
}

/** The key groups of one slot. */
export interface ManifestRoute {
  readonly slot: number;
  readonly keyGroups: string;
}

export interface CheckpointManifest {
  readonly format: 1;
  readonly jobUid: string;
  readonly jobName: string;
  readonly checkpointId: CheckpointId;
  readonly attempt: Attempt;
  readonly kind: 'checkpoint' | 'savepoint' | 'cut';
  readonly createdMs: number;
  readonly runtimeVersion: string;
  /** The sha256 of the artifact. */
  readonly artifact: string;
  readonly graphHash: string;
  readonly slots: number;
  readonly maxParallelism: number;
  /** By checkpoint id, then slot: the order in which they are applied. */
  readonly objects: readonly StateObjectRef[];
  readonly schemas: readonly StateSchema[];
  readonly transforms: readonly ManifestTransform[];
  readonly sources: readonly ManifestSource[];
  readonly watermarks: readonly ManifestWatermark[];
  readonly sinks: readonly ManifestSink[];
  readonly routing: readonly ManifestRoute[];
  /** The edges of which its objects have something that was in flight: see `edgeNames`. Absent = none. */
  readonly inFlight?: readonly string[] | undefined;
  /** To what the job has gone back before, because somebody wished it; absent = never. */
  readonly restored?: readonly Restored[] | undefined;
}

/** Event time as it is written. */
export const writeWatermark = (watermarkMs: number): WrittenWatermark => {
  if (watermarkMs === -Infinity) return null;
  return watermarkMs === Infinity ? 'end' : watermarkMs;
};

export const readWatermark = (written: WrittenWatermark): number => {
  if (written === null) return -Infinity;
  return written === 'end' ? Infinity : written;
};

const count = (minimum: number): z.ZodInt => z.int().min(minimum);
const name = (): z.ZodString => text(512);
const ranges = (): z.ZodString => z.string().regex(/^(?:\d{1,9}(?:-\d{1,9})?(?:,\d{1,9}(?:-\d{1,9})?)*)?$/);
const bytes = (): z.ZodBase64 => z.base64();
const crc32 = (): z.ZodInt => count(0).max(0xffff_ffff);
const watermark: z.ZodType<WrittenWatermark> = z.union([z.number(), z.null(), z.literal('end')]);

const objectSchema: z.ZodType<StateObjectRef> = z.strictObject({
  key: z.string().refine(isObjectKey, 'not a key relative to the manifest'),
  checkpointId: count(1),
  slot: count(0),
  sizeBytes: count(0),
  crc32: crc32(),
  indexOffset: count(0),
  indexBytes: count(0),
  keyGroups: ranges(),
  renamed: z.record(name(), name()).optional(),
});

const inOrder = (objects: readonly StateObjectRef[]): boolean =>
  objects.every((object, at) => {
    const before = objects[at - 1];
    if (before === undefined) return true;
    const ids = object.checkpointId - before.checkpointId;
    return ids > 0 || (ids === 0 && object.slot >= before.slot);
  });

export const manifestSchema: z.ZodType<CheckpointManifest, unknown> = z.strictObject({
  format: z.literal(1),
  jobUid: name(),
  jobName: name(),
  checkpointId: count(1).transform(asCheckpointId),
  attempt: count(1).transform(asAttempt),
  kind: z.enum(['checkpoint', 'savepoint', 'cut']),
  createdMs: z.number(),
  runtimeVersion: name(),
  artifact: name(),
  graphHash: name(),
  slots: count(1),
  maxParallelism: count(1),
  objects: z.array(objectSchema).refine(inOrder, 'not by checkpoint and slot'),
  schemas: z.array(
    z.strictObject({
      uid: name(),
      name: name(),
      kind: z.enum(stateKinds),
      type: z.string().optional(),
      fields: z.record(z.string(), z.string()).optional(),
    }),
  ),
  transforms: z.array(
    z.strictObject({ uid: name(), name: name(), kind: name(), task: name(), parallelism: count(1) }),
  ),
  sources: z.array(
    z.strictObject({
      uid: name(),
      enumerator: bytes().optional(),
      readers: z.array(
        z.strictObject({
          subtask: count(0),
          splits: z.array(bytes()),
          watermarks: z.array(z.strictObject({ splitId: z.string(), watermarkMs: watermark })),
        }),
      ),
    }),
  ),
  watermarks: z.array(
    z.strictObject({
      uid: name(),
      subtask: count(0),
      links: z.array(z.strictObject({ uid: name(), watermarkMs: watermark })),
      outputMs: watermark,
    }),
  ),
  sinks: z.array(
    z.strictObject({
      uid: name(),
      kind: name(),
      committables: z.array(z.strictObject({ id: name(), checkpointId: count(1), value: bytes() })),
    }),
  ),
  routing: z.array(z.strictObject({ slot: count(0), keyGroups: ranges() })),
  inFlight: z.array(z.string()).optional(),
  restored: restoredSchema.optional(),
});
