import { ByteReader, decodeValue } from '../batch/codec.ts';
import { hashValue } from '../batch/hash.ts';
import { ReadShapes } from '../batch/value-codec.ts';
import { type HeapColumn, NumberColumn, type StateColumn } from './columns.ts';
import type { Cursor } from './cursor.ts';
import { columnFor, convertColumn } from './evolution.ts';
import type { KeyGroup } from './key-group.ts';
import { Flag, formatVersion, kindNumbers } from './key-group-format.ts';
import { keyGroupOf } from './key-groups.ts';
import type { StateRegistry, StateShape, StoredState } from './state-registry.ts';
import { Timed } from './time-to-live.ts';
import type { TimerQueue } from './timers.ts';
import { ValueMap } from './value-map.ts';

/** Reads one key group into what is there. */
class KeyGroupReader {
  private readonly reader: ByteReader;
  private readonly shapes: ReadShapes = new ReadShapes();
  private readonly group: KeyGroup;
  private readonly cursor: Cursor;
  /** The rows of the keys in order of the encoding. */
  private readonly rows: number[] = [];

  constructor(bytes: Uint8Array, group: KeyGroup, cursor: Cursor) {
    this.reader = new ByteReader(bytes);
    this.group = group;
    this.cursor = cursor;
    const version = this.reader.readByte();
    if (version !== formatVersion) {
      throw this.reader.corrupt(`a key group has the unknown version ${version}`);
    }
  }

  read(registry: StateRegistry, timers: readonly TimerQueue[]): void {
    const { group, cursor, reader } = this;
    const removed = this.removedRows();
    this.makeRows();
    clearRows(group, new Set([...removed, ...this.rows]), timers);
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
    for (let left = this.reader.readCount(1); left > 0; left--) {
      const key = this.value();
      const row = this.group.index.find(key, this.hashOf(key));
      if (row >= 0) rows.push(row);
    }
    return rows;
  }

  private makeRows(): void {
    for (let left = this.reader.readCount(1); left > 0; left--) {
      const key = this.value();
      const row = this.group.createRow(key, this.hashOf(key));
      this.group.touch(row, this.cursor.epoch);
      this.rows.push(row);
    }
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
    const { rows } = this;
    const bits = this.reader.readBytes(Math.ceil(rows.length / 8));
    // What came without an expiry into a state that has one starts its life now.
    const expiryMs = stored.expiry === undefined ? Number.NaN : this.cursor.nowMs() + stored.expiry.afterMs;
    for (let i = 0; i < rows.length; i++) {
      if ((bits[i >> 3]! & (1 << (i & 7))) !== 0) this.cell(column, rows[i]!, shape, expiryMs);
    }
  }

  private cell(column: StateColumn, row: number, shape: StateShape, expiryMs: number): void {
    const { reader } = this;
    if (shape.kind === 'map') {
      (column as HeapColumn).values[row] = this.map(shape.expires, expiryMs);
      return;
    }
    if (column instanceof NumberColumn) column.set(row, reader.readDouble());
    else (column as HeapColumn).values[row] = this.value();
    column.setExpiryMs(row, shape.expires ? reader.readDouble() : expiryMs);
  }

  private map(expires: boolean, expiryMs: number): ValueMap<unknown, unknown> {
    const map = new ValueMap<unknown, unknown>();
    for (let left = this.reader.readCount(2); left > 0; left--) {
      const key = this.value();
      const value = this.value();
      const untilMs = expires ? this.reader.readDouble() : expiryMs;
      map.set(key, Number.isNaN(untilMs) ? value : new Timed(value, untilMs));
    }
    return map;
  }

  private timers(queue: TimerQueue): void {
    const { reader, rows, group } = this;
    for (let left = reader.readCount(10); left > 0; left--) {
      const row = rows[reader.readVarint()];
      const timeMs = reader.readDouble();
      const namespace = this.value();
      if (row === undefined || Number.isNaN(timeMs) || typeof namespace !== 'number') {
        throw reader.corrupt('a timer makes no sense');
      }
      queue.add(group, row, timeMs, namespace);
    }
  }
}

const clearRows = (group: KeyGroup, rows: ReadonlySet<number>, timers: readonly TimerQueue[]): void => {
  for (const row of rows) for (const column of group.columns) column.clear(row);
  for (const queue of timers) {
    const found: (readonly [number, number, number])[] = [];
    queue.forEach(group.number, (row, timeMs, namespace) => {
      if (rows.has(row)) found.push([row, timeMs, namespace]);
    });
    for (const [row, timeMs, namespace] of found) queue.remove(group, row, timeMs, namespace);
  }
};

/**
 * Brings into a key group what `writeKeyGroup` wrote: keys named there get exactly the state and the timers named there,
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
