import type { Clock } from '../../sys/system.ts';

export interface RateLimit {
  /** Requests that one remote may send at once, and how many a second over time. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Remotes that are remembered: who is forgotten begins with a full bucket. */
const mostRemotes = 10_000;

interface Bucket {
  tokens: number;
  filledMs: number;
}

/** A bucket of tokens a remote, which fills over time: each request takes one. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly limit: RateLimit;
  private readonly clock: Clock;

  constructor(limit: RateLimit, clock: Clock) {
    this.limit = limit;
    this.clock = clock;
  }

  /** Takes a token; gives how long to wait when there is none, in ms, else 0. */
  take(remote: string): number {
    const { burst, perSecond } = this.limit;
    const nowMs = this.clock.monotonicMs();
    const bucket = this.buckets.get(remote) ?? { tokens: burst, filledMs: nowMs };
    // Behind all others: the first of the map is whoever was not heard of for longest.
    this.buckets.delete(remote);
    this.buckets.set(remote, bucket);
    if (this.buckets.size > mostRemotes) this.buckets.delete(this.buckets.keys().next().value ?? '');
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.filledMs) * perSecond) / 1000);
    bucket.filledMs = nowMs;
    if (bucket.tokens < 1) return ((1 - bucket.tokens) * 1000) / perSecond;
    bucket.tokens--;
    return 0;
  }
}
