import type { KeyedSnapshot, KeyGroupPiece } from '../checkpoint/snapshot-unit.ts';
import type { FrozenTable } from '../state/frozen-table.ts';
import type { MemoryAccount } from '../state/memory-account.ts';
import { RowScatter, type ScatterShape, type TableRun } from '../state/row-scatter.ts';

/** Rows that one step looks at: a millisecond or two. */
const looksAtOnce = 262_144;

/** A key group, how much of it is wanted, and its place in the tables' cut. */
export interface GroupPlace extends Pick<KeyGroupPiece, 'keyGroup' | 'mode'> {
  readonly place: number;
}

export interface TablesSnapshotSettings
  extends Pick<ScatterShape, 'columnCount' | 'heapCount' | 'placeCount'> {
  readonly groups: readonly GroupPlace[];
  readonly tables: readonly FrozenTable[];
  /** Counts what the snapshot holds. */
  readonly account: MemoryAccount;
  /** Whether the first piece of a key group says more than its rows, and so is never left out. */
  readonly isHeaded: boolean;
  /** The bytes of a piece; `isFirst` = of its key group. */
  encode(keyGroup: number, runs: readonly TableRun[], isFirst: boolean): Uint8Array;
  /** The snapshot is read, or given up. */
  ended(): void;
}

/**
 * The tables of a transform as a barrier found them. Tables hold key groups side by side: their rows are read in the order in which they
 * lie, and scattered into the key groups; a piece is what a group has when one of them is full, or when all rows are read.
 */
export class TablesSnapshot implements KeyedSnapshot {
  private readonly settings: TablesSnapshotSettings;
  private isOpen = true;
  private scatter: RowScatter | undefined;
  /** The table that is read, or comes next. */
  private table = -1;
  /** The next group that is looked at for a piece; beyond the last one rows are read. */
  private group: number;
  /** 1 = the group has had its first piece. */
  private readonly begun: Uint8Array;

  constructor(settings: TablesSnapshotSettings) {
    this.settings = settings;
    this.group = settings.groups.length;
    this.begun = new Uint8Array(settings.groups.length);
  }

  seek(): boolean {
    if (!this.isOpen || !this.isReading || this.group < this.settings.groups.length) return true;
    this.read();
    return false;
  }

  next(): KeyGroupPiece | undefined {
    const { groups } = this.settings;
    while (this.isOpen && groups.length > 0) {
      while (this.group < groups.length) {
        const piece = this.pieceOf(this.group++);
        if (piece !== undefined) return piece;
      }
      if (!this.isReading) break;
      this.read();
    }
    this.release();
    return undefined;
  }

  release(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.scatter = undefined;
    this.settings.account.close();
    this.settings.ended();
  }

  /** Whether there may be rows that were not read. */
  private get isReading(): boolean {
    return this.table < this.settings.tables.length;
  }

  /** Reads rows until a group is full, there is no more, or it was enough for a step. */
  private read(): void {
    const { tables } = this.settings;
    this.scatter ??= this.newScatter();
    const { scatter } = this;
    for (let left = looksAtOnce; left > 0 && this.isReading && !scatter.mustBeTaken; ) {
      const looked = tables[this.table]?.read(scatter) ?? 0;
      left -= looked;
      if (looked > 0) continue;
      this.table += 1;
      if (this.isReading) scatter.begin(this.table);
    }
    if (scatter.mustBeTaken || !this.isReading) this.group = 0;
    scatter.taken();
  }

  private newScatter(): RowScatter {
    const { groups, tables, columnCount, heapCount, placeCount, account } = this.settings;
    const rowCount = tables.reduce((sum, { rowLimit }) => sum + rowLimit, 0);
    const places = groups.map(({ place }) => place);
    return new RowScatter({ columnCount, heapCount, places, placeCount, rowCount }, account);
  }

  /** What a group has, if it is much, or if nothing comes behind it. */
  private pieceOf(group: number): KeyGroupPiece | undefined {
    const { groups, isHeaded } = this.settings;
    const { keyGroup, mode } = groups[group]!;
    const scatter = this.scatter!;
    if (this.isReading && !scatter.hasMuch(group)) return undefined;
    const [runs, count] = scatter.take(group);
    const isFirst = this.begun[group] === 0;
    if (count === 0 && !(isFirst && isHeaded)) {
      const isNothing = !isFirst || mode === 'changes';
      return isNothing ? undefined : { keyGroup, mode, bytes: new Uint8Array(0) };
    }
    this.begun[group] = 1;
    const bytes = this.settings.encode(keyGroup, runs, isFirst);
    scatter.note(count, bytes.length);
    return { keyGroup, mode: isFirst ? mode : 'changes', bytes };
  }
}

/** Snapshots one after the other. */
export class SnapshotSequence implements KeyedSnapshot {
  /** What has not been read, the next one last. */
  private readonly parts: KeyedSnapshot[];
  private readonly ended: () => void;
  private isOpen = true;

  constructor(parts: readonly KeyedSnapshot[], ended: () => void) {
    this.parts = parts.toReversed();
    this.ended = ended;
  }

  seek(): boolean {
    return this.parts.at(-1)?.seek?.() ?? true;
  }

  next(): KeyGroupPiece | undefined {
    for (let part = this.parts.at(-1); part !== undefined; part = this.parts.at(-1)) {
      const piece = part.next();
      if (piece !== undefined) return piece;
      this.parts.pop();
    }
    this.release();
    return undefined;
  }

  release(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const part of this.parts.splice(0)) part.release();
    this.ended();
  }
}
