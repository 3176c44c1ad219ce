import type { StateDescriptor } from '../api/state.ts';
import { MillraceError } from '../contract/errors.ts';
import { Cursor } from './cursor.ts';
import type { DiskSpace } from './disk-space.ts';
import { expireRow, isExpired } from './expiry.ts';
import { GroupSnapshot, writeGroup } from './group-snapshot.ts';
import type { KeyGroup } from './key-group.ts';
import { readKeyGroup } from './key-group-reader.ts';
import { keyGroupOf } from './key-groups.ts';
import type { KeyedSnapshot, SnapshotRequest } from './keyed-snapshot.ts';
import { KeyedStoreSnapshot, type SnapshotPart } from './keyed-store-snapshot.ts';
import { MemoryAccount } from './memory-account.ts';
import { nothingThere, type PeekedState, peekRow } from './peek.ts';
import { SnapshotEpochs } from './snapshot-epochs.ts';
import type { StateDescription } from './state-description.ts';
import { describeStored, StateRegistry } from './state-registry.ts';
import type { TimerHeap } from './timer-heap.ts';
import { TimerQueue } from './timers.ts';
import { UndoLog } from './undo-log.ts';

/** Looking for expired state more often than this would cost more than it frees. */
const leastCleanUpPauseMs = 1000;

/** Permission to go on with slow work: asked between units, false = stop here and be called again. */
export interface WorkBudget {
  take(): boolean;
}

/** A key, and when its timers are due, in ms since the epoch. */
export interface KeyEntry {
  readonly key: unknown;
  readonly eventTimersMs: readonly number[];
  readonly processingTimersMs: readonly number[];
}

const timesByRow = (queue: TimerQueue, keyGroup: number): ReadonlyMap<number, readonly number[]> => {
  const times = new Map<number, number[]>();
  queue.forEach(keyGroup, (row, timeMs) => {
    const ofRow = times.get(row);
    if (ofRow === undefined) times.set(row, [timeMs]);
    else ofRow.push(timeMs);
  });
  for (const ofRow of times.values()) ofRow.sort((one, other) => one - other);
  return times;
};

export interface KeyedStoreOptions {
  readonly maxParallelism: number;
  /** The processing clock, in ms since the epoch; decides what has expired. */
  readonly nowMs: () => number;
  /** Keep what is needed to say which keys were removed since an epoch. */
  readonly tracksRemovals?: boolean;
  /** Counts the typed arrays of state and timers; default: one of its own, without a limit. */
  readonly account?: MemoryAccount;
  /** Where values of any kind go when memory has no room for them; absent = they stay in memory. */
  readonly disk?: DiskSpace | undefined;
}

/**
 * The keyed state and the timers of one transform in one slot. A record's key is taken in hand once, and the handles given
 * out by `register` then act on it.
 */
export class KeyedStore {
  readonly eventTimers: TimerQueue;
  readonly processingTimers: TimerQueue;
  private readonly cursor: Cursor;
  private readonly registry: StateRegistry;
  private readonly timers: readonly TimerQueue[];
  private readonly log: UndoLog = new UndoLog();
  private readonly account: MemoryAccount;
  private readonly checkpoints: SnapshotEpochs = new SnapshotEpochs();
  private snapshot: KeyedSnapshot | undefined;
  /** In which epoch key groups were last dropped. */
  private readonly droppedIn: Map<number, number> = new Map();
  /** Where the clean-up of expired state goes on. */
  private cleanUpGroup = 0;
  private cleanUpRow = -1;
  /** When the last clean-up ended, or the store was made. */
  private cleanedUpMs: number;

  constructor(options: KeyedStoreOptions) {
    const { maxParallelism, nowMs, tracksRemovals = false, account = new MemoryAccount(), disk } = options;
    this.account = account;
    const prepare = (group: KeyGroup): void => this.registry.addColumns(group);
    this.cursor = new Cursor(maxParallelism, nowMs, tracksRemovals, account, prepare, disk);
    this.registry = new StateRegistry(this.cursor);
    this.eventTimers = new TimerQueue(this.cursor, account.open({ state: 'event-time timers' }));
    this.processingTimers = new TimerQueue(this.cursor, account.open({ state: 'processing-time timers' }));
    this.cleanedUpMs = nowMs();
    this.timers = [this.eventTimers, this.processingTimers];
  }

  /**
   * The handle for a state; the same one when the same state is registered again.
   * @throws MillraceError job-invalid when the name is taken by a state of another kind
   */
  register(descriptor: StateDescriptor): unknown {
    return this.registry.register(descriptor);
  }

  /** What the states look like, those that were restored and nobody has registered included. */
  describe(): readonly StateDescription[] {
    return this.registry.states.map(describeStored);
  }

  /** Takes a key in hand. The hash must be its `hashValue`. */
  setCurrentKey(key: unknown, hash: number): void {
    this.cursor.moveToKey(key, hash);
  }

  /** Takes no key in hand: until the next one there is no state to read, and none can be written. */
  clearCurrentKey(): void {
    this.cursor.moveToNone();
  }

  /** The key in hand. */
  get currentKey(): unknown {
    return this.cursor.currentKey;
  }

  /** From now on every change of state and timers is noted, until the record is committed or rolled back. */
  beginRecord(): void {
    this.log.clear();
    this.cursor.beginRecord(this.log);
  }

  commitRecord(): void {
    this.log.clear();
    this.cursor.endRecord();
  }

  /** Takes back everything since `beginRecord`. */
  rollbackRecord(): void {
    this.log.rollback();
    this.cursor.endRecord();
  }

  /**
   * What a key has in the state of this name, without taking it in hand: see `peekRow`. Undefined = there is no such state. The
   * hash must be the `hashValue` of the key.
   */
  peek(stateName: string, key: unknown, hash: number, nowMs: number): PeekedState | undefined {
    const { cursor, registry } = this;
    const state = registry.states.findIndex(({ shape }) => shape.name === stateName);
    if (state < 0) return undefined;
    const group = cursor.groups[keyGroupOf(hash, cursor.groups.length)];
    const row = group?.index.find(key, hash) ?? -1;
    if (group === undefined || row < 0) return nothingThere;
    return peekRow(group, row, state, registry.states[state]!, nowMs);
  }

  /** The keys of a group that have something in the state of this name that has not expired. */
  *keys(keyGroup: number, stateName: string): Generator<unknown> {
    const { cursor, registry } = this;
    const state = registry.states.findIndex(({ shape }) => shape.name === stateName);
    const group = cursor.groups[keyGroup];
    if (state < 0 || group === undefined) return;
    const { index } = group;
    for (let row = index.nextRow(-1); row >= 0; row = index.nextRow(row)) {
      const column = group.columns[state]!;
      const { expiry } = registry.states[state]!;
      if (column.has(row) && !isExpired(column, row, expiry, cursor.nowMs())) yield index.keyAt(row);
    }
  }

  /** The keys of a group with their timers, each taken in hand while it is looked at. */
  *entries(keyGroup: number): Generator<KeyEntry> {
    const group = this.cursor.groups[keyGroup];
    if (group === undefined) return;
    const { index } = group;
    const [event, processing] = this.timers.map((queue) => timesByRow(queue, keyGroup));
    for (let row = index.nextRow(-1); row >= 0; row = index.nextRow(row)) {
      const key = index.keyAt(row);
      this.setCurrentKey(key, index.hashAt(row));
      yield { key, eventTimersMs: event?.get(row) ?? [], processingTimersMs: processing?.get(row) ?? [] };
    }
    this.clearCurrentKey();
  }

  /** How many keys have state or timers. */
  get keyCount(): number {
    this.cursor.unseat();
    this.cursor.reseat();
    return this.cursor.groups.reduce((sum, group) => sum + (group?.index.size ?? 0), 0);
  }

  /**
   * Removes what has expired, a row for each unit of the budget. True when all rows were visited since it last returned
   * true; false when the budget ended before: call it again to go on.
   */
  removeExpired(budget: WorkBudget): boolean {
    const { cursor, registry } = this;
    if (registry.shortestLifeMs === Infinity) return true;
    cursor.unseat();
    const isDone = this.removeExpiredRows(budget, cursor.nowMs());
    cursor.reseat();
    return isDone;
  }

  /**
   * The state and the timers of a key group as bytes, state that no function has registered included; undefined when there
   * is none.
   * @throws MillraceError value-unsupported when a state holds a value outside the value domain
   */
  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    return this.encode(keyGroup, 0, false);
  }

  /**
   * What has changed in a key group in the epochs after this one, as bytes for `applyChanges`; undefined = nothing. The store
   * must track removals.
   */
  exportChanges(keyGroup: number, afterEpoch: number): Uint8Array | undefined {
    return this.encode(keyGroup, afterEpoch, true);
  }

  /**
   * Replaces a key group by what `exportKeyGroup` gave, here or in another slot; nothing is left of it when that fails.
   * @throws MillraceError record-invalid for damaged bytes, job-invalid when a state is of another kind now
   */
  importKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.dropKeyGroup(keyGroup);
    try {
      this.applyChanges(keyGroup, bytes);
    } catch (error) {
      this.dropKeyGroup(keyGroup);
      throw error;
    }
  }

  /** Brings a key group up to date with changes; like `importKeyGroup`, but keys that are not named keep what they have. */
  applyChanges(keyGroup: number, bytes: Uint8Array): void {
    const { cursor } = this;
    cursor.unseat();
    try {
      readKeyGroup(bytes, cursor.groupAt(keyGroup), cursor, this.registry, this.timers);
      cursor.disk?.makeRoom();
    } finally {
      cursor.reseat();
    }
  }

  /**
   * Freezes the state and the timers of these key groups as they are now, to be read piece by piece while the store is used; from
   * the first snapshot on the store remembers what it takes to say what has changed. One is open at a time.
   */
  snapshotKeyGroups(request: SnapshotRequest): KeyedSnapshot {
    if (this.snapshot !== undefined) {
      throw new MillraceError(
        'internal',
        `Checkpoint ${request.checkpointId} came while the snapshot of an earlier one was being read.`,
        { hint: 'Read the earlier snapshot to its end, or release it, before the next barrier.' },
      );
    }
    const epoch = this.flipEpoch();
    const parts: SnapshotPart[] = [];
    for (const keyGroup of request.keyGroups) {
      const part = this.freeze(keyGroup, request.since(keyGroup), epoch);
      if (part !== undefined) parts.push(part);
    }
    this.cursor.trackRemovals();
    this.checkpoints.begin(request.checkpointId, epoch);
    this.snapshot = new KeyedStoreSnapshot(parts, this.cursor.disk !== undefined, () => {
      this.snapshot = undefined;
    });
    return this.snapshot;
  }

  /** A checkpoint is durable, or will never be: what was written up to it is not asked for again, or with a later one. */
  checkpointEnded(checkpointId: number, completed: boolean): void {
    const epoch = this.checkpoints.end(checkpointId, completed);
    if (epoch !== undefined) this.forgetRemovals(epoch);
  }

  /** Ends an epoch and returns its number: changes from now on belong to a later one. The first is 1. */
  flipEpoch(): number {
    this.cursor.unseat();
    this.cursor.reseat();
    this.cursor.epoch += 1;
    return this.cursor.epoch - 1;
  }

  /** Forgets which keys were removed up to the end of this epoch: no increment will be asked for that begins earlier. */
  forgetRemovals(throughEpoch: number): void {
    for (const group of this.cursor.groups) group?.forgetRemovals(throughEpoch);
  }

  /**
   * When `removeExpired` should be called next, in ms since the epoch: when what was there at the last time may have expired,
   * a second after it at least. +Infinity = never: no state has a time to live, or there is none.
   */
  nextCleanUpMs(): number {
    const { shortestLifeMs } = this.registry;
    if (shortestLifeMs === Infinity || this.cursor.groups.every((group) => !group?.index.size))
      return Infinity;
    return this.cleanedUpMs + Math.max(shortestLifeMs, leastCleanUpPauseMs);
  }

  /** Forgets the state and the timers of a key group. */
  dropKeyGroup(keyGroup: number): void {
    this.cursor.unseat();
    this.cursor.groups[keyGroup]?.discard();
    this.cursor.groups[keyGroup]?.account.close();
    if (this.cursor.groups[keyGroup] !== undefined) this.droppedIn.set(keyGroup, this.cursor.epoch);
    this.cursor.groups[keyGroup] = undefined;
    this.eventTimers.dropGroup(keyGroup);
    this.processingTimers.dropGroup(keyGroup);
    this.cursor.reseat();
  }

  /** An estimate of the memory in use. */
  memoryBytes(): number {
    const timers = this.eventTimers.memoryBytes() + this.processingTimers.memoryBytes();
    return this.cursor.groups.reduce((sum, group) => sum + (group?.memoryBytes() ?? 0), timers);
  }

  private encode(keyGroup: number, afterEpoch: number, namesRemoved: boolean): Uint8Array | undefined {
    const { cursor } = this;
    cursor.unseat();
    const group = cursor.groups[keyGroup];
    try {
      if (group === undefined) return undefined;
      const tombstones = (namesRemoved ? group.tombstones : undefined) ?? [];
      const removed = tombstones.filter(({ epoch }) => epoch > afterEpoch).map(({ key }) => key);
      return writeGroup(group, this.heapsOf(keyGroup), this.registry, afterEpoch, removed);
    } finally {
      cursor.reseat();
    }
  }

  private heapsOf(keyGroup: number): (TimerHeap | undefined)[] {
    return this.timers.map((queue) => queue.heapOf(keyGroup));
  }

  /** Whether a snapshot must say all of a key group, since what has changed behind this checkpoint is not known. */
  isWhole(keyGroup: number, since: number | undefined): boolean {
    const afterEpoch = this.checkpoints.epochOf(since);
    const knownFrom = this.cursor.groups[keyGroup]?.knownFrom ?? this.droppedIn.get(keyGroup) ?? 0;
    return afterEpoch === undefined || afterEpoch < knownFrom;
  }

  /** Freezes a key group; undefined when there is nothing to say of it. */
  private freeze(keyGroup: number, since: number | undefined, epoch: number): SnapshotPart | undefined {
    const group = this.cursor.groups[keyGroup];
    const isWhole = this.isWhole(keyGroup, since);
    if (group === undefined) return isWhole ? keyGroup : undefined;
    const cut = isWhole
      ? ({ mode: 'whole', afterEpoch: 0, epoch } as const)
      : ({ mode: 'changes', afterEpoch: this.checkpoints.epochOf(since)!, epoch } as const);
    return new GroupSnapshot(group, this.heapsOf(keyGroup), this.registry, cut, this.account);
  }

  private removeExpiredRows(budget: WorkBudget, nowMs: number): boolean {
    const { cursor, registry } = this;
    for (; this.cleanUpGroup < cursor.groups.length; this.cleanUpGroup++, this.cleanUpRow = -1) {
      const group = cursor.groups[this.cleanUpGroup];
      if (group === undefined) continue;
      for (;;) {
        const row = group.index.nextRow(this.cleanUpRow);
        if (row < 0) break;
        if (!budget.take()) return false;
        this.cleanUpRow = row;
        if (!expireRow(group, row, registry.states, nowMs, cursor.epoch)) continue;
        group.releaseIfEmpty(row, cursor.epoch);
      }
    }
    this.cleanUpGroup = 0;
    this.cleanedUpMs = nowMs;
    return true;
  }
}
