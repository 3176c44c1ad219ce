import { ByteReader, decodeValue } from '../batch/codec.ts';
import { hashValue } from '../batch/hash.ts';
import { ReadShapes } from '../batch/value-codec.ts';
import { type HeapColumn, NumberColumn, type StateColumn } from './columns.ts';
import type { Cursor } from './cursor.ts';
import { columnFor, convertColumn } from './evolution.ts';
import { readDoubles, readKeys, readValues } from './key-column.ts';
import type { KeyGroup } from './key-group.ts';
import { Flag, formatVersion, kindNumbers, Presence } from './key-group-format.ts';
import { keyGroupOf } from './key-groups.ts';
import { readMap } from './map-cells.ts';
import type { StateRegistry, StateShape, StoredState } from './state-registry.ts';
import type { TimerQueue } from './timers.ts';

/** Reads one key group into what is there. */
class KeyGroupReader {
  private readonly reader: ByteReader;
  private readonly shapes: ReadShapes = new ReadShapes();
  private readonly group: KeyGroup;
  private readonly cursor: Cursor;
  private readonly version: number;
  /** The rows of the keys in order of the encoding. */
  private readonly rows: number[] = [];
  /** The rows that have the state in hand. */
  private present: number[] = [];

  constructor(bytes: Uint8Array, group: KeyGroup, cursor: Cursor) {
    this.reader = new ByteReader(bytes);
    this.group = group;
    this.cursor = cursor;
    this.version = this.reader.readByte();
    if (this.version < 1 || this.version > formatVersion) {
      throw this.reader.corrupt(`a key group has the unknown version ${this.version}`);
    }
  }

  read(registry: StateRegistry, timers: readonly TimerQueue[]): void {
    const { group, cursor, reader } = this;
    const removed = this.removedRows();
    const known = this.makeRows();
    clearRows(group, new Set([...removed, ...known]), timers, cursor.epoch);
    for (let left = reader.readCount(3); left > 0; left--) {
      const shape = this.shape();
      const { state, convert } = registry.receive(shape);
      const stored = registry.states[state]!;
      const column = group.columns[state]!;
      if (convert === undefined) this.column(column, shape, stored);
      else {
        const read = columnFor(shape, group.index.rowLimit);
        this.column(read, shape, stored);
        convertColumn(read, column, this.rows, stored.shape, convert);
      }
    }
    for (const queue of timers) this.timers(queue);
    if (reader.remaining > 0) throw reader.corrupt(`${reader.remaining} bytes follow the last timer`);
    for (const row of removed) group.releaseIfEmpty(row, cursor.epoch);
  }

  private removedRows(): number[] {
    const rows: number[] = [];
    for (const key of this.keys()) {
      const row = this.group.index.find(key, this.hashOf(key));
      if (row >= 0) rows.push(row);
    }
    return rows;
  }

  /** Finds or makes the rows of the keys; gives those that were there before. */
  private makeRows(): number[] {
    const { group, cursor } = this;
    const known: number[] = [];
    for (const key of this.keys()) {
      const { size } = group.index;
      const row = group.createRow(key, this.hashOf(key), cursor.epoch);
      if (group.index.size === size) known.push(row);
      this.rows.push(row);
    }
    return known;
  }

  private keys(): Float64Array | readonly unknown[] {
    const { reader, shapes } = this;
    return this.version > 1 ? readKeys(reader, shapes) : readValues(reader, shapes, reader.readCount(1));
  }

  private value(): unknown {
    return decodeValue(this.reader, this.shapes);
  }

  private hashOf(key: unknown): number {
    const hash = hashValue(key);
    if (keyGroupOf(hash, this.cursor.groups.length) === this.group.number) return hash;
    throw this.reader.corrupt('a key belongs to another key group');
  }

  private shape(): StateShape {
    const { reader } = this;
    const name = reader.readText(reader.readCount(1));
    const kind = kindNumbers[reader.readByte()];
    const flags = reader.readByte();
    const isNumeric = (flags & Flag.numeric) !== 0;
    if (kind === undefined || (isNumeric && kind !== 'value'))
      throw reader.corrupt('a state has no known kind');
    const version = (flags & Flag.versioned) === 0 ? 1 : reader.readVarint();
    return { name, kind, isNumeric, expires: (flags & Flag.expires) !== 0, version };
  }

  private column(column: StateColumn, shape: StateShape, stored: StoredState): void {
    this.presence();
    // What came without an expiry into a state that has one starts its life now.
    const expiryMs = stored.expiry === undefined ? Number.NaN : this.cursor.nowMs() + stored.expiry.afterMs;
    if (shape.kind === 'map') this.mapCells(column as HeapColumn, shape.expires, expiryMs);
    else if (this.version === 1) this.singleCells(column, shape.expires, expiryMs);
    else this.cells(column, shape.expires, expiryMs);
  }

  private presence(): void {
    const { rows, reader } = this;
    this.present = rows;
    if (this.version > 1 && reader.readByte() === Presence.all) return;
    const bits = reader.readBytes(Math.ceil(rows.length / 8));
    this.present = rows.filter((_, i) => (bits[i >> 3]! & (1 << (i & 7))) !== 0);
  }

  private mapCells(column: HeapColumn, expires: boolean, expiryMs: number): void {
    const { reader, shapes } = this;
    for (const row of this.present) column.setValue(row, readMap(reader, shapes, expires, expiryMs));
  }

  private cells(column: StateColumn, expires: boolean, expiryMs: number): void {
    const { present } = this;
    if (column instanceof NumberColumn) {
      const values = readDoubles(this.reader, present.length);
      for (let i = 0; i < present.length; i++) column.set(present[i]!, values[i]!);
    } else {
      for (const row of present) (column as HeapColumn).setValue(row, this.value());
    }
    const expiries = expires ? readDoubles(this.reader, present.length) : undefined;
    if (column.expiriesMs === undefined) return;
    for (let i = 0; i < present.length; i++) column.setExpiryMs(present[i]!, expiries?.[i] ?? expiryMs);
  }

  /** Version 1: each value with its expiry. */
  private singleCells(column: StateColumn, expires: boolean, expiryMs: number): void {
    for (const row of this.present) {
      if (column instanceof NumberColumn) column.set(row, this.reader.readDouble());
      else (column as HeapColumn).setValue(row, this.value());
      column.setExpiryMs(row, expires ? this.reader.readDouble() : expiryMs);
    }
  }

  private timers(queue: TimerQueue): void {
    if (this.version === 1) {
      for (let left = this.reader.readCount(10); left > 0; left--) {
        this.timer(queue, this.reader.readVarint(), this.reader.readDouble(), this.value());
      }
      return;
    }
    const count = this.reader.readCount(20);
    const numbers = new Int32Array(count);
    this.reader.readArray(numbers, count, 4);
    const [timesMs, namespaces] = [readDoubles(this.reader, count), readDoubles(this.reader, count)];
    for (let i = 0; i < count; i++) this.timer(queue, numbers[i]!, timesMs[i]!, namespaces[i]);
  }

  private timer(queue: TimerQueue, number: number, timeMs: number, namespace: unknown): void {
    const row = this.rows[number];
    if (row === undefined || Number.isNaN(timeMs) || typeof namespace !== 'number') {
      throw this.reader.corrupt('a timer makes no sense');
    }
    queue.add(this.group, row, timeMs, namespace);
  }
}

/** Takes from rows that are there all that they have. */
const clearRows = (
  group: KeyGroup,
  rows: ReadonlySet<number>,
  timers: readonly TimerQueue[],
  epoch: number,
): void => {
  if (rows.size === 0) return;
  for (const row of rows) {
    group.touch(row, epoch);
    for (const column of group.columns) column.clear(row);
  }
  for (const queue of timers) {
    const found: (readonly [number, number, number])[] = [];
    queue.forEach(group.number, (row, timeMs, namespace) => {
      if (rows.has(row)) found.push([row, timeMs, namespace]);
    });
    for (const [row, timeMs, namespace] of found) queue.remove(group, row, timeMs, namespace);
  }
};

/**
 * Brings into a key group what `writeRows` wrote: keys named there get exactly the state and the timers named there,
 * removed ones lose theirs, others keep what they have. States that nobody has registered yet are kept for when they are.
 * @throws MillraceError record-invalid for damaged bytes, job-invalid when a state is of another kind now
 */
export const readKeyGroup = (
  bytes: Uint8Array,
  group: KeyGroup,
  cursor: Cursor,
  registry: StateRegistry,
  timers: readonly TimerQueue[],
): void => new KeyGroupReader(bytes, group, cursor).read(registry, timers);
