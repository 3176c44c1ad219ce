import type { KeyedSnapshot, KeyGroupPiece } from '../checkpoint/snapshot-unit.ts';
import type { FrozenTable, TableRows } from '../state/frozen-table.ts';
import { PieceMaking } from '../state/piece-making.ts';

/** Rows that one step chains: a few milliseconds. */
const chainedRows = 131_072;

/** Rows of one frozen table, by its number. */
export interface TableRun {
  readonly table: number;
  readonly rows: TableRows;
}

/** A key group, how much of it is wanted, and its place in the tables' cut. */
export interface GroupPlace extends Pick<KeyGroupPiece, 'keyGroup' | 'mode'> {
  readonly place: number;
}

export interface TablesSnapshotSettings {
  readonly groups: readonly GroupPlace[];
  readonly tables: readonly FrozenTable[];
  /** Whether the first piece of a key group says more than its rows, and so is never left out. */
  readonly isHeaded: boolean;
  /** The bytes of a piece; `isFirst` = of its key group. */
  encode(keyGroup: number, runs: readonly TableRun[], isFirst: boolean): Uint8Array;
  /** The snapshot is read, or given up. */
  ended(): void;
}

/**
 * The tables of a transform as a barrier found them. Tables hold key groups side by side, so their rows are first chained by key
 * group, in steps; then the key groups are read one after the other.
 */
export class TablesSnapshot implements KeyedSnapshot {
  private readonly settings: TablesSnapshotSettings;
  private readonly making: PieceMaking = new PieceMaking();
  private isOpen = true;
  /** The first table that is not chained. */
  private chaining = 0;
  /** Which key group is read, and from which of its tables on. */
  private group = 0;
  private table = 0;
  private isFirst = true;

  constructor(settings: TablesSnapshotSettings) {
    this.settings = settings;
  }

  next(): KeyGroupPiece | undefined {
    const { groups } = this.settings;
    if (!this.isOpen || groups.length === 0) return this.end();
    if (!this.chain()) return this.nothing();
    while (this.group < groups.length) {
      const piece = this.nextOf(groups[this.group]!);
      if (piece !== undefined) return piece;
      for (const table of this.settings.tables) table.endGroup(groups[this.group]!.place);
      this.group += 1;
      this.table = 0;
      this.isFirst = true;
    }
    return this.end();
  }

  release(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const table of this.settings.tables) table.free();
    this.settings.ended();
  }

  private end(): undefined {
    this.release();
    return undefined;
  }

  /** False when there is more to chain. */
  private chain(): boolean {
    const { tables } = this.settings;
    for (let left = chainedRows; this.chaining < tables.length; this.chaining++) {
      const count = tables[this.chaining]!.chain(left);
      left -= count;
      if (left === 0) return false;
    }
    return true;
  }

  /** A piece that changes nothing: the time went into chaining. */
  private nothing(): KeyGroupPiece {
    const { keyGroup } = this.settings.groups[0]!;
    return { keyGroup, mode: 'changes', bytes: this.settings.encode(keyGroup, [], false) };
  }

  private nextOf({ keyGroup, mode, place }: GroupPlace): KeyGroupPiece | undefined {
    const { isFirst } = this;
    const [runs, count] = this.takeRuns(place);
    if (count === 0 && !(isFirst && this.settings.isHeaded)) {
      if (!isFirst || mode === 'changes') return undefined;
      this.isFirst = false;
      return { keyGroup, mode, bytes: new Uint8Array(0) };
    }
    this.isFirst = false;
    const bytes = this.settings.encode(keyGroup, runs, isFirst);
    this.making.note(count, bytes.length);
    return { keyGroup, mode: isFirst ? mode : 'changes', bytes };
  }

  /** Rows for one piece, and how many they are. */
  private takeRuns(place: number): readonly [TableRun[], number] {
    const { tables } = this.settings;
    const runs: TableRun[] = [];
    let left = this.making.rows;
    while (this.table < tables.length && left > 0) {
      const rows = tables[this.table]!.take(place, left);
      if (rows === undefined) {
        this.table += 1;
        continue;
      }
      runs.push({ table: this.table, rows });
      left -= rows.cells.length;
    }
    return [runs, this.making.rows - left];
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
