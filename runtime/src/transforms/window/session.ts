import type { WindowAssigner } from '../../api/windows.ts';
import type { Batch, BatchKeys } from '../../batch/batch.ts';
import { ByteReader, ByteWriter } from '../../batch/codec.ts';
import type { KeyedSnapshot, SnapshotRequest } from '../../checkpoint/snapshot-unit.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import { SkippedRecords } from '../aggregation/inputs.ts';
import type { Budget, Processor, ProcessorContext } from '../processor.ts';
import { TableCheckpoints } from '../table-checkpoints.ts';
import { TablesSnapshot } from '../tables-snapshot.ts';
import { BatchKeySource } from './batch-keys.ts';
import { withOutputState } from './function-snapshot.ts';
import type { GeneralSettings } from './general-settings.ts';
import { LateRecords } from './late-records.ts';
import { withoutTimestamp } from './layout.ts';
import { packParts, packState, unpackState } from './packed-state.ts';
import type { PaneOutput } from './pane-output.ts';
import { SessionEnds } from './session-ends.ts';
import { encodeSessions, SessionFiring, type SessionRecord } from './session-firing.ts';
import { SessionTable } from './session-table.ts';

/** The settings of a window that this path runs: sessions that aggregate, with the trigger of their time domain. */
export interface SessionSettings extends GeneralSettings {
  readonly assigner: Extract<WindowAssigner, { kind: 'session' }>;
}

/**
 * The fast path of session windows. A record extends the open session of its key, which is a row of typed columns; only a
 * record that opens, joins or reopens sessions takes a longer way. A session's deadline is entered once and looked at again
 * when it comes, so that extending a session moves nothing.
 */
export class SessionWindowProcessor implements Processor {
  private readonly context: ProcessorContext;
  private readonly aggregation: Aggregation;
  private readonly output: PaneOutput;
  private readonly table: SessionTable;
  private readonly firing: SessionFiring;
  private readonly ends: SessionEnds;
  private readonly checkpoints: TableCheckpoints;
  private readonly lateRecords: LateRecords;
  private readonly keySource: BatchKeySource;
  private readonly skipped: SkippedRecords = new SkippedRecords();
  private readonly isEventTime: boolean;
  private readonly latenessMs: number;
  /** A record that fails in a user's fold must be undone, so each is taken alone. */
  private readonly undoes: boolean;
  private keyRows: Int32Array = new Int32Array(2048);
  /** Records taken but not yet aggregated: their positions and sessions. */
  private positions: Int32Array = new Int32Array(2048);
  private rows: Int32Array = new Int32Array(2048);
  private taken = 0;

  constructor(
    settings: SessionSettings,
    context: ProcessorContext,
    aggregation: Aggregation,
    output: PaneOutput,
  ) {
    const { assigner } = settings;
    this.context = context;
    this.aggregation = aggregation;
    this.output = output;
    this.isEventTime = assigner.time === 'event';
    this.latenessMs = this.isEventTime ? settings.allowedLatenessMs : 0;
    this.undoes = context.failures.recoverable && aggregation.mayHaveEmptyRows;
    this.table = new SessionTable(aggregation, context.memory.open({ state: 'sessions' }));
    this.firing = new SessionFiring(this.table, aggregation, output, this.latenessMs, context.maxParallelism);
    this.ends = new SessionEnds(assigner.gapMs);
    this.checkpoints = new TableCheckpoints(context.maxParallelism);
    this.lateRecords = new LateRecords(settings, context);
    this.keySource = new BatchKeySource(settings.keyed);
  }

  process(batch: Batch, port: number): void {
    const { skipped, table } = this;
    const { failures } = this.context;
    const { length } = batch;
    const keys = this.keySource.keysOf(batch);
    this.firing.willChange();
    this.reserve(length);
    skipped.reset(length);
    const times = this.timesOf(batch);
    this.ends.compute(batch, times, skipped, failures);
    this.aggregation.read(batch, skipped, failures, port);
    const mayBeLate = this.ends.earliestMs - 1 + this.latenessMs <= this.firing.progressMs;
    if (mayBeLate || skipped.count > 0 || this.undoes) {
      for (let i = 0; i < length; i++) if (skipped.flags[i] !== 1) this.takeAlone(batch, keys, times, i);
    } else {
      table.index.lookup(keys.values, keys.hashes, 0, length, this.keyRows);
      table.reserveHeads();
      this.takeAll(times, length);
    }
    this.aggregate();
    this.firing.flush();
  }

  advanceWatermark(watermarkMs: number, budget: Budget): boolean {
    this.output.watermarkMs = watermarkMs;
    return this.isEventTime ? this.firing.advance(watermarkMs, budget) : true;
  }

  advanceTime(nowMs: number, budget: Budget): boolean {
    return this.isEventTime ? true : this.firing.advance(nowMs - 1, budget);
  }

  nextTimeMs(): number {
    return this.isEventTime ? Infinity : this.firing.nextMs + 1;
  }

  open(): Promise<void> | void {
    return this.output.open?.();
  }

  close(): Promise<void> | void {
    return this.output.close?.();
  }

  finish(budget: Budget): boolean {
    return this.isEventTime ? true : this.firing.advance(Infinity, budget);
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    const sessions = this.firing.exportKeyGroup(keyGroup);
    return packState({
      arrivals: this.aggregation.arrivals,
      parts: [sessions, this.output.exportKeyGroup?.(keyGroup)],
    });
  }

  importKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.dropKeyGroup(keyGroup);
    this.applyKeyGroup(keyGroup, bytes);
  }

  /** A piece has sessions or state of functions; both where it is all of a key group. */
  applyKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    const { arrivals, parts } = unpackState(bytes);
    const [sessions, output, over] = parts;
    this.aggregation.raiseArrivals(arrivals);
    if (sessions !== undefined) this.firing.importSessions(sessions);
    if (over !== undefined) this.firing.noteOver(keyGroup, new ByteReader(over).readDouble());
    if (parts.length === 2 && output === undefined) this.output.dropKeyGroup?.(keyGroup);
    if (output !== undefined) this.output.applyKeyGroup?.(keyGroup, output);
  }

  dropKeyGroup(keyGroup: number): void {
    this.firing.dropKeyGroup(keyGroup);
    this.output.dropKeyGroup?.(keyGroup);
    this.checkpoints.dropped(keyGroup, this.table.epoch);
  }

  /**
   * Increments do not name the sessions that are over: the first piece of a key group says which time had passed. A session that has
   * changed takes the place of those that it overlaps.
   */
  snapshotKeyGroups(request: SnapshotRequest): KeyedSnapshot {
    const { table, checkpoints, context, firing } = this;
    firing.forgetOver();
    const { groups, afterEpochs } = checkpoints.begin(request, table.epoch);
    const account = context.memory.open({ state: 'snapshot' });
    const { arrivals } = this.aggregation;
    const writer = new ByteWriter();
    const over = new ByteWriter(8);
    over.writeDouble(firing.settledMs);
    const windows = new TablesSnapshot({
      groups,
      tables: [table.freeze({ epoch: table.epoch, afterEpochs }, account)],
      columnCount: table.columns.length,
      heapCount: table.heaps.length,
      placeCount: afterEpochs.length,
      account,
      isHeaded: true,
      encode: (_, runs, isFirst) => {
        const sessions = encodeSessions(
          runs.map(({ rows }) => rows),
          writer,
        );
        return packParts({ arrivals, parts: isFirst ? [sessions, undefined, over.view()] : [sessions] });
      },
      ended: () => {
        table.thaw();
        checkpoints.ended();
      },
    });
    return withOutputState(windows, request, (keyGroup) => afterEpochs[keyGroup] === 0, this.output);
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.checkpoints.checkpointEnded(checkpointId, completed);
    this.output.checkpointEnded?.(checkpointId, completed);
  }

  private reserve(length: number): void {
    if (this.rows.length >= length) return;
    this.keyRows = new Int32Array(length);
    this.positions = new Int32Array(length);
    this.rows = new Int32Array(length);
  }

  /** Event times, or for all records the clock, which must not go back behind what has fired. */
  private timesOf(batch: Batch): Float64Array {
    if (this.isEventTime) {
      for (let i = 0; i < batch.length; i++) {
        const timestampMs = batch.timestamps[i]!;
        if (Number.isFinite(timestampMs)) continue;
        this.context.failures.handle(withoutTimestamp(timestampMs), batch.rows()[i], timestampMs);
        this.skipped.add(i);
      }
      return batch.timestamps;
    }
    const nowMs = Math.max(this.context.nowMs(), this.firing.progressMs + 1);
    return new Float64Array(batch.length).fill(nowMs);
  }

  /** Takes a batch of which no record is late or left out; the rows of all keys are known. */
  private takeAll(times: Float64Array, length: number): void {
    const { table, keyRows, positions } = this;
    const ends = this.ends.values;
    const { progressMs } = this.firing;
    let { heads, nextRows, startsMs, endsMs } = table;
    for (let i = 0; i < length; i++) {
      const keyRow = keyRows[i]!;
      const timeMs = times[i]!;
      const endMs = ends[i]!;
      let row = heads[keyRow]! - 1;
      if (
        row >= 0 &&
        nextRows[row]! < 0 &&
        timeMs < endsMs[row]! &&
        endMs > startsMs[row]! &&
        endsMs[row]! - 1 > progressMs
      ) {
        table.touch(row);
        if (timeMs < startsMs[row]!) startsMs[row] = timeMs;
        if (endMs > endsMs[row]!) endsMs[row] = endMs;
      } else {
        row = this.sessionFor(keyRow, timeMs, endMs);
        ({ heads, nextRows, startsMs, endsMs } = table);
      }
      positions[this.taken] = i;
      this.rows[this.taken++] = row;
      if (endsMs[row]! - 1 <= progressMs) this.fireAgain(row);
    }
  }

  /** Takes a record that may be late, or must be undone when it fails. */
  private takeAlone(batch: Batch, keys: BatchKeys, times: Float64Array, position: number): void {
    const { table, firing } = this;
    const timeMs = times[position]!;
    const endMs = this.ends.values[position]!;
    const key = keys.values[position];
    const hash = keys.hashes[position]!;
    const keyRow = table.index.findOrInsert(key, hash);
    table.reserveHeads();
    const over = endMs - 1 + this.latenessMs <= firing.progressMs;
    if (over && !this.touchesAny(keyRow, timeMs, endMs)) {
      table.forgetIfEmpty(keyRow);
      this.lateRecords.take(batch, position);
      return;
    }
    if (this.undoes) this.takeUndoable(batch, position, { key, hash, timeMs, endMs });
    else this.assign(position, this.sessionFor(keyRow, timeMs, endMs));
  }

  /** Takes a record, or undoes all that it did to the sessions of its key when the user's fold fails on it. */
  private takeUndoable(batch: Batch, position: number, record: SessionRecord): void {
    const { table, firing } = this;
    const keyRow = table.index.find(record.key, record.hash);
    const before = firing.saveTouched(keyRow, record.timeMs, record.endMs);
    try {
      this.assign(position, this.sessionFor(keyRow, record.timeMs, record.endMs));
      this.aggregate();
    } catch (error) {
      firing.restore(record, before);
      this.context.failures.handle(error, batch.rows()[position], batch.timestamps[position]!);
    }
  }

  /** Notes where a record goes. */
  private assign(position: number, row: number): void {
    this.positions[this.taken] = position;
    this.rows[this.taken++] = row;
    if (this.table.endsMs[row]! - 1 <= this.firing.progressMs) this.fireAgain(row);
  }

  private touchesAny(keyRow: number, timeMs: number, endMs: number): boolean {
    const { table } = this;
    for (let row = table.firstOf(keyRow); row >= 0; row = table.nextRows[row]!) {
      if (table.startsMs[row]! < endMs && table.endsMs[row]! > timeMs) return true;
    }
    return false;
  }

  /** The session of a record after it was opened, extended, or made of several that the record joins. */
  private sessionFor(keyRow: number, timeMs: number, endMs: number): number {
    const { table, firing } = this;
    const touched = firing.touchedBy(keyRow, timeMs, endMs);
    const [target, ...others] = touched;
    if (target === undefined) {
      const row = table.open(keyRow, timeMs, endMs);
      firing.expect(row);
      return row;
    }
    if (others.length > 0) {
      this.aggregate();
      firing.join(target, others);
    }
    firing.extend(target, timeMs, endMs);
    return target;
  }

  /** A late record has changed a session that has fired, and did not reopen it. */
  private fireAgain(row: number): void {
    this.aggregate();
    this.firing.fireOne(row);
  }

  /** Aggregates what was taken so far. */
  private aggregate(): void {
    const { rows, positions, taken: to } = this;
    this.taken = 0;
    if (to > 0) this.aggregation.update(this.table, { rows, positions, from: 0, to });
  }
}
