import { ByteWriter, encodeValue } from '../batch/codec.ts';
import { WrittenShapes } from '../batch/value-codec.ts';
import { type HeapColumn, NumberColumn, type StateColumn } from './columns.ts';
import type { KeyGroup } from './key-group.ts';
import { Flag, formatVersion, kindNumbers } from './key-group-format.ts';
import type { StateRegistry, StateShape } from './state-registry.ts';
import { Timed } from './time-to-live.ts';
import type { TimerQueue } from './timers.ts';
import type { ValueMap } from './value-map.ts';

/** Writes one key group: the rows written after an epoch, numbered in the order in which their keys are written. */
class KeyGroupWriter {
  private readonly group: KeyGroup;
  private readonly writer: ByteWriter;
  private readonly shapes: WrittenShapes = new WrittenShapes();
  private readonly rows: number[] = [];
  /** By row; −1 = not written. */
  private readonly numbers: Int32Array;

  constructor(group: KeyGroup, afterEpoch: number) {
    this.group = group;
    this.numbers = new Int32Array(group.index.rowLimit).fill(-1);
    for (let row = group.nextDirtyRow(-1, afterEpoch); row >= 0; row = group.nextDirtyRow(row, afterEpoch)) {
      this.numbers[row] = this.rows.length;
      this.rows.push(row);
    }
    this.writer = new ByteWriter(64 + this.rows.length * 32);
  }

  get rowCount(): number {
    return this.rows.length;
  }

  write(removedKeys: readonly unknown[], registry: StateRegistry, timers: readonly TimerQueue[]): Uint8Array {
    const { group, writer, rows } = this;
    writer.writeByte(formatVersion);
    writer.writeVarint(removedKeys.length);
    for (const key of removedKeys) this.value(key);
    writer.writeVarint(rows.length);
    for (const row of rows) this.value(group.index.keyAt(row));
    writer.writeVarint(registry.states.length);
    registry.states.forEach(({ shape }, state) => {
      this.shape(shape);
      this.column(group.columns[state]!, shape);
    });
    for (const queue of timers) this.timers(queue);
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

  private column(column: StateColumn, shape: StateShape): void {
    const { rows, writer } = this;
    for (let from = 0; from < rows.length; from += 8) {
      let bits = 0;
      const end = Math.min(from + 8, rows.length);
      for (let i = from; i < end; i++) if (column.has(rows[i]!)) bits |= 1 << (i - from);
      writer.writeByte(bits);
    }
    for (const row of rows) if (column.has(row)) this.cell(column, row, shape);
  }

  private cell(column: StateColumn, row: number, shape: StateShape): void {
    const { writer } = this;
    if (column instanceof NumberColumn) {
      writer.writeDouble(column.values[row]!);
    } else {
      const value = (column as HeapColumn).values[row];
      if (shape.kind === 'map') {
        this.map(value as ValueMap<unknown, unknown>, shape.expires);
        return;
      }
      this.value(value);
    }
    if (shape.expires) writer.writeDouble(column.expiryMs(row));
  }

  private map(map: ValueMap<unknown, unknown>, expires: boolean): void {
    this.writer.writeVarint(map.size);
    for (const [key, held] of map) {
      this.value(key);
      this.value(held instanceof Timed ? held.value : held);
      if (expires) this.writer.writeDouble((held as Timed).expiryMs);
    }
  }

  private timers(queue: TimerQueue): void {
    const { numbers, writer } = this;
    const found: number[] = [];
    queue.forEach(this.group.number, (row, timeMs, namespace) => {
      if (numbers[row]! >= 0) found.push(numbers[row]!, timeMs, namespace);
    });
    writer.writeVarint(found.length / 3);
    for (let i = 0; i < found.length; i += 3) {
      writer.writeVarint(found[i]!);
      writer.writeDouble(found[i + 1]!);
      this.value(found[i + 2]!);
    }
  }
}

/**
 * The state and the timers of a key group, those written in a later epoch than the given one; with `namesRemoved` also the
 * keys that were removed since, for a reader that may have them. Undefined when there is nothing to say.
 * @throws MillraceError value-unsupported when a state holds a value outside the value domain
 */
export const writeKeyGroup = (
  group: KeyGroup,
  registry: StateRegistry,
  timers: readonly TimerQueue[],
  afterEpoch: number,
  namesRemoved: boolean,
): Uint8Array | undefined => {
  const writer = new KeyGroupWriter(group, afterEpoch);
  const tombstones = (namesRemoved ? group.tombstones : undefined) ?? [];
  const removed = tombstones.filter(({ epoch }) => epoch > afterEpoch).map(({ key }) => key);
  if (writer.rowCount === 0 && removed.length === 0) return undefined;
  return writer.write(removed, registry, timers);
};
