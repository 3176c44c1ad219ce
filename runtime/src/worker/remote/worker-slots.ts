import { artifactPath } from '../../artifact/keep-artifact.ts';
import type { ObjectStore } from '../../checkpoint/object-store.ts';
import { jobRoot } from '../../checkpoint/paths.ts';
import { storeUnder } from '../../checkpoint/store-under.ts';
import { CachedStore } from '../../checkpoint/stores/cached-store.ts';
import { LateStore } from '../../checkpoint/stores/late-store.ts';
import { openStore, type StoreSurroundings } from '../../checkpoint/stores/open-store.ts';
import { type MemoryBudget, memoryBudget } from '../../contract/memory-budget.ts';
import type { CheckpointStore } from '../../contract/store.ts';
import { allocateLinks, type SharedLinks } from '../../exchange/shared-links.ts';
import type { TlsSettings } from '../../sys/net.ts';
import type { Cancellable, System } from '../../sys/system.ts';
import type { DeadLetterOutput } from '../../task/failures.ts';
import { allocatePulses } from '../../task/pulse.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { SlotThreadData } from '../slot-messages.ts';
import { type SlotStorage, storedSlot } from '../stored-slot.ts';
import { startThreadSlot, type ThreadSlot } from '../thread-slot.ts';
import { watchPulses } from '../watchdog.ts';
import type { RemoteJob } from './remote-job.ts';
import type { MadeSlot, SlotOrder } from './worker-host.ts';

/** State that slots of this worker have put last: it is read from here when an attempt follows in the same process. */
const mostKeptBytes = 64 * 2 ** 20;
/** Of the memory of the worker, which is its slots' but for this and a reserve. */
const keptPart = 1 / 32;

export interface WorkerSlotsSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly deadLetters: DeadLetterOutput;
  /** Where frozen modules are kept. */
  readonly directory: string;
  /** The address of this machine at which slots listen. */
  readonly host: string;
  readonly tls: TlsSettings | undefined;
  readonly store: Omit<StoreSurroundings, 'baseDirectory'>;
}

/** As they are now: a slot connects when it begins, and its thread is given texts. */
const textsOf = ({ certificate, key, authority, peerIdentity }: TlsSettings): TlsSettings => ({
  certificate,
  key,
  authority,
  peerIdentity,
});

/** What the slots of one attempt share in this worker. */
interface Shared {
  readonly attempt: number;
  readonly links: SharedLinks;
  readonly pulses: SharedArrayBuffer;
  readonly memory: MemoryBudget | undefined;
  readonly watchdog: Cancellable;
}

/** Makes the slots of a worker: each on a thread of its own, with its state in the store. */
export class WorkerSlots {
  private readonly settings: WorkerSlotsSettings;
  /** Of the attempts that are here. */
  private shared: readonly Shared[] = [];
  private store: { readonly key: string; readonly store: ObjectStore } | undefined;

  constructor(settings: WorkerSlotsSettings) {
    this.settings = settings;
  }

  create(order: SlotOrder<RemoteJob>): MadeSlot {
    const { system, logger, deadLetters } = this.settings;
    const { reports, onListening } = order;
    const data = this.dataOf(order);
    const threads: ThreadSlot[] = [];
    const handle = storedSlot(order.slot, this.storageOf(order), reports, (snapshots) => {
      const thread = startThreadSlot({ system, logger, deadLetters, data, reports, onListening, snapshots });
      threads.push(thread);
      return thread;
    });
    return {
      handle,
      connect: (peers) => {
        for (const thread of threads) thread.connect(peers);
      },
    };
  }

  /** When all slots are closed. */
  async close(): Promise<void> {
    const { shared, store } = this;
    [this.shared, this.store] = [[], undefined];
    for (const { watchdog } of shared) watchdog.cancel();
    await store?.store.close();
  }

  private dataOf(order: SlotOrder<RemoteJob>): SlotThreadData {
    const { attempt, slot, near, job } = order;
    const { args, plan, graphHash, jobName, baseDirectory, batchMode, deadLetterPolicy, logLevel } = job;
    const { stateDisk } = job;
    const { directory, host, tls } = this.settings;
    const { links, pulses, memory } = this.sharedBy(order);
    return {
      artifact: artifactPath(directory, job.sha256),
      args,
      plan,
      graphHash,
      jobName,
      jobUid: job.uid,
      baseDirectory,
      batchMode,
      deadLetterPolicy,
      stateDisk,
      logLevel,
      slot,
      attempt,
      links,
      pulses,
      memory,
      checkpoints: job.store !== undefined,
      network: { jobUid: job.uid, host, near, tls: tls && textsOf(tls) },
    };
  }

  private sharedBy({ attempt, beside, near, job }: SlotOrder<RemoteJob>): Shared {
    const known = this.shared.find((shared) => shared.attempt === attempt);
    if (known !== undefined) return known;
    const others = Map.groupBy(this.shared, (shared) => shared.attempt === beside);
    for (const { watchdog } of others.get(false) ?? []) watchdog.cancel();
    const { links: sizes, memoryBytes, taskNames } = job;
    const memory = memoryBytes === undefined ? undefined : memoryBudget(memoryBytes, near.length);
    const pulses = allocatePulses(sizes.slots);
    const shared: Shared = {
      attempt,
      links: allocateLinks(sizes, memory?.channelBytes, near),
      pulses,
      memory,
      // The main thread of a worker runs no code of the job.
      watchdog: watchPulses(this.settings.system, { pulses, taskNames, limitMs: job.blockedAfterMs }),
    };
    this.shared = [...(others.get(true) ?? []), shared];
    return shared;
  }

  private storageOf({ attempt, job }: SlotOrder<RemoteJob>): SlotStorage | undefined {
    if (job.store === undefined) return undefined;
    const store = storeUnder(this.storeOf(job, job.store), jobRoot(job.uid));
    return { system: this.settings.system, store, attempt };
  }

  /** One for all attempts, opened when a slot first needs it. */
  private storeOf(
    { baseDirectory, memoryBytes = Infinity }: RemoteJob,
    settings: CheckpointStore,
  ): ObjectStore {
    const key = JSON.stringify([settings, baseDirectory]);
    if (this.store?.key === key) return this.store.store;
    void this.store?.store.close();
    const { system, store: surroundings } = this.settings;
    const place = settings.directory ?? settings.s3?.bucket ?? '';
    const late = new LateStore(place, () => openStore(system, settings, { ...surroundings, baseDirectory }));
    const store = new CachedStore(late, Math.min(mostKeptBytes, memoryBytes * keptPart));
    this.store = { key, store };
    return store;
  }
}
