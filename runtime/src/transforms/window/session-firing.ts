import { ByteReader, ByteWriter } from '../../batch/codec.ts';
import { hashValue } from '../../batch/hash.ts';
import { ReadShapes, WrittenShapes } from '../../batch/value-codec.ts';
import { cloneValue } from '../../batch/values.ts';
import { readDoubles, readKeys, readValues } from '../../state/key-column.ts';
import { keyGroupOf } from '../../state/key-groups.ts';
import type { TableRows } from '../../state/row-scatter.ts';
import { gatherRows, writeAccumulators } from '../accumulator-rows.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import { PassedTimes } from '../passed-times.ts';
import type { Budget } from '../processor.ts';
import { RowsByGroup } from '../rows-by-group.ts';
import { Deadlines } from './deadlines.ts';
import { createFiredRows, type FiredRows, firedRowsAtOnce, type PaneOutput } from './pane-output.ts';
import type { SessionTable } from './session-table.ts';

/** A session taken out of the table: to be put back, here or in another slot. */
export interface SavedSession {
  readonly startMs: number;
  readonly endMs: number;
  readonly fired: boolean;
  readonly numbers: readonly number[];
  readonly heaps: readonly unknown[];
}

/** A record as sessions see it: its key, its time, and the end of the session that it alone would make. */
export interface SessionRecord {
  readonly key: unknown;
  readonly hash: number;
  readonly timeMs: number;
  readonly endMs: number;
}

/** Sessions of one key group, run after run; a view into the writer, which holds nothing else afterwards. */
export const encodeSessions = (runs: readonly TableRows[], writer: ByteWriter): Uint8Array => {
  writer.reset();
  const shapes = new WrittenShapes();
  for (const rows of runs) writeAccumulators(rows, writer, shapes);
  return writer.view();
};

/**
 * The life of sessions: each open one has a deadline, when it ends or, if it has fired and is kept for late records, when it
 * is over. Sessions fire in order of their ends.
 */
export class SessionFiring {
  /** The time that has been passed. */
  progressMs: number = -Infinity;
  /** All that was due by here is done. */
  settledMs: number = -Infinity;
  private readonly table: SessionTable;
  private readonly aggregation: Aggregation;
  private readonly output: PaneOutput;
  private readonly latenessMs: number;
  private readonly deadlines: Deadlines;
  private readonly fired: FiredRows;
  private readonly target: Int32Array = new Int32Array(1);
  private readonly source: Int32Array = new Int32Array(1);
  private readonly maxParallelism: number;
  private readonly over: PassedTimes;
  private readonly grouped: RowsByGroup;

  constructor(
    table: SessionTable,
    aggregation: Aggregation,
    output: PaneOutput,
    latenessMs: number,
    maxParallelism: number,
  ) {
    this.maxParallelism = maxParallelism;
    this.over = new PassedTimes(maxParallelism);
    this.grouped = new RowsByGroup(maxParallelism);
    this.table = table;
    this.aggregation = aggregation;
    this.output = output;
    this.latenessMs = latenessMs;
    this.deadlines = new Deadlines(table.account);
    this.fired = createFiredRows(table, table);
  }

  /** The progress at which the next session must be looked at. */
  get nextMs(): number {
    return this.deadlines.nextMs;
  }

  /** Enters the deadline of a session that was just opened, or has got an earlier one. */
  expect(row: number): void {
    const { table } = this;
    table.fired[row] = table.endsMs[row]! - 1 <= this.progressMs ? 1 : 0;
    this.deadlines.add(this.dueMs(row), row, table.stamps[row]!);
  }

  /** The sessions of a key that a record with this time and end belongs to, by start. */
  touchedBy(keyRow: number, timeMs: number, endMs: number): number[] {
    const { table } = this;
    const touched: number[] = [];
    for (let row = table.firstOf(keyRow); row >= 0; row = table.nextRows[row]!) {
      if (table.startsMs[row]! < endMs && table.endsMs[row]! > timeMs) touched.push(row);
    }
    return touched.sort((a, b) => table.startsMs[a]! - table.startsMs[b]!);
  }

  /** Makes one session of several. Their records must have been aggregated. */
  join(target: number, others: readonly number[]): void {
    const { table, aggregation } = this;
    this.target[0] = target;
    table.touch(target);
    for (const other of others) {
      this.source[0] = other;
      aggregation.merge(table, table, { targets: this.target, sources: this.source, length: 1 });
      this.extend(target, table.startsMs[other]!, table.endsMs[other]!);
      table.close(other);
    }
  }

  /** Makes a session span this time too. One that had fired and now ends in the future will fire again. */
  extend(row: number, timeMs: number, endMs: number): void {
    const { table } = this;
    table.touch(row);
    if (timeMs < table.startsMs[row]!) table.startsMs[row] = timeMs;
    if (endMs > table.endsMs[row]!) table.endsMs[row] = endMs;
    if (table.fired[row] === 0 || table.endsMs[row]! - 1 <= this.progressMs) return;
    // The deadline entered is that of the end of its lateness, which may be later than the new one.
    table.stamps[row]! += 1;
    this.expect(row);
  }

  /** Fires everything that ends by this progress; false when the budget ran out before. */
  advance(progressMs: number, budget: Budget): boolean {
    if (progressMs > this.progressMs) this.progressMs = progressMs;
    this.willChange();
    const { deadlines, table } = this;
    let done = true;
    while (deadlines.isDue(this.progressMs)) {
      const row = deadlines.nextRow;
      if (deadlines.nextStamp !== table.stamps[row]) deadlines.remove();
      else if (this.dueMs(row) > deadlines.nextMs) deadlines.postpone(this.dueMs(row));
      else if (budget.take()) this.meet(row);
      else {
        done = false;
        break;
      }
    }
    this.emitFired();
    this.output.flush();
    if (done) this.settledMs = this.progressMs;
    return done;
  }

  /** Fires a session again at once. */
  fireOne(row: number): void {
    this.add(row);
    this.emitFired();
  }

  flush(): void {
    this.output.flush();
  }

  /** What the sessions are that a record is about to change. */
  saveTouched(keyRow: number, timeMs: number, endMs: number): SavedSession[] {
    return this.touchedBy(keyRow, timeMs, endMs).map((row) => this.save(row));
  }

  save(row: number): SavedSession {
    const { table } = this;
    return {
      startMs: table.startsMs[row]!,
      endMs: table.endsMs[row]!,
      fired: table.fired[row] === 1,
      numbers: table.numbers.map((column) => column[row]!),
      heaps: table.heaps.map((heap) => cloneValue(heap[row])),
    };
  }

  /** Puts back what the sessions were that a record has changed. */
  restore(record: SessionRecord, before: readonly SavedSession[]): void {
    const keyRow = this.table.index.find(record.key, record.hash);
    if (keyRow >= 0)
      for (const row of this.touchedBy(keyRow, record.timeMs, record.endMs)) this.table.close(row);
    for (const session of before) this.put(record.key, record.hash, session);
  }

  /** Puts a saved session into the table. */
  put(key: unknown, hash: number, session: SavedSession): void {
    const { table } = this;
    const keyRow = table.index.findOrInsert(key, hash);
    table.reserveHeads();
    const row = table.open(keyRow, session.startMs, session.endMs);
    session.numbers.forEach((value, i) => {
      table.numbers[i]![row] = value;
    });
    session.heaps.forEach((value, i) => {
      table.heaps[i]![row] = value;
    });
    table.fired[row] = session.fired ? 1 : 0;
    this.deadlines.add(this.dueMs(row), row, table.stamps[row]!);
  }

  /** The sessions of a key group; undefined when there is none. */
  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    const { table } = this;
    this.forgetOver();
    const rows = this.grouped.of(table, keyGroup);
    return rows.length === 0 ? undefined : encodeSessions([gatherRows(table, rows)], new ByteWriter());
  }

  /** Puts sessions in, in place of those that they overlap: those they were before. */
  importSessions(bytes: Uint8Array): void {
    this.grouped.invalidate();
    const reader = new ByteReader(bytes);
    const shapes = new ReadShapes();
    while (reader.remaining > 0) this.importRun(reader, shapes);
  }

  /** Of the sessions of a key group that were put in, those that were due by this time are over. */
  noteOver(keyGroup: number, settledMs: number): void {
    this.over.note(keyGroup, settledMs);
  }

  /** Before anything changes that was not put in or taken out by key group. */
  willChange(): void {
    this.forgetOver();
    this.grouped.invalidate();
  }

  /** Closes what came with an earlier part of a snapshot and was over before its end. Nothing is given for it: that was done. */
  forgetOver(): void {
    const { over, deadlines, table, maxParallelism } = this;
    if (over.isEmpty) return;
    const later: (readonly [number, number, number])[] = [];
    for (; deadlines.isDue(over.latestMs); deadlines.remove()) {
      const { nextRow: row, nextStamp: stamp, nextMs: timeMs } = deadlines;
      if (stamp !== table.stamps[row]) continue;
      if (this.dueMs(row) <= over.of(keyGroupOf(table.hashAt(row), maxParallelism))) table.close(row);
      else later.push([Math.max(timeMs, this.dueMs(row)), row, stamp]);
    }
    for (const [timeMs, row, stamp] of later) deadlines.add(timeMs, row, stamp);
    over.clear();
  }

  dropKeyGroup(keyGroup: number): void {
    this.forgetOver();
    for (const row of this.grouped.of(this.table, keyGroup)) this.table.close(row);
    this.grouped.removed(keyGroup);
  }

  private importRun(reader: ByteReader, shapes: ReadShapes): void {
    const keys = readKeys(reader, shapes);
    const { length } = keys;
    const [starts, ends, fired] = [
      readDoubles(reader, length),
      readDoubles(reader, length),
      readDoubles(reader, length),
    ];
    const numbers = this.table.numbers.map(() => readDoubles(reader, length));
    const heaps = this.table.heaps.map(() => readValues(reader, shapes, length));
    for (let i = 0; i < length; i++) {
      const hash = hashValue(keys[i]);
      this.closeOverlapped(keys[i], hash, starts[i]!, ends[i]!);
      this.put(keys[i], hash, {
        startMs: starts[i]!,
        endMs: ends[i]!,
        fired: fired[i] === 1,
        numbers: numbers.map((column) => column[i]!),
        heaps: heaps.map((column) => column[i]),
      });
    }
  }

  private closeOverlapped(key: unknown, hash: number, startMs: number, endMs: number): void {
    const { table } = this;
    const keyRow = table.index.find(key, hash);
    if (keyRow < 0) return;
    for (const row of this.touchedBy(keyRow, startMs, endMs)) table.close(row);
  }

  /** When a session ends, or is over if it has fired. */
  private dueMs(row: number): number {
    const lastMs = this.table.endsMs[row]! - 1;
    return this.table.fired[row] === 1 ? lastMs + this.latenessMs : lastMs;
  }

  /** The first deadline has come. */
  private meet(row: number): void {
    const { table, deadlines } = this;
    if (table.fired[row] === 1) {
      this.emitFired();
      deadlines.remove();
      table.close(row);
      return;
    }
    table.touch(row);
    table.fired[row] = 1;
    if (this.latenessMs > 0) deadlines.postpone(this.dueMs(row));
    else deadlines.remove();
    this.add(row);
    if (this.fired.length === firedRowsAtOnce) this.emitFired();
  }

  private add(row: number): void {
    const { fired, table } = this;
    fired.rows[fired.length] = row;
    fired.startsMs[fired.length] = table.startsMs[row]!;
    fired.endsMs[fired.length] = table.endsMs[row]!;
    fired.length++;
  }

  private emitFired(): void {
    const { fired, table } = this;
    if (fired.length === 0) return;
    this.output.add(fired);
    if (this.latenessMs === 0) for (let j = 0; j < fired.length; j++) table.close(fired.rows[j]!);
    fired.length = 0;
  }
}
