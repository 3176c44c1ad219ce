import { MillraceError } from '../contract/errors.ts';
import type { StateColumn } from './columns.ts';
import type { DiskSpace } from './disk-space.ts';
import { KeyGroup } from './key-group.ts';
import { keyGroupOf } from './key-groups.ts';
import type { MemoryAccount } from './memory-account.ts';
import type { UndoLog } from './undo-log.ts';

/** Gives each new group its columns. */
type PrepareGroup = (group: KeyGroup) => void;

const noColumns: readonly StateColumn[] = Object.freeze([]);

/**
 * Points at the state of the key in hand: the one lookup for each record happens here, and all handles then read and write
 * the row it found. A key gets a row with its first write, and loses it when nothing is left of its state; that is looked at
 * when the cursor moves on, so that clearing a state and writing it again costs no lookup.
 */
export class Cursor {
  /** By number; a group is made with its first key. */
  readonly groups: (KeyGroup | undefined)[];
  /** The group of the key in hand and its columns by number of the state; without meaning while `row` is −1. */
  group: KeyGroup | undefined;
  columns: readonly StateColumn[] = noColumns;
  /** The row of the key in hand; −1 = it has no state. */
  row = -1;
  /** What the record in hand has changed; absent where failing records are not recovered from. */
  log: UndoLog | undefined;
  /** The processing clock, in ms since the epoch. */
  readonly nowMs: () => number;
  /** Writes are noted with this number. */
  epoch = 1;
  /** Where values go that memory has no room for; absent = memory has to do. */
  readonly disk: DiskSpace | undefined;
  private readonly maxParallelism: number;
  /** Whether groups remember which of their keys went. */
  private tracksRemovals: boolean;
  private readonly prepare: PrepareGroup;
  private readonly account: MemoryAccount;
  private key: unknown;
  private hash = 0;
  /** Whether `key` and `hash` are those of the row; otherwise they are read from it when asked for. */
  private isKeyKnown = false;
  /** Whether something was cleared in the row in hand. */
  private mayBeEmpty = false;
  /** Rows that a record left and that a rollback may empty: group and row by turns. */
  private readonly left: number[] = [];

  constructor(
    maxParallelism: number,
    nowMs: () => number,
    tracksRemovals: boolean,
    account: MemoryAccount,
    prepare: PrepareGroup,
    disk?: DiskSpace,
  ) {
    this.disk = disk;
    this.account = account;
    this.maxParallelism = maxParallelism;
    this.nowMs = nowMs;
    this.tracksRemovals = tracksRemovals;
    this.prepare = prepare;
    this.groups = new Array<KeyGroup | undefined>(maxParallelism).fill(undefined);
  }

  /** The key in hand. */
  get currentKey(): unknown {
    if (!this.isKeyKnown && this.row >= 0) this.readKey();
    return this.key;
  }

  /** Takes a key in hand. The hash must be its `hashValue`. */
  moveToKey(key: unknown, hash: number): void {
    if (this.mayBeEmpty || this.log !== undefined) this.leave();
    if (this.disk !== undefined && this.log === undefined) this.disk.tick();
    this.key = key;
    this.hash = hash;
    this.isKeyKnown = true;
    const group = this.groups[keyGroupOf(hash, this.maxParallelism)];
    if (group === undefined) {
      this.row = -1;
      return;
    }
    this.group = group;
    this.columns = group.columns;
    this.row = group.index.find(key, hash);
  }

  /** Takes the key of a row in hand. */
  moveToRow(group: KeyGroup, row: number): void {
    if (this.mayBeEmpty || this.log !== undefined) this.leave();
    if (this.disk !== undefined && this.log === undefined) this.disk.tick();
    this.isKeyKnown = false;
    this.group = group;
    this.columns = group.columns;
    this.row = row;
  }

  /** Takes no key in hand. */
  moveToNone(): void {
    this.leave();
    this.row = -1;
    this.isKeyKnown = false;
    this.key = undefined;
  }

  /** The row of the key in hand, made if there is none, for writing. */
  writableRow(): number {
    if (this.row < 0) this.createRow();
    this.group!.touch(this.row, this.epoch);
    return this.row;
  }

  /** To be called before the row in hand is written, or something is handed out that may be changed in place. */
  touch(): void {
    this.group!.touch(this.row, this.epoch);
  }

  /** To be called before something of the row in hand is cleared. */
  clearing(): void {
    this.touch();
    this.mayBeEmpty = true;
  }

  /** Removes what is empty, and lets go of the row in hand: for work on whole groups. `reseat` finds it again. */
  unseat(): void {
    if (this.row >= 0 && !this.isKeyKnown) this.readKey();
    this.leave();
    this.row = -1;
    // A group that is dropped now must not be kept by the key in hand.
    this.group = undefined;
    this.columns = noColumns;
  }

  reseat(): void {
    if (this.isKeyKnown) this.moveToKey(this.key, this.hash);
  }

  beginRecord(log: UndoLog): void {
    this.log = log;
  }

  /** Ends a record, whose changes are final or undone by now. */
  endRecord(): void {
    this.log = undefined;
    this.mayBeEmpty = this.row >= 0;
    for (let row = this.left.pop(); row !== undefined; row = this.left.pop()) {
      const group = this.groups[this.left.pop()!]!;
      if (group !== this.group || row !== this.row) group.releaseIfEmpty(row, this.epoch);
    }
  }

  /** The group with this number, made if there is none. */
  groupAt(number: number): KeyGroup {
    const known = this.groups[number];
    if (known !== undefined) return known;
    const group = new KeyGroup(number, this.account.open());
    if (this.tracksRemovals) group.trackRemovals(this.epoch);
    this.prepare(group);
    this.groups[number] = group;
    return group;
  }

  /** An epoch has just begun: from now on groups remember which of their keys went. */
  trackRemovals(): void {
    this.tracksRemovals = true;
    for (const group of this.groups) group?.trackRemovals(this.epoch - 1);
  }

  private readKey(): void {
    this.key = this.group!.index.keyAt(this.row);
    this.hash = this.group!.index.hashAt(this.row);
    this.isKeyKnown = true;
  }

  private createRow(): void {
    if (!this.isKeyKnown) {
      throw new MillraceError('user-code', 'Keyed state was written while no key was in hand.', {
        hint: 'Keyed state belongs to the key of a record or timer: use it while one is processed, not in open or close.',
      });
    }
    this.group = this.groupAt(keyGroupOf(this.hash, this.maxParallelism));
    this.columns = this.group.columns;
    this.row = this.group.createRow(this.key, this.hash, this.epoch);
  }

  private leave(): void {
    this.mayBeEmpty = false;
    if (this.row < 0) return;
    if (this.log !== undefined) this.left.push(this.group!.number, this.row);
    else this.group!.releaseIfEmpty(this.row, this.epoch);
  }
}
