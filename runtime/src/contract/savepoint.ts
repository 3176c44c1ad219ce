/**
 * A *Savepoint* is the state of a job at one moment, kept until someone deletes the object: asked for by creating it, or by a schedule,
 * or a folder of the store that is taken into care. Its status says everything that is needed to go on from it, or to remove it, when
 * the job is gone.
 */
import * as z from 'zod';
import { type CheckedObject, checkObject } from './check-object.ts';
import { about, block, oneOf, text, type Written } from './field.ts';
import { type Metadata, type MetadataInput, savepointMetadataSchema } from './metadata.ts';
import { labelName } from './names.ts';
import { type ServiceAccountSettings, serviceAccountSchema } from './service-account.ts';
import { type CheckpointStore, storeSchema } from './store.ts';
import { streamJobApiVersion } from './stream-job.ts';
import {
  type Condition,
  conditionsSchema,
  longestMessage,
  statusAmount,
  statusCount,
  statusText,
  statusTime,
  told,
} from './told.ts';

export const savepointKind = 'Savepoint' as const;

/** What is wanted of a savepoint, with all defaults in. */
export interface SavepointSpec {
  readonly jobRef: { readonly name: string };
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly disposal: 'Retain' | 'Delete';
}

/** A Savepoint, as the schema gives it. */
export interface Savepoint {
  readonly apiVersion: typeof streamJobApiVersion;
  readonly kind: typeof savepointKind;
  readonly metadata: Metadata;
  readonly spec: SavepointSpec;
}

/** A Savepoint as a person writes it. */
export interface SavepointInput {
  readonly apiVersion: typeof streamJobApiVersion;
  readonly kind: typeof savepointKind;
  readonly metadata: MetadataInput;
  readonly spec: Written<Omit<SavepointSpec, 'jobRef'>> & Pick<SavepointSpec, 'jobRef'>;
}

export const savepointPhases = ['Pending', 'InProgress', 'Completed', 'Failed', 'Disposing'] as const;

/** What the operator tells about a savepoint. */
export interface SavepointObjectStatus {
  readonly observedGeneration?: number | undefined;
  readonly phase?: (typeof savepointPhases)[number] | undefined;
  readonly conditions?: readonly Condition[] | undefined;
  readonly path?: string | undefined;
  readonly bytes?: number | undefined;
  readonly completedTime?: string | undefined;
  readonly checkpointId?: number | undefined;
  readonly revision?: string | undefined;
  readonly store?: CheckpointStore | undefined;
  readonly serviceAccount?: ServiceAccountSettings | undefined;
  readonly message?: string | undefined;
}

const specSchema: z.ZodType<SavepointSpec, SavepointInput['spec']> = block(
  {
    jobRef: block({
      name: text(
        40,
        /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/,
        'the name of a StreamJob: lower-case letters, digits and -, at most 40 characters',
      ).meta(about('immutable', 'The name of the StreamJob, in the same namespace.')),
    }).meta(about('immutable', 'The job whose state it is.', { alsoKnownAs: ['job', 'streamJob'] })),
    name: labelName()
      .optional()
      .meta(
        about('immutable', 'The name of its folder in the store.', { absent: 'the name of the Savepoint' }),
      ),
    path: text(1024, /^[\w.\-/=+]+$/, 'the path of a savepoint in the store of the job')
      .optional()
      .meta(
        about('immutable', 'The folder of a savepoint that is there already, in the store of the job.', {
          absent: 'a new one is taken',
          alsoKnownAs: ['location'],
        }),
      ),
    disposal: z
      .enum(['Retain', 'Delete'])
      .default('Retain')
      .meta(
        about('operator', 'Whether its folder in the store is removed when the Savepoint is deleted.', {
          alsoKnownAs: ['disposeOnDelete', 'deletionPolicy'],
        }),
      ),
  },
  oneOf(['name', 'path'], 0),
);

/** The schema of a Savepoint. Parsing gives one with defaults; problems are best read by `checkSavepoint`. */
export const savepointSchema: z.ZodType<Savepoint, SavepointInput> = block({
  apiVersion: z.literal(streamJobApiVersion).meta(about('immutable', 'The version of this schema.')),
  kind: z.literal(savepointKind).meta(about('immutable', 'The kind of this object.')),
  metadata: savepointMetadataSchema.meta(about('immutable', 'Which savepoint it is.')),
  spec: specSchema.meta(about('immutable', 'What is wanted.')),
});

/** The schema of `status` of a Savepoint. */
export const savepointObjectStatusSchema: z.ZodType<SavepointObjectStatus> = z.object({
  observedGeneration: told(statusCount(), 'The generation of the Savepoint that all of this is about.'),
  phase: told(z.enum(savepointPhases), 'How far it is, in a word. Programs read conditions.'),
  conditions: told(conditionsSchema, 'Ready: it is complete. Stalled: it needs someone.'),
  path: told(statusText(1024), 'Its folder in the store.'),
  bytes: told(statusAmount(), 'Its size.'),
  completedTime: told(statusTime(), 'When it was complete.'),
  checkpointId: told(statusCount(), 'The number of the checkpoint that it is a copy of.'),
  revision: told(statusText(63), 'The revision of the job that wrote it.'),
  store: told(storeSchema, 'Where the store is: a copy of what the job said, with the names of its Secrets.'),
  serviceAccount: told(serviceAccountSchema, 'Who the job was to a cloud: a copy of what it said.'),
  message: told(statusText(longestMessage), 'What is wrong, in one sentence.'),
});

/** Checks plain data as a Savepoint: see `checkObject`. */
export const checkSavepoint = (value: unknown): CheckedObject<Savepoint> =>
  checkObject({ apiVersion: streamJobApiVersion, kind: savepointKind, schema: savepointSchema }, value);
