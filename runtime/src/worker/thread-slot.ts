import { MillraceError } from '../contract/errors.ts';
import { Queue } from '../exchange/queue.ts';
import type { SlotAddress } from '../exchange/tcp/tcp-channels.ts';
import type { System } from '../sys/system.ts';
import { heapRanOut, type ThreadLimits } from '../sys/threads.ts';
import type { DeadLetterOutput } from '../task/failures.ts';
import type { SnapshotOutput } from '../task/slot-snapshots.ts';
import type { Logger } from '../telemetry/logger.ts';
import { MetricGroup, type MetricSnapshot } from '../telemetry/metrics.ts';
import { type FromHosted, hostThread } from './hosted-thread.ts';
import { OpenQuestions } from './open-questions.ts';
import type { BareSlot, SlotReports, SubtaskReport } from './slot-handle.ts';
import type { FromSlot, SlotThreadData, ToSlot } from './slot-messages.ts';
import { UnitReceiver } from './unit-window.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
/** The program of a slot's thread, from source or from the packed JS alike. */
const entry = new URL(`../bin/slot-thread.${extension}`, import.meta.url);

/** V8's young generation where no memory was said: fewer of a batch's short-lived values are copied than by V8's own default. */
const usualYoungMiB = 128;

/**
 * A slot's heap grows so far before its first full collection, or to half of its limit: below, V8 would collect everything
 * some twenty times a second for the sake of columns, which the young collections free anyway.
 */
const firstCollectionMiB = 256;

const limitsOf = ({ memory }: SlotThreadData): ThreadLimits => ({
  heapMiB: memory?.heapMiB,
  initialHeapMiB: Math.min(firstCollectionMiB, Math.floor((memory?.heapMiB ?? Infinity) / 2)),
  youngMiB: memory?.youngGenerationMiB ?? usualYoungMiB,
});

export interface ThreadSlotSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly deadLetters: DeadLetterOutput;
  readonly data: SlotThreadData;
  readonly reports: SlotReports;
  /** The slot waits to be told where those of other workers listen; it listens at this port itself. */
  onListening?(port: number): void;
  /** Where its snapshots go; absent = none are taken. */
  readonly snapshots?: SnapshotOutput | undefined;
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

/** What a slot was told to do and answers to, in order. */
class Asked {
  private readonly send: (message: ToSlot) => void;
  private readonly waiting = new Queue<() => void>();
  private failed = false;

  constructor(send: (message: ToSlot) => void) {
    this.send = send;
  }

  /** Resolves when the slot has obeyed; also when it has failed, which it tells by itself. */
  ask(message: ToSlot): Promise<void> {
    if (this.failed) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push(resolve);
    this.send(message);
    return promise;
  }

  obeyed(): void {
    this.waiting.take()?.();
  }

  /** Nobody will answer any more. */
  release(): void {
    this.failed = true;
    while (this.waiting.length > 0) this.obeyed();
  }
}

/** A slot that is told where the slots of other workers listen before it is ready. */
export interface ThreadSlot extends BareSlot {
  connect(peers: readonly SlotAddress[]): void;
}

/** What needs no answer. */
const commandsOf = (send: (message: ToSlot) => void) =>
  ({
    connect: (peers) => send({ kind: 'connect', peers }),
    start: () => send({ kind: 'start' }),
    checkpointEnded: (checkpointId, completed) => send({ kind: 'checkpointEnded', checkpointId, completed }),
    release: () => send({ kind: 'release' }),
    addSplit: (task, split) => send({ kind: 'addSplit', task, split }),
    noMoreSplits: (task) => send({ kind: 'noMoreSplits', task }),
    inject: (barrier) => send({ kind: 'inject', barrier }),
    acceptState: (state) => send({ kind: 'state', state }),
    stop: () => send({ kind: 'stop' }),
    drain: () => send({ kind: 'drain' }),
  }) satisfies Partial<ThreadSlot>;

/** A slot on a thread of its own. */
export const startThreadSlot = (settings: ThreadSlotSettings): ThreadSlot => {
  const { system, logger, deadLetters, data, reports } = settings;
  let report: readonly SubtaskReport[] = [];
  let metrics: MetricSnapshot = new MetricGroup().snapshot();
  const asked = new Asked((message) => thread.send(message));
  const questions = new OpenQuestions();
  const units = new UnitReceiver(settings.snapshots, (bytes) => thread.send({ kind: 'unitsTaken', bytes }));
  const onMessage = (message: Exclude<FromSlot, FromHosted>): void => {
    switch (message.kind) {
      case 'listening':
        return settings.onListening?.(message.port);
      case 'done':
        return asked.obeyed();
      case 'unit':
        return units.accept(message.checkpointId, message.unit);
      case 'taken':
        return settings.snapshots?.taken(message.snapshot);
      case 'answer':
        return questions.answered(message);
      case 'ended':
        return reports.onEnded?.(message.drained);
      case 'requestSplit':
        return reports.requestSplit(message.task);
      case 'state':
        return reports.sendState(message.toSlot, message.state);
      case 'report':
        ({ report, metrics } = message);
        return;
      case 'finished':
        thread.done();
        questions.end();
        return reports.onFinished(message.drained);
      case 'deadLetter':
        return deadLetters(message.letter);
    }
  };
  const thread = hostThread<ToSlot, Exclude<FromSlot, FromHosted>>({
    system,
    logger,
    entry,
    data,
    limits: limitsOf(data),
    name: `slot ${data.slot}`,
    endedAlone: (problem) => (problem === heapRanOut ? outOfHeap(data) : exitedAlone(data, problem)),
    onMessage,
    onFailed: (error) => {
      asked.release();
      questions.end();
      reports.onFailed(error);
    },
  });
  return {
    ...commandsOf(thread.send),
    ready: thread.ready,
    open: (restore) => asked.ask({ kind: 'open', restore }),
    load: (pieces) => asked.ask({ kind: 'load', units: pieces }),
    snapshotsHaveRoom: () => units.hasRoom(),
    cancel: () => {
      questions.end();
      return thread.close({ kind: 'cancel' });
    },
    ask: (what) => questions.ask((question) => thread.send({ kind: 'ask', question, what })),
    report: () => report,
    metrics: () => metrics,
  };
};
