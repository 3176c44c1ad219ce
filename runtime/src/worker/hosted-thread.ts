import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import type { ThreadLimits } from '../sys/threads.ts';
import { settlesWithin } from '../sys/within.ts';
import type { Logger } from '../telemetry/logger.ts';
import { fromPlainError, type PlainError } from './plain-error.ts';
import type { LogMessage } from './remote-logger.ts';

/** How long a thread may take to close the job's functions before it is ended from outside. */
const closeWithinMs = 5000;

/** What every thread tells that runs code of a job. Failed is the last that it says. */
export type FromHosted =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | LogMessage;

export interface HostedThreadSettings<Own> {
  readonly system: System;
  readonly logger: Logger;
  readonly entry: URL;
  readonly data: unknown;
  readonly limits: ThreadLimits;
  /** For messages, e.g. `slot 3`. */
  readonly name: string;
  /** The error of a thread that is gone without having been told to. */
  endedAlone(problem: string | undefined): MillraceError;
  /** What this kind of thread tells beside `FromHosted`. */
  onMessage(message: Own): void;
  /** Also for what makes `ready` reject, and for what fails while the thread closes. */
  onFailed(error: unknown): void;
}

/** A thread that runs code of the job, held from outside: it never goes without a word, and it always ends. */
export interface HostedThread<To> {
  /** Resolves when the thread has the job; rejects when it never will. */
  readonly ready: Promise<void>;
  /** Ignored when the thread has said its last. */
  send(message: To): void;
  /** The thread has done its work and ends by itself. */
  done(): void;
  /**
   * Tells it to end by a last message and waits until it is gone. What does not end in time is ended from outside, and then
   * this rejects. A thread that still loads the job has nothing to close and is ended at once.
   */
  close(last: To): Promise<void>;
}

const closedLate = (name: string): MillraceError =>
  new MillraceError(
    'user-code',
    `The thread of ${name} was not closed after ${closeWithinMs / 1000} s and was ended from outside.`,
    {
      hint: 'close() of functions and connectors must return, and end the timers and sockets they have opened.',
    },
  );

export const hostThread = <To, Own extends { readonly kind: string }>(
  settings: HostedThreadSettings<Own>,
): HostedThread<To> => {
  const { system, logger, name } = settings;
  const thread = system.threads.spawn(settings.entry, settings.data, settings.limits);
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  // Whoever waits hears of it; nobody has to wait.
  ready.catch(() => undefined);
  let state: 'loading' | 'ready' | 'over' = 'loading';
  const fail = (error: unknown): void => {
    state = 'over';
    reject(error);
    settings.onFailed(error);
  };
  const exited = new Promise<void>((resolveExited) => {
    thread.onExit((problem) => {
      if (state !== 'over') fail(settings.endedAlone(problem));
      resolveExited();
    });
  });
  thread.onMessage((raw) => {
    const message = raw as FromHosted | Own;
    switch (message.kind) {
      case 'ready':
        if (state === 'loading') state = 'ready';
        return resolve();
      case 'failed':
        return fail(fromPlainError((message as Extract<FromHosted, { kind: 'failed' }>).error));
      case 'log': {
        const line = message as LogMessage;
        return logger[line.level](line.message, line.fields);
      }
      default:
        return settings.onMessage(message as Own);
    }
  });
  return {
    ready,
    send: (message) => {
      if (state !== 'over') thread.post(message);
    },
    done: () => {
      state = 'over';
    },
    close: async (last) => {
      const before = state;
      state = 'over';
      reject(new MillraceError('internal', `The thread of ${name} was closed while it was loading the job.`));
      if (before === 'loading') return await thread.terminate();
      thread.post(last);
      if (await settlesWithin(system.timers, exited, closeWithinMs)) return;
      await thread.terminate();
      throw closedLate(name);
    },
  };
};
