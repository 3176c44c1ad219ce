import type { Cancellable, System } from '../sys/system.ts';
import type { Thread, ThreadPort } from '../sys/threads.ts';
import { type BlockedSlot, examinePulses, type PulseSample } from '../task/pulse.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const entry = new URL(`../bin/watchdog-thread.${extension}`, import.meta.url);

/** How long a step may take before it is reported, and how often the pulses are looked at. */
export const blockedAfterMs = 10_000;

export interface WatchdogData {
  readonly pulses: SharedArrayBuffer;
  /** By task index. */
  readonly taskNames: readonly string[];
  readonly limitMs: number;
}

/** Starts a thread for `watchPulses`, where the main thread may run a slot. */
export const startWatchdog = (system: System, data: WatchdogData): Thread =>
  system.threads.spawn(entry, data, { youngMiB: 4, heapMiB: 64 });

const sentence = (taskName: string, slot: number, forMs: number): string =>
  `warning: the task “${taskName}” in slot ${slot} has not returned for ${Math.round(forMs / 1000)} s: ` +
  'user code blocks the loop, and nothing else of the slot goes on.\n' +
  '  what now  Move slow calls to mapAsync, and long computations out of the job; if it never returns, Ctrl-\\ ends the process.\n';

/**
 * Tells when user code blocks a slot, from a thread that runs none of them. It writes straight to standard error, since the main thread may be
 * the one that is blocked.
 */
export const watchPulses = (
  system: Pick<System, 'clock' | 'timers' | 'writeErrorNow'>,
  { pulses, taskNames, limitMs }: WatchdogData,
  onBlocked?: (slot: BlockedSlot) => void,
): Cancellable => {
  const words = new Int32Array(pulses);
  let samples: readonly PulseSample[] = [];
  let next: Cancellable;
  const look = (): void => {
    const result = examinePulses(words, samples, system.clock.monotonicMs(), limitMs);
    samples = result.samples;
    for (const found of result.blocked) {
      const { slot, task, forMs } = found;
      system.writeErrorNow(sentence(taskNames[task] ?? `task ${task}`, slot, forMs));
      onBlocked?.(found);
    }
    next = system.timers.after(limitMs / 10, look);
  };
  look();
  return { cancel: () => next.cancel() };
};

/** The life of the watchdog's thread. */
export const runWatchdog = (port: ThreadPort, system: System): void => {
  watchPulses(system, port.data as WatchdogData, (blocked) => port.post(blocked));
};
