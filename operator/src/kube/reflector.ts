import type { Cancellable, System } from '../../../runtime/src/sys/system.ts';
import { auditCache } from './audit.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Cache, Kept } from './cache.ts';
import type { KubeClient, Watch, WatchEvent } from './client.ts';
import { KubeError } from './errors.ts';
import type { KubeObject, ResourceType } from './objects.ts';
import { compareVersions } from './versions.ts';

export interface ReflectorTimes {
  /** A watch is ended by the server after this, at the earliest; at the latest after twice as long. */
  readonly watchMs: number;
  /** Servers tell a bookmark about once a minute: a watch that is silent for longer than this is taken for dead. */
  readonly silenceMs: number;
  /** How often everything is listed to see whether the watch has told it all; a fifth more or less, at random. */
  readonly auditMs: number;
  /** How long the watch has to tell what a list shows already. */
  readonly settleMs: number;
  /** A watch that ends sooner than this, and has told nothing, has failed. */
  readonly shortMs: number;
  readonly backoff: Backoff;
}

export const usualReflectorTimes: ReflectorTimes = {
  watchMs: 300_000,
  silenceMs: 150_000,
  auditMs: 1_800_000,
  settleMs: 2000,
  shortMs: 1000,
  backoff: { firstMs: 800, mostMs: 30_000 },
};

export interface ReflectorOptions<O extends KubeObject> {
  readonly client: KubeClient;
  readonly type: ResourceType<O>;
  /** Absent = all. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly cache: Cache<O>;
  readonly system: Pick<System, 'clock' | 'random' | 'timers'>;
  readonly times?: Partial<ReflectorTimes> | undefined;
  /** Told when the first list is in the cache, or again after a failure, or it may not be read; may not throw. */
  readonly onSynced?: (() => void) | undefined;
}

/** What has happened so far, for metrics. */
export interface ReflectorCounts {
  lists: number;
  watches: number;
  /** Watches that said nothing for too long. */
  silences: number;
  /** What an audit found in the server that the watch had not told. */
  missedEvents: number;
  failures: number;
}

/** Failures of a watch in a row after which everything is listed: what it resumes from may itself be what fails. */
const mostResumes = 3;
/** Small: while a page is read, its text and its objects are there too. */
const pageSize = 50;

/**
 * Keeps a cache as the server has it: a list, then a watch from there on, resumed where it ended. A list is always one of what is
 * written now: with resourceVersion=0 a server may answer with something older than what was seen already.
 */
export class Reflector<O extends KubeObject> {
  readonly counts: ReflectorCounts = { lists: 0, watches: 0, silences: 0, missedEvents: 0, failures: 0 };
  private readonly options: ReflectorOptions<O>;
  private readonly times: ReflectorTimes;
  /** Everything up to here is in the cache; undefined = nothing yet. */
  private version: string | undefined;
  private watch: Watch | undefined;
  private step: Cancellable | undefined;
  private silence: Cancellable | undefined;
  private audit: Cancellable | undefined;
  private failuresInRow = 0;
  private stopped = true;
  /** Deleted since an audit began, with the version of it. */
  private deleted: Map<string, string> | undefined;
  private syncedAtMs: number | undefined;
  private lastFailure: KubeError | undefined;

  constructor(options: ReflectorOptions<O>) {
    this.options = options;
    this.times = { ...usualReflectorTimes, ...options.times };
  }

  get namespace(): string | undefined {
    return this.options.namespace;
  }

  /** The kind, as paths have it. */
  get resource(): string {
    return this.options.type.plural;
  }

  /** How many objects of its namespace are in the cache. */
  get objects(): number {
    return this.options.cache.allKept(this.options.namespace).reduce((count) => count + 1, 0);
  }

  /** Whether the cache has ever been as the server's; while the server is away it stays as it was. */
  get isSynced(): boolean {
    return this.version !== undefined;
  }

  /** When the cache was last known to be as the server has it, on the monotonic clock. */
  get lastSyncedMs(): number | undefined {
    return this.syncedAtMs;
  }

  /** Why the cache may be behind; undefined = it is not. */
  get failure(): KubeError | undefined {
    return this.lastFailure;
  }

  /** Whether the cache shows what a write of our own has made, or what came after it. */
  hasObserved(resourceVersion: string): boolean {
    return this.version !== undefined && compareVersions(this.version, resourceVersion) >= 0;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    void this.relist();
  }

  stop(): void {
    this.stopped = true;
    this.step?.cancel();
    this.audit?.cancel();
    this.endWatch();
  }

  private async relist(): Promise<void> {
    this.endWatch();
    try {
      const { items, version } = await this.list();
      if (this.stopped) return;
      this.replace(items);
      this.version = version;
      this.recovered();
      this.options.onSynced?.();
      this.openWatch(version);
      this.planAudit();
    } catch (error) {
      if (!KubeError.is(error)) throw error;
      this.later(error, () => void this.relist());
      if (error.code === 'forbidden') this.options.onSynced?.();
    }
  }

  /** All pages. They are of one moment: the server keeps it, or says `gone`. */
  private async list(): Promise<{ readonly items: readonly Kept<O>[]; readonly version: string }> {
    const { client, type, namespace, labelSelector, cache } = this.options;
    this.counts.lists++;
    const items: Kept<O>[] = [];
    let next: string | undefined;
    for (;;) {
      const page = await client.list(type, { namespace, labelSelector, limit: pageSize, continue: next });
      for (const item of page.items) items.push(cache.reduced(item));
      next = page.continue;
      if (next === undefined) return { items, version: page.resourceVersion };
    }
  }

  private replace(items: readonly Kept<O>[]): void {
    const { cache, namespace } = this.options;
    const listed = new Set(items.map(({ uid }) => uid));
    for (const kept of cache.allKept(namespace)) if (!listed.has(kept.uid)) cache.remove(kept);
    for (const item of items)
      if (cache.find(item)?.resourceVersion !== item.resourceVersion) cache.keep(item);
  }

  private openWatch(from: string): void {
    const { client, type, namespace, labelSelector, system } = this.options;
    const timeoutSeconds = Math.ceil((this.times.watchMs * (1 + system.random.next())) / 1000);
    const beganMs = system.clock.monotonicMs();
    let told = false;
    this.counts.watches++;
    this.expectSound();
    this.watch = client.watch(
      type,
      { namespace, labelSelector, resourceVersion: from, timeoutSeconds },
      {
        onEvent: (event) => {
          told = true;
          this.recovered();
          this.expectSound();
          this.take(event);
        },
        onEnded: (error) => {
          this.silence?.cancel();
          const lastedMs = system.clock.monotonicMs() - beganMs;
          if (error === undefined && (told || lastedMs >= this.times.shortMs)) this.resume();
          else
            this.failedWatch(
              error ?? new KubeError('unavailable', `A watch of ${type.plural} ended at once.`),
            );
        },
      },
    );
  }

  private failedWatch(error: KubeError): void {
    const isForgotten = error.code === 'gone';
    const resumes = !isForgotten && this.failuresInRow + 1 < mostResumes;
    this.later(error, resumes ? () => this.resume() : () => void this.relist());
  }

  private resume(): void {
    if (!this.stopped && this.version !== undefined) this.openWatch(this.version);
  }

  private take(event: WatchEvent<O>): void {
    if (event.type === 'BOOKMARK') {
      this.advance(event.resourceVersion);
      return;
    }
    const { cache } = this.options;
    const { metadata } = event.object;
    const at = { namespace: metadata.namespace ?? '', name: metadata.name };
    const known = cache.find(at);
    this.advance(metadata.resourceVersion);
    // Servers have told what was old already: nothing goes back in time.
    if (known !== undefined && compareVersions(known.resourceVersion, metadata.resourceVersion) > 0) return;
    if (event.type !== 'DELETED') cache.put(event.object);
    else {
      this.deleted?.set(metadata.uid, metadata.resourceVersion);
      if (known?.uid === metadata.uid) cache.remove(at);
    }
  }

  private advance(version: string): void {
    if (this.version === undefined || compareVersions(this.version, version) < 0) this.version = version;
  }

  private planAudit(): void {
    const { system } = this.options;
    this.audit?.cancel();
    const delayMs = this.times.auditMs * (0.8 + 0.4 * system.random.next());
    this.audit = system.timers.after(delayMs, () => void this.auditNow());
  }

  /** A list beside a watch that goes on: what it shows and the watch does not tell soon was missed. */
  private async auditNow(): Promise<void> {
    const { watch, version: before } = this;
    this.planAudit();
    // Where there is no watch at all a list follows anyway.
    if (watch === undefined || before === undefined) return;
    this.deleted = new Map();
    try {
      const { items, version } = await this.list();
      this.audit?.cancel();
      this.audit = this.options.system.timers.after(this.times.settleMs, () => {
        this.compare(items, version, before);
        this.planAudit();
      });
    } catch (error) {
      if (!KubeError.is(error)) throw error;
      this.counts.failures++;
      this.deleted = undefined;
    }
  }

  private compare(items: readonly Kept<O>[], version: string, before: string): void {
    const { cache, namespace } = this.options;
    const deleted = this.deleted ?? new Map<string, string>();
    this.deleted = undefined;
    if (this.stopped || this.watch === undefined) return;
    if (compareVersions(version, before) < 0) {
      // The server's store was put back to what it was once.
      void this.relist();
      return;
    }
    const missed = auditCache(cache, namespace, items, version, deleted);
    this.syncedAtMs = this.options.system.clock.monotonicMs();
    if (missed === 0) return;
    this.counts.missedEvents += missed;
    this.advance(version);
    this.endWatch();
    this.resume();
  }

  private expectSound(): void {
    this.silence?.cancel();
    this.silence = this.options.system.timers.after(this.times.silenceMs, () => {
      this.counts.silences++;
      this.endWatch();
      this.resume();
    });
  }

  private endWatch(): void {
    this.silence?.cancel();
    this.watch?.close();
    this.watch = undefined;
  }

  private recovered(): void {
    this.failuresInRow = 0;
    this.lastFailure = undefined;
    this.syncedAtMs = this.options.system.clock.monotonicMs();
  }

  private later(error: KubeError, next: () => void): void {
    if (this.stopped) return;
    this.watch = undefined;
    this.failuresInRow++;
    this.counts.failures++;
    this.lastFailure = error;
    const { timers, random } = this.options.system;
    const delayMs = backoffMs(this.times.backoff, this.failuresInRow, random, error.retryAfterMs);
    this.step?.cancel();
    this.step = timers.after(delayMs, next);
  }
}

/** Whether all that can be known is in the cache. A namespace that may not be read, or is going, holds up no other. */
export const isKnown = ({
  isSynced,
  failure,
}: Pick<Reflector<KubeObject>, 'isSynced' | 'failure'>): boolean => isSynced || failure?.code === 'forbidden';
