import { MillraceError } from '../contract/errors.ts';
import type { Timers } from '../sys/system.ts';

/** Waits of 0.1, 0.2, 0.4 … 6.4, 10, 10 s: a target may be away for half a minute. */
const firstDelayMs = 100;
const longestDelayMs = 10_000;
const mostTries = 10;

/** Who says nothing for so long never will. */
const answerWithinMs = 60_000;

/** Whether time may help: what a connector knows to be wrong by another name than `io` stays wrong. */
const mayPass = (error: unknown): boolean => !MillraceError.is(error) || error.code === 'io';

const noAnswer = (): MillraceError =>
  new MillraceError('user-code', `it has not answered for ${answerWithinMs / 1000} s`, {
    hint: 'Give the calls to its target a limit of time, so that they can be tried again.',
  });

interface Pause {
  readonly over: Promise<void>;
  end(): void;
}

/** Tries work again that failed for a reason that may pass. */
export class Retries {
  private readonly timers: Timers;
  private readonly pauses = new Set<Pause>();
  private closed = false;

  constructor(timers: Timers) {
    this.timers = timers;
  }

  /** Rejects with the last failure. */
  async run(work: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.answer(work);
      } catch (error) {
        if (this.closed || tries === mostTries || !mayPass(error)) throw error;
        await this.pause(Math.min(longestDelayMs, firstDelayMs * 2 ** (tries - 1))).over;
        if (this.closed) throw error;
      }
    }
  }

  /** Nothing is waited for from now on. */
  close(): void {
    this.closed = true;
    for (const pause of this.pauses) pause.end();
  }

  private async answer(work: () => Promise<void>): Promise<void> {
    const limit = this.pause(answerWithinMs);
    try {
      const late = limit.over.then(() => {
        throw noAnswer();
      });
      // When the answer came first, nobody waits for this.
      late.catch(() => undefined);
      await Promise.race([work(), late]);
    } finally {
      limit.end();
    }
  }

  private pause(delayMs: number): Pause {
    const { promise, resolve } = Promise.withResolvers<void>();
    const pause: Pause = {
      over: promise,
      end: () => {
        timer.cancel();
        this.pauses.delete(pause);
        resolve();
      },
    };
    const timer = this.timers.after(delayMs, pause.end);
    this.pauses.add(pause);
    return pause;
  }
}
