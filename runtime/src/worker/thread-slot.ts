import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import { heapRanOut } from '../sys/threads.ts';
import type { DeadLetterOutput } from '../task/failures.ts';
import type { Logger } from '../telemetry/logger.ts';
import { MetricGroup, type MetricSnapshot } from '../telemetry/metrics.ts';
import type { SlotHandle, SlotReports, SubtaskReport } from './slot-handle.ts';
import { type FromSlot, fromPlainError, type SlotThreadData, type ToSlot } from './slot-messages.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
/** The program of a slot's thread, from source or from the packed JS alike. */
const entry = new URL(`../bin/slot-thread.${extension}`, import.meta.url);

/** V8's young generation where no memory was said: fewer of a batch's short-lived values are copied than by V8's own default. */
const usualYoungMiB = 128;

/** How long a cancelled slot may take to close the job's functions before its thread is ended from outside. */
const closeWithinMs = 5000;

export interface ThreadSlotSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly deadLetters: DeadLetterOutput;
  readonly data: SlotThreadData;
  readonly reports: SlotReports;
}

const outOfHeap = ({ slot, memory }: SlotThreadData): MillraceError => {
  const size = memory === undefined ? '' : ` of ${memory.heapMiB} MiB`;
  return new MillraceError('resource', `The heap${size} of slot ${slot} ran out, and its thread was ended.`, {
    where: { slot },
    hint: 'Raise spec.resources.memory, or use more slots (spec.parallelism), or keep less in state and variables.',
  });
};

const exitedAlone = ({ slot }: SlotThreadData, problem: string | undefined): MillraceError =>
  new MillraceError('resource', `The thread of slot ${slot} ended: ${problem ?? 'it exited'}.`, {
    where: { slot },
    hint: 'User code must not call process.exit.',
  });

/** A slot on a thread of its own. Resolves when it has loaded the job and agreed on the graph. */
export const startThreadSlot = (settings: ThreadSlotSettings): Promise<SlotHandle> => {
  const { system, logger, deadLetters, data, reports } = settings;
  const thread = system.threads.spawn(entry, data, {
    heapMiB: data.memory?.heapMiB,
    youngMiB: data.memory?.youngGenerationMiB ?? usualYoungMiB,
  });
  let report: readonly SubtaskReport[] = [];
  let metrics: MetricSnapshot = new MetricGroup().snapshot();
  let over = false;
  const send = (message: ToSlot): void => {
    if (!over) thread.post(message);
  };
  const exited = new Promise<void>((resolve) => thread.onExit(() => resolve()));
  const handle: SlotHandle = {
    start: () => send({ kind: 'start' }),
    addSplit: (task, split) => send({ kind: 'addSplit', task, split }),
    noMoreSplits: (task) => send({ kind: 'noMoreSplits', task }),
    inject: (barrier) => send({ kind: 'inject', barrier }),
    acceptState: (state) => send({ kind: 'state', state }),
    stop: () => send({ kind: 'stop' }),
    cancel: () => {
      send({ kind: 'cancel' });
      over = true;
      const timer = system.timers.after(closeWithinMs, () => void thread.terminate());
      return exited.then(() => timer.cancel());
    },
    report: () => report,
    metrics: () => metrics,
  };
  return new Promise((resolve, reject) => {
    let ready = false;
    const fail = (error: Error): void => (ready ? reports.onFailed(error) : reject(error));
    thread.onExit((problem) => {
      if (over) return;
      over = true;
      fail(problem === heapRanOut ? outOfHeap(data) : exitedAlone(data, problem));
    });
    thread.onMessage((raw) => {
      const message = raw as FromSlot;
      switch (message.kind) {
        case 'ready':
          ready = true;
          return resolve(handle);
        case 'requestSplit':
          return reports.requestSplit(message.task);
        case 'state':
          return reports.sendState(message.toSlot, message.state);
        case 'report':
          ({ report, metrics } = message);
          return;
        case 'finished':
          over = true;
          return reports.onFinished(message.drained);
        case 'failed':
          over = true;
          return fail(fromPlainError(message.error));
        case 'deadLetter':
          return deadLetters(message.letter);
        case 'log':
          return logger[message.level](message.message, message.fields);
      }
    });
  });
};
