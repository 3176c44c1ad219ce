import type { Batch, BatchKeys } from '../../batch/batch.ts';
import { ByteWriter } from '../../batch/codec.ts';
import type { KeyedSnapshot, SnapshotRequest } from '../../checkpoint/snapshot-unit.ts';
import type { AccumulatorColumns } from '../aggregation/accumulator.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import { SkippedRecords } from '../aggregation/inputs.ts';
import type { Budget, Processor, ProcessorContext } from '../processor.ts';
import { TableCheckpoints } from '../table-checkpoints.ts';
import { TablesSnapshot } from '../tables-snapshot.ts';
import { createLayout } from './aligned-layout.ts';
import { BatchKeySource } from './batch-keys.ts';
import { FiredGroups } from './fired-groups.ts';
import { withOutputState } from './function-snapshot.ts';
import type { GeneralSettings } from './general-settings.ts';
import { LateRecords } from './late-records.ts';
import { type AlignedAssigner, type Span, withoutTimestamp } from './layout.ts';
import { packParts, packState, unpackState } from './packed-state.ts';
import { PaneFiring } from './pane-firing.ts';
import type { PaneOutput } from './pane-output.ts';
import { partialColumns, partialCounts } from './partial-batches.ts';
import { Router, type StrayRecords } from './router.ts';
import { SliceBlocks } from './slice-blocks.ts';
import { encodeRowCounts, encodeSlices, type SliceRows, SliceTransfer } from './slice-transfer.ts';
import { type Cell, type Slice, SliceStore } from './slices.ts';

/** The settings of a window that this path runs: aligned windows that aggregate, with the trigger of their time domain. */
export interface SlicedSettings extends GeneralSettings {
  readonly assigner: AlignedAssigner;
}

/** Remembers the accumulators of a row: a fold replaces its heap value and never changes it where failures are undone. */
const saveRow = ({ numbers, heaps }: AccumulatorColumns, row: number): (() => void) => {
  const numbersBefore = numbers.map((column) => column[row]!);
  const heapsBefore = heaps.map((heap) => heap[row]);
  return () => {
    numbersBefore.forEach((value, i) => {
      numbers[i]![row] = value;
    });
    heapsBefore.forEach((value, i) => {
      heaps[i]![row] = value;
    });
  };
};

/**
 * The fast path of windows: time is cut into slices, each with one table of accumulators; a record is one lookup and one
 * update in its slice, a window is merged from its slices when it fires. Records and firings are taken in whole batches; only
 * a late record that makes a window fire again is taken alone.
 *
 * *Progress* is the time that has been passed: the watermark, or the clock minus 1 ms. A window fires when progress reaches its
 * last instant.
 */
export class SlicedWindowProcessor implements Processor, StrayRecords {
  private readonly context: ProcessorContext;
  private readonly settings: SlicedSettings;
  private readonly aggregation: Aggregation;
  private readonly store: SliceStore;
  private readonly blocks: SliceBlocks;
  private readonly transfer: SliceTransfer;
  private readonly router: Router;
  private readonly firing: PaneFiring;
  private readonly output: PaneOutput;
  private readonly skipped: SkippedRecords = new SkippedRecords();
  private readonly lateRecords: LateRecords;
  private readonly keySource: BatchKeySource;
  private readonly isEventTime: boolean;
  /** A record that fails in a user's fold must be undone in all its windows, so each is taken alone. */
  private readonly undoes: boolean;
  private rows: Int32Array = new Int32Array(2048);
  private readonly alone: Int32Array = new Int32Array(1);
  private batch!: Batch;
  private keys!: BatchKeys;
  private partials: AccumulatorColumns = { numbers: [], heaps: [] };
  private progressMs = -Infinity;
  private readonly fired: FiredGroups;
  private readonly checkpoints: TableCheckpoints;
  /** Windows whose turn it is, by end. */
  private due: readonly Span[] = [];
  /** Nothing is to do before progress comes to here. */
  private nextMs = Infinity;

  constructor(
    settings: SlicedSettings,
    context: ProcessorContext,
    aggregation: Aggregation,
    output: PaneOutput,
  ) {
    const { assigner } = settings;
    this.context = context;
    this.settings = settings;
    this.aggregation = aggregation;
    this.output = output;
    this.isEventTime = assigner.time === 'event';
    this.undoes = context.failures.recoverable && aggregation.mayHaveEmptyRows;
    const { kind } = aggregation;
    const isZoned = assigner.timeZone !== undefined && assigner.timeZone !== 'UTC';
    const shared = (kind === 'builtIn' || kind === 'collect') && !isZoned;
    const latenessMs = this.isEventTime ? settings.allowedLatenessMs : 0;
    this.store = new SliceStore(createLayout(assigner), shared, aggregation, latenessMs, context.memory);
    this.blocks = new SliceBlocks(this.store, assigner);
    this.transfer = new SliceTransfer(this.store, context.maxParallelism);
    this.router = new Router(this.store);
    this.firing = new PaneFiring(aggregation, output, () => this.store.createTable(), context.maxParallelism);
    this.fired = new FiredGroups(context.maxParallelism);
    this.checkpoints = new TableCheckpoints(context.maxParallelism);
    this.lateRecords = new LateRecords(settings, context);
    this.keySource = new BatchKeySource(settings.keyed);
  }

  process(batch: Batch, port: number): void {
    this.transfer.invalidate();
    this.batch = batch;
    this.keys = this.keySource.keysOf(batch);
    this.skipped.reset(batch.length);
    this.route(batch);
    if (batch.isPartial) {
      this.partials = partialColumns(batch, this.aggregation);
      this.router.forEachSlice(batch.length, this.skipped, this.takePartials);
      return;
    }
    this.aggregation.read(batch, this.skipped, this.context.failures, port);
    if (this.undoes || this.refires()) this.takeOneByOne(batch.length);
    else this.router.forEachSlice(batch.length, this.skipped, this.take);
  }

  advanceWatermark(watermarkMs: number, budget: Budget): boolean {
    this.output.watermarkMs = watermarkMs;
    return this.isEventTime ? this.advance(watermarkMs, budget) : true;
  }

  advanceTime(nowMs: number, budget: Budget): boolean {
    return this.isEventTime ? true : this.advance(nowMs - 1, budget);
  }

  nextTimeMs(): number {
    return this.isEventTime ? Infinity : this.nextMs + 1;
  }

  open(): Promise<void> | void {
    return this.output.open?.();
  }

  close(): Promise<void> | void {
    return this.output.close?.();
  }

  finish(budget: Budget): boolean {
    return this.isEventTime ? true : this.advance(Infinity, budget);
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    const slices = this.transfer.export(keyGroup, this.fired.endOf(keyGroup));
    return packState({
      arrivals: this.aggregation.arrivals,
      parts: [slices, this.output.exportKeyGroup?.(keyGroup)],
    });
  }

  importKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.dropKeyGroup(keyGroup);
    this.applyKeyGroup(keyGroup, bytes);
  }

  /** A piece has slices or state of functions; both where it is all of a key group. */
  applyKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    const { arrivals, parts } = unpackState(bytes);
    const [slices, output, rowCounts] = parts;
    if (rowCounts !== undefined) this.transfer.expectRows(rowCounts);
    this.aggregation.raiseArrivals(arrivals);
    if (slices !== undefined) this.fired.admit(keyGroup, this.transfer.import(slices));
    if (parts.length === 2 && output === undefined) this.output.dropKeyGroup?.(keyGroup);
    if (output !== undefined) this.output.applyKeyGroup?.(keyGroup, output);
    this.blocks.clear();
    this.nextMs = -Infinity;
  }

  dropKeyGroup(keyGroup: number): void {
    this.blocks.clear();
    this.transfer.drop(keyGroup);
    this.output.dropKeyGroup?.(keyGroup);
    this.checkpoints.dropped(keyGroup, this.store.currentEpoch);
  }

  snapshotKeyGroups(request: SnapshotRequest): KeyedSnapshot {
    const { store, checkpoints, fired } = this;
    const { groups, afterEpochs } = checkpoints.begin(request, store.currentEpoch);
    const account = this.context.memory.open({ state: 'snapshot' });
    const spans = store.slices.map(({ startMs, endMs, lastEndMs }) => ({ startMs, endMs, lastEndMs }));
    const { arrivals } = this.aggregation;
    const writer = new ByteWriter();
    const firedEnds = new Map(groups.map(({ keyGroup }) => [keyGroup, fired.endOf(keyGroup)]));
    const rowCounts = encodeRowCounts(store.slices, groups.length);
    const windows = new TablesSnapshot({
      groups,
      tables: store.freeze(afterEpochs, account),
      columnCount: this.aggregation.initialNumbers.length,
      heapCount: this.aggregation.heapCount,
      placeCount: afterEpochs.length,
      account,
      isHeaded: true,
      encode: (keyGroup, runs, isFirst) => {
        const rows = runs.map((run): SliceRows => ({ slice: spans[run.table]!, rows: run.rows }));
        const slices = encodeSlices(firedEnds.get(keyGroup)!, rows, writer);
        const isWhole = isFirst && afterEpochs[keyGroup] === 0;
        return packParts({ arrivals, parts: isWhole ? [slices, undefined, rowCounts] : [slices] });
      },
      ended: () => {
        store.thaw();
        checkpoints.ended();
      },
    });
    return withOutputState(windows, request, (keyGroup) => afterEpochs[keyGroup] === 0, this.output);
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.checkpoints.checkpointEnded(checkpointId, completed);
    this.output.checkpointEnded?.(checkpointId, completed);
  }

  late(position: number): void {
    if (this.batch.isPartial) this.lateRecords.drop(partialCounts(this.batch, this.aggregation)[position]!);
    else this.lateRecords.take(this.batch, position);
  }

  timeless(position: number): void {
    const timestampMs = this.batch.timestamps[position]!;
    this.context.failures.handle(withoutTimestamp(timestampMs), this.batch.rows()[position], timestampMs);
  }

  private route(batch: Batch): void {
    const { router, skipped } = this;
    if (this.isEventTime) router.route(batch.timestamps, batch.length, this.progressMs, skipped, this);
    else {
      // A clock that was set back must not reopen windows that have fired.
      const timeMs = Math.max(this.context.nowMs(), this.progressMs + 1);
      router.routeAll(timeMs, batch.length, this.progressMs, skipped);
    }
    for (const cell of router.cells) {
      for (const slice of cell.slices) if (slice.table.size === 0) this.expect(slice);
    }
  }

  /** A slice has got its first records: its first window may be the next to fire. */
  private expect(slice: Slice): void {
    const endMs = this.store.shared
      ? this.store.layout.firstWindow(slice, this.fired.endMs)?.endMs
      : slice.endMs;
    const dueMs = endMs === undefined || endMs <= this.fired.endMs ? Infinity : endMs - 1;
    this.nextMs = Math.min(this.nextMs, dueMs, this.store.releaseMs(slice));
  }

  /** Takes the records of one slice in. A field, so that no closure is made for a batch. */
  private readonly take = (slice: Slice, positions: Int32Array, from: number, to: number): void => {
    this.lookUp(slice, positions, from, to);
    this.aggregation.update(slice.table, { rows: this.rows, positions, from, to });
  };

  /** Merges accumulators of the first phase into one slice. */
  private readonly takePartials = (slice: Slice, positions: Int32Array, from: number, to: number): void => {
    this.lookUp(slice, positions, from, to);
    const pairs = {
      targets: this.rows.subarray(from, to),
      sources: positions.subarray(from, to),
      length: to - from,
    };
    this.aggregation.merge(slice.table, this.partials, pairs);
  };

  private lookUp(slice: Slice, positions: Int32Array, from: number, to: number): void {
    const { table } = slice;
    this.blocks.touch(slice);
    if (this.rows.length < to) this.rows = new Int32Array(to * 2);
    const { rows, keys } = this;
    if (this.router.isSorted) table.lookupAt(keys.values, keys.hashes, positions, from, to, rows);
    else table.lookup(keys.values, keys.hashes, from, to - from, rows);
  }

  /** Whether some record of the batch comes to a window that has fired and is not over. */
  private refires(): boolean {
    return this.router.cells.some((cell) => this.refiredWindows(cell).length > 0);
  }

  private refiredWindows(cell: Span): Span[] {
    const { store, progressMs } = this;
    if (this.settings.allowedLatenessMs === 0 || !this.isEventTime) return [];
    return store.layout
      .windowsOf(cell)
      .filter(({ endMs }) => endMs - 1 <= progressMs && !store.isOver(endMs, progressMs));
  }

  /** Takes records alone: fires windows again for their keys as each comes, and undoes one that fails in a user's fold. */
  private takeOneByOne(length: number): void {
    const { router } = this;
    for (let i = 0; i < length; i++) {
      const cell = router.cells[router.cellNumbers[i]!];
      if (cell === undefined || this.skipped.flags[i] === 1) continue;
      if (this.takeAlone(cell, i)) this.refire(cell, i);
    }
    this.output.flush();
  }

  /** False when the record failed in a user's fold, was undone and left to the policy. */
  private takeAlone(cell: Cell, position: number): boolean {
    const { keys, aggregation, rows, alone } = this;
    const before: (() => void)[] = [];
    alone[0] = position;
    try {
      for (const slice of cell.slices) {
        const { table } = slice;
        this.blocks.touch(slice);
        const row = table.rowFor(keys.values[position], keys.hashes[position]!);
        if (this.undoes) before.push(saveRow(table, row));
        rows[0] = row;
        aggregation.update(table, { rows, positions: alone, from: 0, to: 1 });
      }
      return true;
    } catch (error) {
      if (!this.undoes) throw error;
      for (const restore of before) restore();
      this.context.failures.handle(error, this.batch.rows()[position], this.batch.timestamps[position]!);
      return false;
    }
  }

  private refire(cell: Cell, position: number): void {
    const { store, firing, keys } = this;
    for (const window of this.refiredWindows(cell)) {
      const tables = store.slicesIn(window).map((slice) => slice.table);
      firing.fireKey(window, tables, keys.values[position], keys.hashes[position]!);
    }
  }

  private advance(progressMs: number, budget: Budget): boolean {
    if (progressMs > this.progressMs) this.progressMs = progressMs;
    if (progressMs < this.nextMs) {
      this.fired.settle(this.progressMs + 1);
      return true;
    }
    this.transfer.invalidate();
    for (;;) {
      if (!this.firing.run(budget)) {
        this.output.flush();
        return false;
      }
      if (!this.beginNext()) break;
    }
    this.output.flush();
    this.store.release(this.progressMs);
    this.blocks.release();
    this.output.release?.(this.progressMs);
    this.fired.settle(this.progressMs + 1);
    this.nextMs = this.nextDueMs();
    return true;
  }

  /** Begins the next window that is due; false when none is. */
  private beginNext(): boolean {
    if (this.due.length === 0) {
      this.due = this.store
        .firstWindows(this.fired.endMs)
        .filter(({ endMs }) => endMs - 1 <= this.progressMs);
    }
    const [window, ...rest] = this.due;
    if (window === undefined) return false;
    this.due = rest;
    this.firing.begin(window, this.blocks.plan(window), this.fired.firedBefore(window.endMs));
    if (rest.length === 0) this.fired.endMs = window.endMs;
    return true;
  }

  private nextDueMs(): number {
    const endMs = this.store.firstWindows(this.fired.endMs)[0]?.endMs ?? Infinity;
    return Math.min(endMs - 1, this.store.nextReleaseMs());
  }
}
