import type { Job } from '../api/environment.ts';
import { buildGraph } from '../artifact/load.ts';
import { type MemoryBudget, memoryBudget } from '../contract/memory-budget.ts';
import type { RestartPolicy } from '../contract/restart.ts';
import { allocateAlignment } from '../exchange/alignment-board.ts';
import { initialRouting } from '../exchange/routing-table.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { System } from '../sys/system.ts';
import type { DeadLetterOutput, DeadLetterPolicy } from '../task/failures.ts';
import type { SlotSetup, StateDisk } from '../task/slot-setup.ts';
import type { Logger } from '../telemetry/logger.ts';
import { MetricGroup } from '../telemetry/metrics.ts';
import { createLocalSlot } from '../worker/local-slot.ts';
import { SharedThreadChannels } from '../worker/shared-thread.ts';
import type { SlotReports } from '../worker/slot-handle.ts';
import { type SlotStorage, storedSlot } from '../worker/stored-slot.ts';
import type { JobCheckpoints } from './attempt-state.ts';
import type { ManifestBase } from './build-manifest.ts';
import { type DeadLetterParcels, parcelsTo, withDeadLetters } from './dead-letter-commits.ts';
import { createJobCode, type JobCodeHandle, type JobCodeSurroundings } from './job-code.ts';
import type { JobRevision } from './job-revision.ts';
import { LocalJob } from './local-job.ts';
import { requireLongTransactions } from './transaction-times.ts';

/** When bounded input is run with one watermark at the end: never, always, or when every source is bounded. */
export type ExecutionMode = 'Streaming' | 'Batch' | 'Automatic';

export interface LocalSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly jobName: string;
  readonly args: Readonly<Record<string, string>>;
  readonly parallelism: number;
  readonly maxParallelism?: number | undefined;
  readonly chaining?: boolean;
  /** See `SlotSetup.batchSize`. */
  readonly batchSize?: number | undefined;
  /** Where state is kept, and how often; absent = nowhere. */
  readonly state?: LocalState | undefined;
  readonly mode: ExecutionMode;
  readonly restart: RestartPolicy;
  readonly deadLetterPolicy: DeadLetterPolicy;
  readonly deadLetters: DeadLetterOutput;
  /** Takes dead letters under checkpoints; absent = they are given to `deadLetters`, and may come again after a restart. */
  readonly deadLetterParcels?: DeadLetterParcels;
  readonly baseDirectory: string;
  /** Of the whole process, divided among its slots; absent = no limit. */
  readonly memoryBytes?: number | undefined;
  /** Where slots keep their state; absent = in memory. */
  readonly stateDisk?: StateDisk | undefined;
  /** A step of user code that takes longer is reported, in ms; default 10 s. */
  readonly blockedAfterMs?: number;
  /** Called on this thread once the watchdog has written such a report to standard error. */
  readonly onBlocked?: () => void;
}

/** Where the state of a local job is kept. */
export interface LocalState extends Omit<JobCheckpoints, 'base' | 'onlyLast'> {
  readonly base: Omit<ManifestBase, 'graph'>;
}

/** See `OwningJob`. */
export const jobUidOf = ({ state }: Pick<LocalSettings, 'state'>): string | undefined => state?.base.jobUid;

/** What the enumerators and committers of a job of this process have around them. */
export const surroundingsOf = (settings: LocalSettings): JobCodeSurroundings => ({
  ...settings,
  jobUid: jobUidOf(settings),
});

/** The number of key groups stays what it is, whatever follows from the number of slots. */
export const keyGroupsOf = ({ maxParallelism }: PhysicalGraph): Pick<LocalSettings, 'maxParallelism'> => ({
  maxParallelism,
});

/** What the job is told of its checkpoints. @throws MillraceError job-invalid when a sink cannot wait for them */
export const checkpointsOf = (
  { state, mode }: LocalSettings,
  graph: PhysicalGraph,
): JobCheckpoints | undefined => {
  if (state === undefined) return undefined;
  requireLongTransactions(graph, state.policy);
  return { ...state, base: { ...state.base, graph }, onlyLast: runsAsBatch(graph, mode) };
};

/** What the slots of an attempt are told of the store. */
export const storageOf = ({ state, system }: LocalSettings, attempt: number): SlotStorage | undefined =>
  state && { system, store: state.store, attempt };

/** Whether a graph runs in batch mode under a setting. */
export const runsAsBatch = (graph: PhysicalGraph, mode: ExecutionMode): boolean => {
  if (mode !== 'Automatic') return mode === 'Batch';
  return graph.tasks.every((task) => {
    const spec = task.chain[0]?.spec;
    return spec?.kind !== 'source' || spec.source.boundedness === 'bounded';
  });
};

/**
 * What each slot of a job may take.
 * @throws MillraceError manifest-invalid when the memory is too little for so many slots.
 */
export const slotMemory = ({ memoryBytes }: LocalSettings, graph: PhysicalGraph): MemoryBudget | undefined =>
  memoryBytes === undefined ? undefined : memoryBudget(memoryBytes, graph.slots);

/** What a slot of a local job is told, apart from its channels and reports. */
export const slotSetup = (
  settings: LocalSettings,
  graph: PhysicalGraph,
  attempt: number,
  slot: number,
): Omit<SlotSetup, 'remote' | 'alignment' | keyof SlotReports> => ({
  system: settings.system,
  logger: settings.logger,
  metrics: new MetricGroup(),
  graph,
  slot,
  jobName: settings.jobName,
  jobUid: jobUidOf(settings),
  args: settings.args,
  baseDirectory: settings.baseDirectory,
  attempt,
  batchMode: runsAsBatch(graph, settings.mode),
  batchSize: settings.batchSize,
  memory: slotMemory(settings, graph),
  stateDisk: settings.stateDisk,
  deadLetterPolicy: settings.deadLetterPolicy,
  deadLetters: settings.deadLetters,
  routing: initialRouting(graph.slots, graph.maxParallelism),
});

/** The job's code and where its dead letters go. */
export const withLetters = (
  { deadLetters, deadLetterParcels = parcelsTo(deadLetters) }: LocalSettings,
  jobCode: JobCodeHandle,
): JobCodeHandle => withDeadLetters(jobCode, deadLetterParcels);

/**
 * A job whose slots and enumerators all run on this thread. In every attempt each of them gets a graph of its own from the
 * job's function, so that no closure is shared. Not started yet.
 */
export const createSharedThreadJob = (job: Job, settings: LocalSettings): LocalJob =>
  new LocalJob({ ...settings, ...sharedThreadRevision(job, settings) });

/** The code of such a job. */
export const sharedThreadRevision = (job: Job, settings: LocalSettings): JobRevision => {
  const plan = (): PhysicalGraph => buildGraph(job, settings.args, settings);
  const graph = plan();
  // Too little memory is told before anything starts.
  slotMemory(settings, graph);
  return {
    graph,
    checkpoints: checkpointsOf(settings, graph),
    replan: async (parallelism) =>
      sharedThreadRevision(job, { ...settings, ...keyGroupsOf(graph), parallelism }),
    deploy: (attempt, slotReports, enumeratorReports) => {
      const channels = new SharedThreadChannels();
      const alignment = allocateAlignment(graph);
      const slots = Array.from({ length: graph.slots }, (_, slot) =>
        storedSlot(slot, storageOf(settings, attempt), slotReports(slot), (snapshots) =>
          createLocalSlot({
            ...slotSetup(settings, slot === 0 && attempt === 1 ? graph : plan(), attempt, slot),
            ...slotReports(slot),
            snapshots,
            remote: channels.of(slot),
            alignment,
          }),
        ),
      );
      return {
        slots,
        jobCode: withLetters(settings, createJobCode(plan(), surroundingsOf(settings), enumeratorReports)),
      };
    },
  };
};
