import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type FromHosted, hostThread } from '../worker/hosted-thread.ts';
import { fromPlainError } from '../worker/plain-error.ts';
import type {
  CommitterTask,
  EnumeratorThreadData,
  FromEnumerators,
  ToEnumerators,
} from './enumerator-messages.ts';
import type { EnumeratorReports } from './enumerators.ts';
import type { EnumeratorState, JobCodeHandle } from './job-code.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
/** The program of the enumerators' thread, from source or from the packed JS alike. */
const entry = new URL(`../bin/enumerator-thread.${extension}`, import.meta.url);

/** Splits are few and live long. */
const youngMiB = 8;

export interface ThreadEnumeratorsSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly data: EnumeratorThreadData;
}

/** A thread that loads the job, before anybody knows of which attempt it will be. */
export interface WarmEnumerators {
  /** Makes it the enumerators and committers of an attempt. Once. */
  adopt(reports: EnumeratorReports, graphHash: string): JobCodeHandle;
  /** Ends it when nobody wants it. */
  close(): Promise<void>;
}

const endedAlone = (problem: string | undefined): MillraceError =>
  new MillraceError('resource', `The thread of the sources' enumerators ended: ${problem ?? 'it exited'}.`, {
    hint: 'An enumerator must not call process.exit, let an error escape from a callback (context.fail takes it), or hold more splits than fit into memory.',
  });

/** What has been asked of the committers and not answered. */
class Requests {
  private readonly open = new Map<number, PromiseWithResolvers<void>>();
  private next = 0;
  private ended: { readonly error: unknown } | undefined;

  add(): { readonly request: number; readonly promise: Promise<void> } {
    const request = this.next++;
    const made = Promise.withResolvers<void>();
    if (this.ended === undefined) this.open.set(request, made);
    else made.reject(this.ended.error);
    return { request, promise: made.promise };
  }

  settle(request: number, error?: unknown): void {
    const made = this.open.get(request);
    this.open.delete(request);
    if (error === undefined) made?.resolve();
    else made?.reject(error);
  }

  /** Nobody answers any more. */
  end(error: unknown): void {
    this.ended ??= { error };
    for (const request of this.open.keys()) this.settle(request, error);
  }
}

const closed = (): MillraceError =>
  new MillraceError('io', 'The attempt ended before its output was committed.', {
    hint: 'Nothing is lost: it is committed when the job starts again.',
  });

/**
 * The enumerators and committers of a job on a thread of their own: their code cannot stall the coordinator, nor that of a slot
 * them.
 */
export const warmEnumerators = ({ system, logger, data }: ThreadEnumeratorsSettings): WarmEnumerators => {
  let reports: EnumeratorReports | undefined;
  const takes: ((states: readonly EnumeratorState[]) => void)[] = [];
  const requests = new Requests();
  const started = Promise.withResolvers<void>();
  // Whoever waits hears of it; nobody has to wait.
  started.promise.catch(() => undefined);
  const thread = hostThread<ToEnumerators, Exclude<FromEnumerators, FromHosted>>({
    system,
    logger,
    entry,
    data,
    limits: { youngMiB },
    name: "the sources' enumerators",
    endedAlone,
    onMessage: (message) => {
      switch (message.kind) {
        case 'started':
          return started.resolve();
        case 'assign':
          return reports?.assign(message.task, message.slot, message.split);
        case 'noMoreSplits':
          return reports?.noMoreSplits(message.task, message.slot);
        case 'states':
          return takes.shift()?.(message.states);
        case 'done':
          return requests.settle(message.request);
        case 'refused':
          return requests.settle(message.request, fromPlainError(message.error));
      }
    },
    onFailed: (error) => {
      started.reject(error);
      requests.end(error);
      reports?.onFailed(error);
    },
  });
  const close = (): Promise<void> => {
    requests.end(closed());
    return thread.close({ kind: 'close' });
  };
  const perform = (task: CommitterTask): Promise<void> => {
    const { request, promise } = requests.add();
    thread.send({ kind: 'committers', request, task });
    return promise;
  };
  const adopt = (given: EnumeratorReports, graphHash: string): JobCodeHandle => {
    reports = given;
    return {
      ready: thread.ready,
      start: (restored, assigned) => {
        thread.send({ kind: 'start', graphHash, restored, assigned });
        return started.promise;
      },
      requestSplit: (task, slot) => thread.send({ kind: 'requestSplit', task, slot }),
      addSplitsBack: (task, slot, splits) => thread.send({ kind: 'addSplitsBack', task, slot, splits }),
      snapshot: (take) => {
        takes.push(take);
        thread.send({ kind: 'snapshot' });
      },
      commit: (checkpointId, sinks) => perform({ kind: 'commit', checkpointId, sinks }),
      abort: (checkpointId, sinks) => perform({ kind: 'abort', checkpointId, sinks }),
      abortOlder: (attempt, jobUid) => perform({ kind: 'abortOlder', attempt, jobUid }),
      close,
    };
  };
  return { adopt, close };
};
