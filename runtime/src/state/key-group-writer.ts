import { ByteWriter, encodeValue } from '../batch/codec.ts';
import { WrittenShapes } from '../batch/value-codec.ts';
import { type HeapColumn, NumberColumn, type StateColumn } from './columns.ts';
import { writeDoubles, writeKeys } from './key-column.ts';
import { Flag, formatVersion, kindNumbers, Presence } from './key-group-format.ts';
import { writeMap } from './map-cells.ts';
import type { StateRegistry, StateShape } from './state-registry.ts';
import type { TimersByRow } from './timers-by-row.ts';
import type { ValueMap } from './value-map.ts';

/** Rows of a key group to be written. */
export interface RowSelection {
  readonly keys: Float64Array | readonly unknown[];
  /** By these their timers are found. */
  readonly rows: Int32Array;
  /** By number of the state; of a state that is missing at the end the rows have nothing. */
  readonly columns: readonly StateColumn[];
  /** Where in the columns each row stands. */
  readonly cells: Int32Array;
}

/** Writes one run of rows, numbered in the order in which their keys are written. */
class KeyGroupWriter {
  private readonly writer: ByteWriter;
  private readonly shapes: WrittenShapes = new WrittenShapes();
  private readonly selection: RowSelection;
  /** One number for each row. */
  private readonly numbers: Float64Array;
  /** The cells of the rows that have the state in hand; the first `presentCount`. */
  private readonly present: Int32Array;
  private presentCount = 0;

  constructor(selection: RowSelection, writer: ByteWriter) {
    const { length } = selection.rows;
    this.selection = selection;
    this.numbers = new Float64Array(length);
    this.present = new Int32Array(length);
    this.writer = writer;
    writer.reset();
  }

  write(
    removedKeys: readonly unknown[],
    registry: StateRegistry,
    timers: readonly TimersByRow[],
  ): Uint8Array {
    const { writer, selection } = this;
    writer.writeByte(formatVersion);
    writeKeys(removedKeys, writer, this.shapes);
    writeKeys(selection.keys, writer, this.shapes);
    writer.writeVarint(registry.states.length);
    registry.states.forEach(({ shape }, state) => {
      this.shape(shape);
      this.column(selection.columns[state], shape);
    });
    for (const one of timers) this.timers(one);
    return writer.toBytes();
  }

  private value(value: unknown): void {
    encodeValue(value, this.writer, this.shapes);
  }

  private shape({ name, kind, isNumeric, expires, version }: StateShape): void {
    const typed = (isNumeric ? Flag.numeric : 0) | (expires ? Flag.expires : 0);
    this.writer.writeSizedText(name);
    this.writer.writeByte(kindNumbers.indexOf(kind));
    this.writer.writeByte(typed | (version > 1 ? Flag.versioned : 0));
    if (version > 1) this.writer.writeVarint(version);
  }

  private column(column: StateColumn | undefined, shape: StateShape): void {
    this.presence(column);
    if (column === undefined) return;
    if (column instanceof NumberColumn) this.numberCells(column.values);
    else this.heapCells(column as HeapColumn, shape);
    if (shape.expires && shape.kind !== 'map') this.numberCells(column.expiriesMs!);
  }

  /** Says which rows have something in a column, and notes their cells. */
  private presence(column: StateColumn | undefined): void {
    const { writer, present } = this;
    const { cells } = this.selection;
    const count = column === undefined ? 0 : column.select(cells, present);
    this.presentCount = count;
    writer.writeByte(count === cells.length ? Presence.all : Presence.bits);
    if (count === cells.length) return;
    for (let from = 0; from < cells.length; from += 8) {
      let bits = 0;
      const end = Math.min(from + 8, cells.length);
      for (let i = from; i < end; i++) if (column?.has(cells[i]!) === true) bits |= 1 << (i - from);
      writer.writeByte(bits);
    }
  }

  private numberCells(values: Float64Array): void {
    writeDoubles(values, this.present, this.presentCount, this.writer, this.numbers);
  }

  private heapCells(column: HeapColumn, { kind, expires }: StateShape): void {
    const { present, presentCount, writer, shapes } = this;
    for (let i = 0; i < presentCount; i++) {
      const value = column.read(present[i]!);
      if (kind === 'map') writeMap(value as ValueMap<unknown, unknown>, expires, writer, shapes);
      else this.value(value);
    }
  }

  private timers(timers: TimersByRow): void {
    if (timers.size === 0) {
      this.writer.writeVarint(0);
      return;
    }
    const { rows } = this.selection;
    const { timesMs, namespaces } = timers;
    const numbers: number[] = [];
    const found: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      const end = timers.startOf(rows[i]! + 1);
      for (let at = timers.startOf(rows[i]!); at < end; at++) {
        numbers.push(i);
        found.push(at);
      }
    }
    const { writer } = this;
    writer.writeVarint(found.length);
    if (found.length === 0) return;
    writer.writeArray(Int32Array.from(numbers), found.length, 4);
    writer.writeArray(
      Float64Array.from(found, (at) => timesMs[at]!),
      found.length,
      8,
    );
    writer.writeArray(
      Float64Array.from(found, (at) => namespaces[at]!),
      found.length,
      8,
    );
  }
}

/**
 * Writes rows of a key group with their state and timers, and before them the keys that were removed, for a reader that may have
 * them. Whatever the writer held is gone; it can be used for the next rows.
 * @throws MillraceError value-unsupported when a state holds a value outside the value domain
 */
export const writeRows = (
  selection: RowSelection,
  removedKeys: readonly unknown[],
  registry: StateRegistry,
  timers: readonly TimersByRow[],
  writer: ByteWriter = new ByteWriter(),
): Uint8Array => new KeyGroupWriter(selection, writer).write(removedKeys, registry, timers);
