import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type FromHosted, hostThread } from '../worker/hosted-thread.ts';
import type { EnumeratorThreadData, FromEnumerators, ToEnumerators } from './enumerator-messages.ts';
import type { EnumeratorReports, EnumeratorsHandle } from './enumerators.ts';

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
  /** Makes it the enumerators of an attempt. Once. */
  adopt(reports: EnumeratorReports, graphHash: string): EnumeratorsHandle;
  /** Ends it when nobody wants it. */
  close(): Promise<void>;
}

const endedAlone = (problem: string | undefined): MillraceError =>
  new MillraceError('resource', `The thread of the sources' enumerators ended: ${problem ?? 'it exited'}.`, {
    hint: 'An enumerator must not call process.exit, let an error escape from a callback (context.fail takes it), or hold more splits than fit into memory.',
  });

/** The enumerators of a job on a thread of their own: their code cannot stall the coordinator, nor that of a slot them. */
export const warmEnumerators = ({ system, logger, data }: ThreadEnumeratorsSettings): WarmEnumerators => {
  let reports: EnumeratorReports | undefined;
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
      }
    },
    onFailed: (error) => {
      started.reject(error);
      reports?.onFailed(error);
    },
  });
  const close = (): Promise<void> => thread.close({ kind: 'close' });
  return {
    adopt: (given, graphHash) => {
      reports = given;
      return {
        ready: thread.ready,
        start: () => {
          thread.send({ kind: 'start', graphHash });
          return started.promise;
        },
        requestSplit: (task, slot) => thread.send({ kind: 'requestSplit', task, slot }),
        close,
      };
    },
    close,
  };
};
