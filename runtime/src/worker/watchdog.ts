import type { System } from '../sys/system.ts';
import type { Thread, ThreadPort } from '../sys/threads.ts';
import { examinePulses, type PulseSample } from '../task/pulse.ts';

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

/** Starts the thread that tells when user code blocks a slot, even the slot on the main thread. */
export const startWatchdog = (system: System, data: WatchdogData): Thread =>
  system.threads.spawn(entry, data, { youngMiB: 4, heapMiB: 64 });

const sentence = (taskName: string, slot: number, forMs: number): string =>
  `warning: the task “${taskName}” in slot ${slot} has not returned for ${Math.round(forMs / 1000)} s: ` +
  'user code blocks the loop, and nothing else of the slot goes on.\n' +
  '  what now  Move slow calls to mapAsync, and long computations out of the job; if it never returns, Ctrl-\\ ends the process.\n';

/** The life of the watchdog's thread. It writes straight to standard error: the main thread may be the one that is blocked. */
export const runWatchdog = (port: ThreadPort, system: System): void => {
  const { pulses, taskNames, limitMs } = port.data as WatchdogData;
  const words = new Int32Array(pulses);
  let samples: readonly PulseSample[] = [];
  const look = (): void => {
    const result = examinePulses(words, samples, system.clock.monotonicMs(), limitMs);
    samples = result.samples;
    for (const { slot, task, forMs } of result.blocked) {
      const name = taskNames[task] ?? `task ${task}`;
      system.writeErrorNow(sentence(name, slot, forMs));
      port.post({ slot, task, forMs });
    }
    system.timers.after(limitMs / 10, look);
  };
  look();
};
