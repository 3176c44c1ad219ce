import type { Artifact } from '../artifact/freeze.ts';
import { buildGraph, loadJob } from '../artifact/load.ts';
import { allocateAlignment } from '../exchange/alignment-board.ts';
import { allocateSharedLinks } from '../exchange/shared-links.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { allocatePulses, Pulse } from '../task/pulse.ts';
import { noRemoteChannels } from '../task/slot-setup.ts';
import { createLocalSlot } from '../worker/local-slot.ts';
import type { SlotHandle, SlotReports } from '../worker/slot-handle.ts';
import { startThreadSlot } from '../worker/thread-slot.ts';
import { blockedAfterMs, startWatchdog } from '../worker/watchdog.ts';
import { collectWarning } from './collect-warning.ts';
import { type LocalSettings, runsAsBatch, slotMemory, slotSetup } from './local.ts';
import { LocalJob } from './local-job.ts';

/**
 * A job of this process as `millrace run` starts it: the first attempt of a job of one slot runs on this thread, everything
 * else on a thread a slot. A later attempt never runs in a thread that failed: variables captured by closures would survive.
 */
export const createThreadedJob = async (artifact: Artifact, settings: LocalSettings): Promise<LocalJob> => {
  const graph = buildGraph(await loadJob(artifact.path), settings.args, settings);
  const memory = slotMemory(settings, graph);
  if (memory !== undefined) settings.logger.debug('Memory of each slot', { ...memory });
  const warning = collectWarning(graph);
  if (warning !== undefined) settings.logger.warn(warning);
  const pulses = allocatePulses(graph.slots);
  const watchdog = startWatchdog(settings.system, {
    pulses,
    taskNames: graph.tasks.map((task) => task.name),
    limitMs: settings.blockedAfterMs ?? blockedAfterMs,
  });
  // The watchdog posts nothing else.
  watchdog.onMessage(() => settings.onBlocked?.());
  const deploy = (
    attempt: number,
    reportsOf: (slot: number) => SlotReports,
  ): Promise<readonly SlotHandle[]> => {
    if (attempt > 1 || graph.slots > 1) {
      return startThreads(artifact, settings, { graph, pulses }, attempt, reportsOf);
    }
    const pulse = new Pulse(new Int32Array(pulses), 0);
    const setup = {
      ...slotSetup(settings, graph, attempt, 0),
      ...reportsOf(0),
      remote: noRemoteChannels,
      alignment: allocateAlignment(graph),
      pulse,
    };
    return Promise.resolve([createLocalSlot(setup)]);
  };
  const job = new LocalJob({ ...settings, graph, deploy });
  void job.ended.then(() => watchdog.terminate());
  return job;
};

/** What all attempts have in common. */
interface Deployed {
  readonly graph: PhysicalGraph;
  readonly pulses: SharedArrayBuffer;
}

const startThreads = async (
  artifact: Artifact,
  settings: LocalSettings,
  { graph, pulses }: Deployed,
  attempt: number,
  reportsOf: (slot: number) => SlotReports,
): Promise<readonly SlotHandle[]> => {
  const links = allocateSharedLinks(graph, slotMemory(settings, graph)?.channelBytes);
  const { jobName, args, parallelism, maxParallelism, chaining, baseDirectory, deadLetterPolicy } = settings;
  const started = Array.from({ length: graph.slots }, (_, slot) =>
    startThreadSlot({
      system: settings.system,
      logger: settings.logger,
      deadLetters: settings.deadLetters,
      reports: reportsOf(slot),
      data: {
        artifact: artifact.path,
        jobName,
        args,
        plan: { parallelism, maxParallelism, chaining },
        graphHash: graph.hash,
        slot,
        attempt,
        baseDirectory,
        batchMode: runsAsBatch(graph, settings.mode),
        memory: slotMemory(settings, graph),
        deadLetterPolicy,
        links,
        pulses,
        logLevel: settings.logger.isEnabled('debug') ? 'debug' : 'info',
      },
    }),
  );
  const outcomes = await Promise.allSettled(started);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  const slots = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (failed === undefined) return slots;
  await Promise.all(slots.map((slot) => slot.cancel()));
  throw failed.reason;
};
