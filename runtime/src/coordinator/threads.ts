import type { Artifact } from '../artifact/freeze.ts';
import { buildGraph, loadJob } from '../artifact/load.ts';
import { allocateAlignment } from '../exchange/alignment-board.ts';
import { allocateSharedLinks } from '../exchange/shared-links.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { allocatePulses, Pulse } from '../task/pulse.ts';
import { noRemoteChannels } from '../task/slot-setup.ts';
import type { Logger, LogLevel } from '../telemetry/logger.ts';
import type { JobCode } from '../worker/job-code.ts';
import { createLocalSlot } from '../worker/local-slot.ts';
import type { SlotHandle, SlotReports } from '../worker/slot-handle.ts';
import { storedSlot } from '../worker/stored-slot.ts';
import { startThreadSlot } from '../worker/thread-slot.ts';
import { blockedAfterMs, startWatchdog } from '../worker/watchdog.ts';
import { collectWarning } from './collect-warning.ts';
import type { Deploy, JobRevision } from './job-revision.ts';
import {
  checkpointsOf,
  jobUidOf,
  keyGroupsOf,
  type LocalSettings,
  runsAsBatch,
  slotMemory,
  slotSetup,
  storageOf,
  withLetters,
} from './local.ts';
import { LocalJob } from './local-job.ts';
import { type WarmEnumerators, warmEnumerators } from './thread-enumerators.ts';

/**
 * A job of this process as `millrace run` starts it: the first attempt of a job of one slot runs on this thread, everything
 * else on a thread a slot; the enumerators always have a thread of their own. A later attempt never runs in a thread that
 * failed: variables captured by closures would survive.
 */
export const createThreadedJob = async (artifact: Artifact, settings: LocalSettings): Promise<LocalJob> =>
  new LocalJob({ ...settings, ...(await threadedRevision(artifact, settings)) });

/** The code of a job on threads of this process. */
export const threadedRevision = async (artifact: Artifact, settings: LocalSettings): Promise<JobRevision> => {
  const code = jobCode(artifact, settings);
  const { system, logger, baseDirectory, jobName } = settings;
  const warmUp = (): WarmEnumerators =>
    warmEnumerators({
      system,
      logger,
      data: { ...code, jobName, jobUid: jobUidOf(settings), baseDirectory, logLevel: logLevel(logger) },
    });
  // It loads the job while this thread does.
  let warm: WarmEnumerators | undefined = warmUp();
  let graph: PhysicalGraph;
  try {
    graph = await loadHere(artifact, settings);
  } catch (error) {
    await warm.close();
    throw error;
  }
  const pulses = allocatePulses(graph.slots);
  const watchdog = startWatchdog(system, {
    pulses,
    taskNames: graph.tasks.map((task) => task.name),
    limitMs: settings.blockedAfterMs ?? blockedAfterMs,
  });
  // The watchdog posts nothing else.
  watchdog.onMessage(() => settings.onBlocked?.());
  const common: Common = { settings, graph, pulses, code };
  const deploy: Deploy = (attempt, slotReports, enumeratorReports) => {
    const slots =
      attempt > 1 || graph.slots > 1
        ? startThreads(common, attempt, slotReports)
        : [createOwnSlot(common, attempt, slotReports(0))];
    const jobCode = withLetters(settings, (warm ?? warmUp()).adopt(enumeratorReports, graph.hash));
    warm = undefined;
    return { slots, jobCode };
  };
  const close = async (): Promise<void> => {
    await Promise.all([watchdog.terminate(), warm?.close()]);
  };
  const replan = (parallelism: number): Promise<JobRevision> =>
    threadedRevision(artifact, { ...settings, ...keyGroupsOf(graph), parallelism });
  return { graph, deploy, checkpoints: checkpointsOf(settings, graph), replan, close };
};

/** The coordinator's own graph, and what is to be said about it before anything runs. */
export const loadHere = async (artifact: Artifact, settings: LocalSettings): Promise<PhysicalGraph> => {
  const graph = buildGraph(await loadJob(artifact.path), settings.args, settings);
  const memory = slotMemory(settings, graph);
  if (memory !== undefined) settings.logger.debug('Memory of each slot', { ...memory });
  const warning = collectWarning(graph);
  if (warning !== undefined) settings.logger.warn(warning);
  return graph;
};

/** What all attempts have in common. */
interface Common {
  readonly settings: LocalSettings;
  readonly graph: PhysicalGraph;
  readonly pulses: SharedArrayBuffer;
  readonly code: JobCode;
}

export const jobCode = (
  artifact: Artifact,
  { args, parallelism, maxParallelism, chaining }: LocalSettings,
): JobCode => ({ artifact: artifact.path, args, plan: { parallelism, maxParallelism, chaining } });

export const logLevel = (logger: Logger): LogLevel => (logger.isEnabled('debug') ? 'debug' : 'info');

/** The slot that shares the coordinator's thread. */
const createOwnSlot = (
  { settings, graph, pulses }: Common,
  attempt: number,
  reports: SlotReports,
): SlotHandle =>
  storedSlot(0, storageOf(settings, attempt), reports, (snapshots) =>
    createLocalSlot({
      ...slotSetup(settings, graph, attempt, 0),
      ...reports,
      snapshots,
      remote: noRemoteChannels,
      alignment: allocateAlignment(graph),
      pulse: new Pulse(new Int32Array(pulses), 0),
    }),
  );

const startThreads = (
  { settings, graph, pulses, code }: Common,
  attempt: number,
  reports: (slot: number) => SlotReports,
): readonly SlotHandle[] => {
  const links = allocateSharedLinks(graph, slotMemory(settings, graph)?.channelBytes);
  const { system, logger, deadLetters, jobName, baseDirectory, deadLetterPolicy } = settings;
  return Array.from({ length: graph.slots }, (_, slot) =>
    storedSlot(slot, storageOf(settings, attempt), reports(slot), (snapshots) =>
      startThreadSlot({
        system,
        logger,
        deadLetters,
        reports: reports(slot),
        snapshots,
        data: {
          ...code,
          graphHash: graph.hash,
          jobName,
          jobUid: jobUidOf(settings),
          slot,
          attempt,
          baseDirectory,
          batchMode: runsAsBatch(graph, settings.mode),
          memory: slotMemory(settings, graph),
          stateDisk: settings.stateDisk,
          deadLetterPolicy,
          links,
          pulses,
          logLevel: logLevel(logger),
          checkpoints: snapshots !== undefined,
        },
      }),
    ),
  );
};
