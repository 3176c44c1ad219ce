import type { Cancellable, System } from '../../../runtime/src/sys/system.ts';
import type { KubeClient, ObjectName } from './client.ts';
import { KubeError } from './errors.ts';
import { type Lease, leases } from './kinds.ts';
import type { Stored } from './objects.ts';

export interface LeaseTimes {
  /** A lease that was not renewed for so long is anybody's. */
  readonly durationMs: number;
  /** A leader that could not renew for so long stops to act. Shorter than `durationMs`: it stops before another begins. */
  readonly renewWithinMs: number;
  /** How often it is renewed, and how often others look. */
  readonly retryMs: number;
}

export const usualLeaseTimes: LeaseTimes = { durationMs: 15_000, renewWithinMs: 10_000, retryMs: 2000 };

export interface CandidateOptions {
  /** With connections of its own: what else is asked of the server must not keep it from being renewed. */
  readonly client: KubeClient;
  readonly system: Pick<System, 'clock' | 'random' | 'timers'>;
  readonly at: ObjectName;
  /** Of this candidate and of no other, also of one that ran in the same pod before. */
  readonly identity: string;
  readonly times?: LeaseTimes | undefined;
  /** Told when it changes. May not throw. */
  readonly onLeading?: ((leading: boolean) => void) | undefined;
  /** Told of calls that fail. May not throw. */
  readonly onFailure?: ((error: KubeError) => void) | undefined;
}

/** With microseconds, as the server wants it to the letter. */
const microTime = (nowMs: number): string => new Date(nowMs).toISOString().replace('Z', '000Z');

/**
 * One of several programs that want to be the only one to act, by a Lease. Times that others have written are never compared with the
 * clock here: a lease is over when it has not changed, as seen from here, for as long as it says. A candidate that loses it goes on as one
 * that waits. The lease keeps two from working against each other, and is no fence: a call that is under way when it is lost arrives later,
 * so every call has its own preconditions.
 */
export class Candidate {
  private readonly options: CandidateOptions;
  private readonly times: LeaseTimes;
  /** What was read or written last, and since when it is unchanged as seen from here. */
  private seen: { readonly lease: Stored<Lease>; readonly sinceMs: number } | undefined;
  /** When the renewal that holds now was begun. */
  private renewedAtMs: number | undefined;
  private wasLeading = false;
  private stopped = true;
  private turn: Promise<void> = Promise.resolve();
  private next: Cancellable | undefined;
  private deadline: Cancellable | undefined;

  constructor(options: CandidateOptions) {
    this.options = options;
    this.times = options.times ?? usualLeaseTimes;
  }

  /** Whether to act now. Ends by itself, also when this process was stopped for a while and no timer could tell. */
  get isLeading(): boolean {
    const { renewedAtMs } = this;
    return renewedAtMs !== undefined && this.nowMs - renewedAtMs < this.times.renewWithinMs;
  }

  /** Who holds the lease, as far as is known here. */
  get holder(): string | undefined {
    const holder = this.seen?.lease.spec.holderIdentity ?? '';
    return holder === '' ? undefined : holder;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.turn = this.try();
  }

  /** Gives the lease up, so that another need not wait until it is over. Resolves when that is done, or has failed. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.next?.cancel();
    await this.turn;
    const { seen } = this;
    const holds = this.renewedAtMs !== undefined;
    this.lose();
    if (!holds || seen === undefined) return;
    try {
      const now = microTime(this.options.system.clock.nowMs());
      const spec = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: now };
      await this.patch(seen.lease, spec);
    } catch (error) {
      this.failed(error);
    }
  }

  private get nowMs(): number {
    return this.options.system.clock.monotonicMs();
  }

  private async try(): Promise<void> {
    const beganMs = this.nowMs;
    try {
      await this.acquire(beganMs);
    } catch (error) {
      this.failed(error);
      await this.lookAgain().catch((reason: unknown) => this.failed(reason));
    }
    this.notice();
    this.plan();
  }

  private async acquire(beganMs: number): Promise<void> {
    const { seen } = this;
    if (seen !== undefined && this.isOurs(seen.lease)) return this.write(seen.lease, beganMs, false);
    const lease = await this.look();
    if (lease === undefined) return this.create(beganMs);
    if (this.isOurs(lease)) return this.write(lease, beganMs, false);
    this.renewedAtMs = undefined;
    if (this.isOver(lease)) await this.write(lease, beganMs, true);
  }

  /** Another has written, or nobody knows whether we have: what is there must be read. */
  private async lookAgain(): Promise<void> {
    if (this.seen === undefined) return;
    const lease = await this.look();
    if (lease === undefined || !this.isOurs(lease)) this.renewedAtMs = undefined;
  }

  /** Reads the lease; one that has changed counts from now. */
  private async look(): Promise<Stored<Lease> | undefined> {
    const lease = await this.options.client.get(leases, this.options.at);
    if (lease === undefined) this.seen = undefined;
    else if (lease.metadata.resourceVersion !== this.seen?.lease.metadata.resourceVersion)
      this.seen = { lease, sinceMs: this.nowMs };
    return lease;
  }

  private isOurs({ spec }: Lease): boolean {
    return spec.holderIdentity === this.options.identity;
  }

  private overAtMs(lease: Lease): number {
    const { holderIdentity = '', leaseDurationSeconds = 0 } = lease.spec;
    return holderIdentity === '' ? 0 : (this.seen?.sinceMs ?? this.nowMs) + leaseDurationSeconds * 1000;
  }

  private isOver(lease: Lease): boolean {
    return this.nowMs >= this.overAtMs(lease);
  }

  private specAt(acquired: boolean, transitions: number): Lease['spec'] {
    const now = microTime(this.options.system.clock.nowMs());
    return {
      holderIdentity: this.options.identity,
      leaseDurationSeconds: Math.ceil(this.times.durationMs / 1000),
      renewTime: now,
      ...(acquired ? { acquireTime: now, leaseTransitions: transitions } : {}),
    };
  }

  private async create(beganMs: number): Promise<void> {
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...this.options.at },
      spec: this.specAt(true, 0),
    };
    this.hold(await this.options.client.create(leases, lease), beganMs);
  }

  private async write(lease: Stored<Lease>, beganMs: number, acquired: boolean): Promise<void> {
    const transitions = (lease.spec.leaseTransitions ?? 0) + 1;
    this.hold(await this.patch(lease, this.specAt(acquired, transitions)), beganMs);
  }

  private async patch(lease: Stored<Lease>, spec: Lease['spec']): Promise<Stored<Lease>> {
    const { uid, resourceVersion } = lease.metadata;
    return await this.options.client.patch(leases, this.options.at, { spec }, { uid, resourceVersion });
  }

  /** Counted from before the call: the others may have seen it as early as that. */
  private hold(lease: Stored<Lease>, beganMs: number): void {
    this.seen = { lease, sinceMs: this.nowMs };
    this.renewedAtMs = beganMs;
    this.deadline?.cancel();
    const leftMs = beganMs + this.times.renewWithinMs - this.nowMs;
    this.deadline = this.options.system.timers.after(leftMs, () => this.notice());
  }

  private lose(): void {
    this.renewedAtMs = undefined;
    this.deadline?.cancel();
    this.notice();
  }

  private notice(): void {
    const { isLeading } = this;
    if (isLeading === this.wasLeading) return;
    this.wasLeading = isLeading;
    this.options.onLeading?.(isLeading);
  }

  private plan(): void {
    if (this.stopped) return;
    const { seen } = this;
    const retryMs = this.times.retryMs * (1 + 0.2 * this.options.system.random.next());
    // One that may be over before the next look is looked at then.
    const overInMs =
      seen === undefined || this.isOurs(seen.lease) ? retryMs : this.overAtMs(seen.lease) - this.nowMs;
    const waitMs = overInMs > 0 ? Math.min(retryMs, overInMs) : retryMs;
    this.next = this.options.system.timers.after(waitMs, () => {
      this.turn = this.try();
    });
  }

  private failed(error: unknown): void {
    if (!KubeError.is(error)) throw error;
    this.options.onFailure?.(error);
  }
}
