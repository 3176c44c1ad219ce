import type { IntervalJoinSettings } from '../../api/joins.ts';
import type { TransformSpec } from '../../api/transform.ts';
import type { Batch, BatchKeys } from '../../batch/batch.ts';
import { ByteWriter } from '../../batch/codec.ts';
import { hashValue } from '../../batch/hash.ts';
import type { KeyedSnapshot, SnapshotRequest } from '../../checkpoint/snapshot-unit.ts';
import { keyGroupOf } from '../../state/key-groups.ts';
import { gatherRows } from '../accumulator-rows.ts';
import { PassedTimes } from '../passed-times.ts';
import type { Budget, Processor, ProcessorContext } from '../processor.ts';
import { RecordGuard } from '../record-guard.ts';
import { RecordOutputs } from '../record-outputs.ts';
import { refusePromise } from '../refuse-promise.ts';
import { RowsByGroup } from '../rows-by-group.ts';
import { TableCheckpoints } from '../table-checkpoints.ts';
import { TablesSnapshot } from '../tables-snapshot.ts';
import { Deadlines } from '../window/deadlines.ts';
import { LateRecords } from '../window/late-records.ts';
import { withoutTimestamp } from '../window/layout.ts';
import { decodeJoinPiece, encodeJoinPiece } from './join-pieces.ts';
import { JoinTable } from './join-table.ts';
import { TimeBuffer } from './time-buffer.ts';

/** One side of the join. Its records look for partners in [time + fromMs, time + toMs] on the other side. */
interface Side {
  readonly port: 0 | 1;
  readonly fromMs: number;
  readonly toMs: number;
  readonly fromInclusive: boolean;
  readonly toInclusive: boolean;
  /** Whether a record without a partner comes out alone. */
  readonly isOuter: boolean;
  readonly late: LateRecords;
  /** By row of the key. */
  readonly buffers: (TimeBuffer | undefined)[];
}

const sidesOf = (
  settings: IntervalJoinSettings,
  context: ProcessorContext,
  table: JoinTable,
): readonly [Side, Side] => {
  const { type, lowerMs, upperMs, lowerInclusive, upperInclusive } = settings;
  const left: Side = {
    port: 0,
    fromMs: lowerMs,
    toMs: upperMs,
    fromInclusive: lowerInclusive,
    toInclusive: upperInclusive,
    isOuter: type === 'left' || type === 'full',
    late: new LateRecords({ lateOutput: settings.lateLeftOutput }, context),
    buffers: table.heaps[0],
  };
  const right: Side = {
    port: 1,
    fromMs: -upperMs,
    toMs: -lowerMs,
    fromInclusive: upperInclusive,
    toInclusive: lowerInclusive,
    isOuter: type === 'right' || type === 'full',
    late: new LateRecords({ lateOutput: settings.lateRightOutput }, context),
    buffers: table.heaps[1],
  };
  return [left, right];
};

/**
 * Joins each record with the records of its key on the other side that are near it in time. A record waits in a buffer of its
 * key, sorted by time, until the watermark has passed its *horizon*, the last time at which a partner could come. Only then it
 * is known that a record of an outer side has none.
 */
class IntervalJoinProcessor implements Processor {
  private readonly context: ProcessorContext;
  private readonly settings: IntervalJoinSettings;
  private readonly sides: readonly [Side, Side];
  private readonly table: JoinTable;
  private readonly grouped: RowsByGroup;
  private readonly checkpoints: TableCheckpoints;
  private readonly over: PassedTimes;
  /** Horizons of the first record of each buffer; a buffer is entered as row × 2 + port. */
  private readonly horizons: Deadlines;
  /** Which horizon of a buffer is meant, by entry: one that is entered anew makes the earlier one void. */
  private readonly stamps: number[] = [];
  private readonly outputs: RecordOutputs;
  private readonly guard: RecordGuard;
  private watermarkMs = -Infinity;
  /** All that was due by here is done. */
  private settledMs = -Infinity;

  constructor(settings: IntervalJoinSettings, context: ProcessorContext) {
    this.context = context;
    this.settings = settings;
    this.table = new JoinTable(context.memory.open({ state: 'keys' }));
    this.sides = sidesOf(settings, context, this.table);
    this.grouped = new RowsByGroup(context.maxParallelism);
    this.checkpoints = new TableCheckpoints(context.maxParallelism);
    this.over = new PassedTimes(context.maxParallelism);
    this.horizons = new Deadlines(context.memory.open({ state: 'horizons' }));
    this.outputs = new RecordOutputs(context);
    this.guard = new RecordGuard(context.failures, this.outputs, []);
  }

  process(batch: Batch, port: number): void {
    this.forgetOver();
    this.grouped.invalidate();
    const keys = batch.keys as BatchKeys;
    const side = this.sides[port]!;
    const records = batch.rows();
    for (let i = 0; i < batch.length; i++) {
      const timeMs = batch.timestamps[i]!;
      if (!Number.isFinite(timeMs))
        this.context.failures.handle(withoutTimestamp(timeMs), records[i], timeMs);
      else if (timeMs <= this.watermarkMs) side.late.take(batch, i);
      else this.take(side, keys.values[i], keys.hashes[i]!, records[i], timeMs);
    }
  }

  advanceWatermark(watermarkMs: number, budget: Budget): boolean {
    if (watermarkMs > this.watermarkMs) this.watermarkMs = watermarkMs;
    this.forgetOver();
    this.grouped.invalidate();
    const { horizons, sides } = this;
    while (horizons.isDue(this.watermarkMs)) {
      const entry = horizons.nextRow;
      const side = sides[entry & 1]!;
      if (horizons.nextStamp !== this.stamps[entry]) horizons.remove();
      else if (budget.take()) this.passHorizon(side, side.buffers[entry >> 1]!, entry >> 1);
      else return false;
    }
    this.settledMs = this.watermarkMs;
    return true;
  }

  /** Records of an outer side come out up to their horizon after their time: later ones must not find the watermark past them. */
  outputWatermark(watermarkMs: number): number {
    let heldMs = 0;
    for (const { isOuter, toMs } of this.sides) if (isOuter) heldMs = Math.max(heldMs, toMs);
    return watermarkMs - heldMs;
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    this.forgetOver();
    const { table, grouped } = this;
    const rows = grouped.of(table, keyGroup);
    if (rows.length === 0) return undefined;
    const { keys, heaps } = gatherRows(table, rows);
    const copied = heaps.map((side) => side.map((buffer) => table.copyHeap(buffer)));
    return encodeJoinPiece(-Infinity, [{ keys, columns: [], heaps: copied }], new ByteWriter()).slice();
  }

  importKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.dropKeyGroup(keyGroup);
    this.applyKeyGroup(keyGroup, bytes);
  }

  /** What a key has takes the place of what it had. */
  applyKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.grouped.invalidate();
    const { settledMs, keys } = decodeJoinPiece(bytes);
    for (const [key, ...buffers] of keys) {
      const hash = hashValue(key);
      const known = this.table.find(key, hash);
      if (known >= 0) this.release(known);
      this.sides.forEach((side, port) => {
        for (const [timeMs, record, isJoined] of buffers[port]!)
          this.keep(side, key, hash, record, timeMs, isJoined);
      });
    }
    this.over.note(keyGroup, settledMs);
  }

  dropKeyGroup(keyGroup: number): void {
    this.forgetOver();
    const { table, grouped, checkpoints } = this;
    for (const row of grouped.of(table, keyGroup)) this.release(row);
    grouped.removed(keyGroup);
    checkpoints.dropped(keyGroup, table.currentEpoch);
  }

  /** Increments do not name what time has ended: the first piece of a key group says which time had passed. */
  snapshotKeyGroups(request: SnapshotRequest): KeyedSnapshot {
    this.forgetOver();
    const { table, checkpoints, settledMs } = this;
    const epoch = table.currentEpoch;
    const { groups, afterEpochs } = checkpoints.begin(request, epoch);
    const account = this.context.memory.open({ state: 'snapshot' });
    const writer = new ByteWriter();
    return new TablesSnapshot({
      groups,
      tables: [table.freeze({ epoch, afterEpochs }, account)],
      columnCount: 0,
      heapCount: 2,
      placeCount: afterEpochs.length,
      account,
      isHeaded: true,
      encode: (_, runs, isFirst) => {
        const rows = runs.map((run) => run.rows);
        return encodeJoinPiece(isFirst ? settledMs : -Infinity, rows, writer).slice();
      },
      ended: () => {
        table.thaw();
        checkpoints.ended();
      },
    });
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.checkpoints.checkpointEnded(checkpointId, completed);
  }

  /** Removes records that came with an earlier part of a snapshot and had gone before its end, without output. */
  private forgetOver(): void {
    const { over, horizons, stamps, table, context } = this;
    if (over.isEmpty) return;
    const later: (readonly [number, number, number])[] = [];
    for (; horizons.isDue(over.latestMs); horizons.remove()) {
      const { nextRow: entry, nextStamp: stamp, nextMs: timeMs } = horizons;
      if (stamp !== stamps[entry]) continue;
      const row = entry >> 1;
      const side = this.sides[entry & 1]!;
      const overMs = over.of(keyGroupOf(table.hashAt(row), context.maxParallelism));
      const buffer = side.buffers[row]!;
      table.touch(row);
      while (buffer.size > 0 && buffer.firstMs + side.toMs <= overMs) buffer.removeFirst();
      if (buffer.size === 0) this.releaseIfEmpty(row);
      else later.push([Math.max(timeMs, buffer.firstMs + side.toMs), entry, stamp]);
    }
    for (const [timeMs, entry, stamp] of later) horizons.add(timeMs, entry, stamp);
    over.clear();
  }

  /** Joins a record with its partners, and keeps it when more can come. */
  private take(side: Side, key: unknown, hash: number, record: unknown, timeMs: number): void {
    const other = this.sides[1 - side.port]!;
    const found = this.table.find(key, hash);
    const partners = found < 0 ? undefined : other.buffers[found];
    const from = partners?.placeOf(timeMs + side.fromMs, !side.fromInclusive) ?? 0;
    const to = partners?.placeOf(timeMs + side.toMs, side.toInclusive) ?? 0;
    const isJoined = to > from;
    const mayCome = timeMs + side.toMs > this.watermarkMs;
    if (isJoined || (side.isOuter && !mayCome)) {
      if (!this.emitAll(side, record, timeMs, partners, from, to)) return;
      if (isJoined && other.isOuter) this.table.touch(found);
      partners?.noteJoined(from, to);
    }
    if (mayCome) this.keep(side, key, hash, record, timeMs, isJoined);
  }

  /** Emits a record with all its partners, or alone; false when it failed and was left to the policy. */
  private emitAll(
    side: Side,
    record: unknown,
    timeMs: number,
    partners: TimeBuffer | undefined,
    from: number,
    to: number,
  ): boolean {
    const { guard } = this;
    guard.begin();
    try {
      if (partners === undefined || from >= to) this.emit(side, record, undefined, timeMs);
      else {
        for (let i = from; i < to; i++) {
          this.emit(side, record, partners.valueAt(i), Math.max(timeMs, partners.timeAt(i)));
        }
      }
      guard.commit();
      return true;
    } catch (error) {
      guard.fail(error, record, timeMs);
      return false;
    }
  }

  private emit(side: Side, record: unknown, partner: unknown, timestampMs: number): void {
    const { join } = this.settings;
    const joined = side.port === 0 ? join(record, partner) : join(partner, record);
    refusePromise(joined, this.context.transformName, 'join');
    this.outputs.emit(joined, timestampMs);
  }

  private keep(
    side: Side,
    key: unknown,
    hash: number,
    record: unknown,
    timeMs: number,
    isJoined: boolean,
  ): void {
    const row = this.table.rowFor(key, hash);
    side.buffers[row] ??= new TimeBuffer(side.isOuter);
    const buffer = side.buffers[row]!;
    const firstMs = buffer.firstMs;
    buffer.add(timeMs, record, isJoined);
    if (!(firstMs <= timeMs)) this.enterHorizon(side, row);
  }

  private enterHorizon(side: Side, row: number): void {
    const entry = row * 2 + side.port;
    this.stamps[entry] = (this.stamps[entry] ?? 0) + 1;
    this.horizons.add(side.buffers[row]!.firstMs + side.toMs, entry, this.stamps[entry]!);
  }

  /** No partner can come any more for the first record of a buffer. */
  private passHorizon(side: Side, buffer: TimeBuffer, row: number): void {
    const { firstMs, firstValue } = buffer;
    const isAlone = side.isOuter && !buffer.firstWasJoined;
    // That its time has come is no change for an increment.
    if (this.table.isFrozen) this.table.touch(row);
    buffer.removeFirst();
    if (isAlone) this.emitAll(side, firstValue, firstMs, undefined, 0, 0);
    if (buffer.size > 0) this.horizons.postpone(buffer.firstMs + side.toMs);
    else {
      this.horizons.remove();
      this.releaseIfEmpty(row);
    }
  }

  private releaseIfEmpty(row: number): void {
    const [left, right] = this.sides;
    if ((left.buffers[row]?.size ?? 0) > 0 || (right.buffers[row]?.size ?? 0) > 0) return;
    this.release(row);
  }

  private release(row: number): void {
    for (const { port } of this.sides) this.stamps[row * 2 + port] = (this.stamps[row * 2 + port] ?? 0) + 1;
    this.table.remove(row);
  }
}

/** The processor of an interval join. */
export const createIntervalJoinProcessor = (
  spec: Extract<TransformSpec, { kind: 'intervalJoin' }>,
  context: ProcessorContext,
): Processor => new IntervalJoinProcessor(spec.join, context);
