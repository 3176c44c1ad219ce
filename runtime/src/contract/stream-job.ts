/**
 * `contract` is what runtime and operator agree on: the manifest of a job, and the errors both speak in.
 *
 * A *StreamJob* is one manifest: who the job is (`metadata`) and what is wanted of it (`spec`), the same on a laptop and on a
 * cluster. Its *schema* stands here as zod, one file a block, and is the only source: types, defaults, error texts and (with the
 * operator) the CRD follow from it. Each *field* says what it is, its bounds, and what *change* of a running job it means. A
 * *manifest* is the text that a person wrote (`parse-manifest.ts`); a *problem* is a place in it that is wrong.
 *
 * The version is frozen: fields are added, never moved or retyped, and no check becomes stricter.
 */
import * as z from 'zod';
import { type Change, changeIn } from './change.ts';
import { type Checkpoint, checkpointSchema } from './checkpoint.ts';
import { type DeadLetterSettings, deadLetterSchema } from './dead-letter.ts';
import { type Deletion, deletionSchema } from './deletion.ts';
import { type EnvironmentEntry, environmentSchema, variablesOnce } from './env.ts';
import {
  about,
  anyText,
  block,
  duration,
  inCel,
  integer,
  mapOf,
  type Rule,
  text,
  type Written,
} from './field.ts';
import { type Job, jobSchema } from './job.ts';
import { type Metadata, type MetadataInput, metadataSchema } from './metadata.ts';
import { type Network, networkSchema } from './network.ts';
import { type PodTemplate, podTemplateSchema } from './pod-template.ts';
import { type Resources, resourcesSchema } from './resources.ts';
import { type Restart, restartSchema } from './restart.ts';
import { type Restore, restoreSchema } from './restore.ts';
import { type ScheduledSavepoints, scheduledSavepointsSchema } from './scheduled-savepoints.ts';
import { type ServiceAccountSettings, serviceAccountSchema } from './service-account.ts';
import { type StateBackend, stateBackendSchema } from './state-backend.ts';
import { type Upgrade, upgradeSchema } from './upgrade.ts';

export const streamJobApiVersion = 'millrace.dev/v1alpha1' as const;
export const streamJobKind = 'StreamJob' as const;

/** What is wanted of a job, with all defaults in. */
export interface StreamJobSpec {
  readonly job: Job;
  readonly parallelism: number;
  readonly slotsPerWorker: number;
  readonly maxParallelism?: number | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly env: readonly EnvironmentEntry[];
  readonly mode: 'Streaming' | 'Batch' | 'Automatic';
  readonly checkpoint?: Checkpoint | undefined;
  readonly state: 'Running' | 'Suspended';
  readonly stateBackend?: StateBackend | undefined;
  readonly restart?: Restart | undefined;
  readonly upgrade: Upgrade;
  readonly restore: Restore;
  readonly savepoints: ScheduledSavepoints;
  readonly deletion: Deletion;
  readonly ttlAfterFinished?: string | undefined;
  readonly resources: Resources;
  readonly podTemplate?: PodTemplate | undefined;
  readonly serviceAccount?: ServiceAccountSettings | undefined;
  readonly network: Network;
  readonly deadLetter: DeadLetterSettings;
}

/** A job, as the schema gives it: checked, with all defaults in. */
export interface StreamJob {
  readonly apiVersion: typeof streamJobApiVersion;
  readonly kind: typeof streamJobKind;
  readonly metadata: Metadata;
  readonly spec: StreamJobSpec;
}

/** A job as a person writes it: what has a default may be left out. */
export interface StreamJobInput {
  readonly apiVersion: typeof streamJobApiVersion;
  readonly kind: typeof streamJobKind;
  readonly metadata: MetadataInput;
  readonly spec: Written<Omit<StreamJobSpec, 'job'>> & { readonly job: Written<Job> };
}

/** Key groups of a job that names no `maxParallelism`: fixed when the job is created, and the most slots it can ever have. */
export const defaultMaxParallelism = (parallelism: number): number =>
  Math.max(128, 2 ** Math.ceil(Math.log2(4 * parallelism)));

const enoughKeyGroups: Rule = inCel(
  ({ parallelism, maxParallelism }) =>
    typeof parallelism === 'number' &&
    typeof maxParallelism === 'number' &&
    maxParallelism >= 1 &&
    maxParallelism < parallelism
      ? [
          {
            path: ['maxParallelism'],
            expected: `at least ${parallelism}, the parallelism`,
            found: `the number ${maxParallelism}`,
            hint: 'Keyed state is split into maxParallelism key groups, and each slot needs one.',
          },
        ]
      : [],
  {
    rule: '!has(self.maxParallelism) || self.parallelism <= self.maxParallelism',
    message: 'expected maxParallelism to be at least the parallelism',
  },
);

const specSchema: z.ZodType<StreamJobSpec, StreamJobInput['spec']> = block(
  {
    job: jobSchema.meta(about('switch-over', 'What runs.')),
    parallelism: integer(1, 4096)
      .default(1)
      .meta(
        about('rescale', 'The number of slots: copies of the dataflow, each on a thread of its own.', {
          alsoKnownAs: ['replicas', 'slots', 'workers', 'instances'],
        }),
      ),
    slotsPerWorker: integer(1, 64)
      .default(1)
      .meta(
        about('switch-over', 'How many of the slots share a worker pod. A local run is told by --workers.', {
          alsoKnownAs: ['taskSlots', 'numberOfTaskSlots'],
        }),
      ),
    maxParallelism: integer(1, 32_768)
      .optional()
      .meta(
        about(
          'immutable',
          'The number of key groups, into which keyed state is split: the most slots the job can ever have.',
          {
            absent:
              'max(128, the next power of two from 4 × parallelism), computed when the job is created and then fixed',
            alsoKnownAs: ['keyGroups'],
          },
        ),
      ),
    args: mapOf(
      text(
        64,
        /^[A-Za-z_][A-Za-z0-9_.-]*$/,
        'a name of letters, digits, -, _ and ., that starts with a letter',
      ),
      anyText(4096),
      128,
    )
      .default({})
      .meta(
        about('switch-over', 'Texts that the job gets as its arguments, by name.', {
          alsoKnownAs: ['arguments', 'parameters'],
        }),
      ),
    env: environmentSchema
      .default([])
      .meta(
        about(
          'switch-over',
          'Variables of the environment of the job. A local run adds those with a value to its own.',
          { alsoKnownAs: ['envFrom', 'environment'] },
        ),
      ),
    mode: z
      .enum(['Streaming', 'Batch', 'Automatic'])
      .default('Streaming')
      .meta(
        about(
          'switch-over',
          'Streaming emits results as time goes on; Batch, for bounded input only, emits them at the end, once; Automatic is Batch when all sources are bounded.',
          { alsoKnownAs: ['executionMode', 'runtimeMode'] },
        ),
      ),
    checkpoint: checkpointSchema.optional().meta(
      about('switch-over', 'How state is made durable.', {
        absent: 'no checkpoints: a job that is started again begins anew',
        alsoKnownAs: ['checkpoints', 'checkpointing', 'snapshots'],
      }),
    ),
    state: z
      .enum(['Running', 'Suspended'])
      .default('Running')
      .meta(
        about(
          'operator',
          'Suspended takes a checkpoint and lets the pods go; Running goes on from it. A local run runs when it is started.',
          { alsoKnownAs: ['suspend', 'desiredState', 'suspended'] },
        ),
      ),
    stateBackend: stateBackendSchema.optional().meta(
      about('switch-over', 'Where the running job keeps its state.', {
        absent: 'in memory',
        alsoKnownAs: ['backend'],
      }),
    ),
    restart: restartSchema.optional().meta(
      about('live', 'What happens when the job fails.', {
        absent: 'ExponentialDelay when there are checkpoints, None otherwise',
        alsoKnownAs: ['restartPolicy', 'restartStrategy'],
      }),
    ),
    upgrade: upgradeSchema.prefault({}).meta(
      about(
        'operator',
        'How a changed job replaces the running one. A local run heeds `renames` and `allowRemoved` alone.',
        {
          alsoKnownAs: ['upgradeMode'],
        },
      ),
    ),
    restore: restoreSchema.prefault({}).meta(
      about('operator', 'What the job goes back to, once. A local run is told by --from.', {
        alsoKnownAs: ['initialSavepointPath', 'restoreFrom'],
      }),
    ),
    savepoints: scheduledSavepointsSchema
      .prefault({})
      .meta(about('operator', 'The savepoints that are taken by schedule. A local run ignores it.')),
    deletion: deletionSchema.prefault({}).meta(
      about('operator', 'What happens when the StreamJob is deleted. A local run ignores it.', {
        alsoKnownAs: ['deletionPolicy'],
      }),
    ),
    ttlAfterFinished: duration('0s', '365d')
      .optional()
      .meta(
        about(
          'operator',
          'When a StreamJob that has finished or failed for good is deleted. A local run ignores it.',
          {
            absent: 'it stays',
            alsoKnownAs: ['ttlSecondsAfterFinished'],
          },
        ),
      ),
    resources: resourcesSchema.prefault({}).meta(about('switch-over', 'What each worker gets.')),
    podTemplate: podTemplateSchema.optional().meta(
      about('switch-over', 'What is said about the pods of the job beyond that. A local run ignores it.', {
        absent: 'pods are as Millrace makes them',
        alsoKnownAs: ['template', 'pod'],
      }),
    ),
    serviceAccount: serviceAccountSchema.optional().meta(
      about('switch-over', 'Who the pods are to a cloud. A local run ignores it.', {
        absent: 'an account without rights, made for the job',
        alsoKnownAs: ['serviceAccountName'],
      }),
    ),
    network: networkSchema
      .prefault({})
      .meta(about('operator', 'Whom the pods may talk to. A local run ignores it.')),
    deadLetter: deadLetterSchema.prefault({}).meta(
      about('switch-over', 'What becomes of records that cannot be processed.', {
        alsoKnownAs: ['deadLetters', 'deadLetterQueue'],
      }),
    ),
  },
  enoughKeyGroups,
  variablesOnce,
);

/** The schema of a whole StreamJob. Parsing gives a `StreamJob` with defaults; problems are best read by `checkStreamJob`. */
export const streamJobSchema: z.ZodType<StreamJob, StreamJobInput> = block({
  apiVersion: z.literal(streamJobApiVersion).meta(about('immutable', 'The version of this schema.')),
  kind: z.literal(streamJobKind).meta(about('immutable', 'The kind of this object.')),
  metadata: metadataSchema.meta(about('immutable', 'Who the job is.')),
  spec: specSchema.meta(about('switch-over', 'What is wanted of the job.')),
});

/**
 * What changing a field of a running job does; the path as in `['spec', 'env', 0, 'value']`, or as text when no name in it holds
 * a dot. Undefined when there is no such field.
 */
export const changeOf = (path: string | readonly (string | number)[]): Change | undefined =>
  changeIn(streamJobSchema, typeof path === 'string' ? path.split('.') : path);
