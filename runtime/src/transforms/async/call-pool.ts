import { MillraceError } from '../../contract/errors.ts';
import type { Cancellable, Timers } from '../../sys/system.ts';

/** Limits of the calls of one transform. */
export interface CallLimits {
  /** Calls under way at a time; the others wait in order. */
  readonly capacity: number;
  /** For one call with all its tries, from the first on; 0 = as long as it takes. */
  readonly timeoutMs: number;
  /** Tries after the first, and the wait before each, doubled each time. */
  readonly retries: number;
  readonly backoffMs: number;
}

/** How a call ended. */
export type Outcome =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly error: unknown }
  | { readonly kind: 'timeout'; readonly error: MillraceError };

export type Attempt = (signal: AbortSignal) => Promise<unknown>;

/** One call to the outside with its tries. Ends exactly once, unless it is cancelled. */
export class PooledCall {
  private readonly pool: CallPool;
  private readonly attempt: Attempt;
  private readonly done: (outcome: Outcome) => void;
  private readonly abort = new AbortController();
  private timeout: Cancellable | undefined;
  private backoff: Cancellable | undefined;
  /** Tries begun. */
  private tries = 0;
  private state: 'waiting' | 'running' | 'ended' = 'waiting';

  constructor(pool: CallPool, attempt: Attempt, done: (outcome: Outcome) => void) {
    this.pool = pool;
    this.attempt = attempt;
    this.done = done;
  }

  get isWaiting(): boolean {
    return this.state === 'waiting';
  }

  /** For the pool. */
  start(): void {
    const { timers, limits } = this.pool;
    this.state = 'running';
    if (limits.timeoutMs > 0) this.timeout = timers.after(limits.timeoutMs, () => this.timedOut());
    this.try();
  }

  /** Aborts the signal; the outcome is of no interest any more. */
  cancel(): void {
    if (this.state === 'ended') return;
    const wasRunning = this.state === 'running';
    this.end();
    this.abort.abort(new MillraceError('user-code', 'The call is not needed any more.'));
    if (wasRunning) this.pool.ended(this);
  }

  private try(): void {
    this.tries++;
    // A function that throws before it gives a promise fails like one that rejects.
    const promise = new Promise((resolve) => resolve(this.attempt(this.abort.signal)));
    promise.then(
      (value) => this.finish({ kind: 'result', value }),
      (error: unknown) => this.failed(error),
    );
  }

  private failed(error: unknown): void {
    if (this.state === 'ended') return;
    const { timers, limits } = this.pool;
    if (this.tries > limits.retries) {
      this.finish({ kind: 'failure', error });
      return;
    }
    const delayMs = limits.backoffMs * 2 ** (this.tries - 1);
    this.backoff = timers.after(delayMs, () => this.try());
  }

  private timedOut(): void {
    const { timeoutMs } = this.pool.limits;
    const tries = this.tries === 1 ? '' : ` and ${this.tries} tries`;
    const error = new MillraceError('user-code', `The call had not ended after ${timeoutMs} ms${tries}.`, {
      hint: 'Raise the timeout, make the call faster, or give onTimeout to go on with another result.',
    });
    this.finish({ kind: 'timeout', error });
    this.abort.abort(error);
  }

  private finish(outcome: Outcome): void {
    if (this.state === 'ended') return;
    this.end();
    this.pool.ended(this);
    this.done(outcome);
  }

  private end(): void {
    this.state = 'ended';
    this.timeout?.cancel();
    this.backoff?.cancel();
  }
}

/** Runs calls, no more than `capacity` at a time, in the order in which they were given. */
export class CallPool {
  readonly timers: Timers;
  readonly limits: CallLimits;
  private readonly running = new Set<PooledCall>();
  private waiting: PooledCall[] = [];
  /** Where the calls that still wait begin. */
  private head = 0;

  constructor(timers: Timers, limits: CallLimits) {
    this.timers = timers;
    this.limits = limits;
  }

  /** Calls under way now. */
  get underWay(): number {
    return this.running.size;
  }

  run(attempt: Attempt, done: (outcome: Outcome) => void): PooledCall {
    const call = new PooledCall(this, attempt, done);
    this.waiting.push(call);
    this.startWaiting();
    return call;
  }

  /** For calls: one has ended and leaves room for another. */
  ended(call: PooledCall): void {
    this.running.delete(call);
    this.startWaiting();
  }

  cancelAll(): void {
    this.waiting = [];
    this.head = 0;
    for (const call of this.running) call.cancel();
  }

  private startWaiting(): void {
    while (this.running.size < this.limits.capacity && this.head < this.waiting.length) {
      const call = this.waiting[this.head++] as PooledCall;
      if (!call.isWaiting) continue;
      this.running.add(call);
      call.start();
    }
    if (this.head < this.waiting.length) return;
    this.waiting.length = 0;
    this.head = 0;
  }
}
