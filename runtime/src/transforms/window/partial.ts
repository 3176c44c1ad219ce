import type { BuiltInKind } from '../../api/aggregates.ts';
import type { KeySelector, WindowSettings } from '../../api/transform.ts';
import type { Batch, BatchKeys } from '../../batch/batch.ts';
import { createKeyExtractor, type KeyExtractor } from '../../exchange/keys.ts';
import { type Aggregation, compileAggregates } from '../aggregation/compile.ts';
import { SkippedRecords } from '../aggregation/inputs.ts';
import type { Budget, Processor, ProcessorContext } from '../processor.ts';
import { createLayout } from './aligned-layout.ts';
import { BatchKeySource } from './batch-keys.ts';
import { type AlignedAssigner, withoutTimestamp } from './layout.ts';
import { countColumn, tableBatches } from './partial-batches.ts';
import { Router } from './router.ts';
import { type Slice, SliceStore } from './slices.ts';

/** The first phase of a windowed aggregation, before the exchange. `key` is absent for windows without keys. */
export interface PartialWindowSpec {
  readonly window: WindowSettings;
  readonly key: KeySelector | undefined;
}

/** Aggregates whose result does not depend on how records were grouped on the way. */
const anyOrder: ReadonlySet<BuiltInKind> = new Set<BuiltInKind>([
  'count',
  'sum',
  'average',
  'minimum',
  'maximum',
  'countDistinct',
  'approximateCountDistinct',
  'quantiles',
]);

/**
 * Whether a window may be aggregated in two phases with the same results: aligned windows of event time with built-in
 * aggregates that merge in any order, whose late records are only counted.
 */
export const aggregatesInParts = (window: WindowSettings): boolean => {
  const { assigner, aggregation, trigger, evictor, allowedLatenessMs, lateOutput } = window;
  if (assigner.kind !== 'tumbling' && assigner.kind !== 'sliding' && assigner.kind !== 'cumulative')
    return false;
  if (assigner.time !== 'event' || (assigner.timeZone !== undefined && assigner.timeZone !== 'UTC'))
    return false;
  if (trigger !== undefined && trigger.kind !== 'eventTime') return false;
  if (evictor !== undefined || allowedLatenessMs > 0 || lateOutput !== undefined) return false;
  return (
    aggregation.kind === 'builtIn' &&
    Object.values(aggregation.aggregates).every(({ kind }) => anyOrder.has(kind))
  );
};

/** Rows held back at most: beyond, the tables fall out of the processor's caches and holding back gains nothing. */
const mostRows = 65_536;

/**
 * Folds records into slices before the exchange and sends the accumulators instead of the records, when the watermark comes to
 * the end of a window that needs them. What it holds is not state: before a watermark, a barrier or the end goes on,
 * everything that belongs before it has gone.
 */
class PartialWindowProcessor implements Processor {
  private readonly context: ProcessorContext;
  private readonly aggregation: Aggregation;
  private readonly store: SliceStore;
  private readonly router: Router;
  private readonly keyed: boolean;
  private readonly keysOf: KeyExtractor;
  private readonly skipped: SkippedRecords = new SkippedRecords();
  private rows: Int32Array = new Int32Array(2048);
  private batch!: Batch;
  private keys!: BatchKeys;
  private watermarkMs = -Infinity;
  /** No slice has to go before the watermark comes to here. */
  private nextMs = Infinity;

  constructor({ window, key }: PartialWindowSpec, context: ProcessorContext) {
    this.context = context;
    this.aggregation = compileAggregates(
      window.aggregation.kind === 'builtIn' ? window.aggregation.aggregates : {},
    );
    const { initialNumbers, heapCount } = this.aggregation;
    const shape = { initialNumbers: [...initialNumbers, 0], heapCount };
    const layout = createLayout(window.assigner as AlignedAssigner);
    this.store = new SliceStore(layout, true, shape, 0, context.memory);
    this.router = new Router(this.store);
    this.keyed = window.keyed;
    const extract = key === undefined ? undefined : createKeyExtractor(key);
    const constant = new BatchKeySource(false);
    this.keysOf = extract ?? ((batch) => constant.keysOf(batch));
  }

  process(batch: Batch): void {
    const { skipped, router } = this;
    this.batch = batch;
    this.keys = this.keysOf(batch);
    skipped.reset(batch.length);
    // The second phase decides what is late: here nothing is.
    router.route(batch.timestamps, batch.length, -Infinity, skipped, this);
    this.aggregation.read(batch, skipped, this.context.failures);
    router.forEachSlice(batch.length, skipped, this.take);
    let held = 0;
    for (const slice of this.store.slices) held += slice.table.size;
    for (const { slices } of router.cells) for (const slice of slices) this.expect(slice);
    // Late records go at once: their windows may fire any time behind the exchange.
    if (held > mostRows) this.send(Infinity);
    else if (this.nextMs <= this.watermarkMs) this.send(this.watermarkMs);
  }

  advanceWatermark(watermarkMs: number, _budget: Budget): boolean {
    if (watermarkMs > this.watermarkMs) this.watermarkMs = watermarkMs;
    if (this.nextMs <= watermarkMs) this.send(watermarkMs);
    return true;
  }

  prepareBarrier(): void {
    this.send(Infinity);
  }

  finish(): boolean {
    this.send(Infinity);
    return true;
  }

  late(): void {
    // Nothing is late here.
  }

  timeless(position: number): void {
    const timestampMs = this.batch.timestamps[position]!;
    this.context.failures.handle(withoutTimestamp(timestampMs), this.batch.rows()[position], timestampMs);
  }

  private readonly take = (slice: Slice, positions: Int32Array, from: number, to: number): void => {
    if (this.rows.length < to) this.rows = new Int32Array(to * 2);
    const { table } = slice;
    const { rows, keys, aggregation } = this;
    if (this.router.isSorted) table.lookupAt(keys.values, keys.hashes, positions, from, to, rows);
    else table.lookup(keys.values, keys.hashes, from, to - from, rows);
    aggregation.update(table, { rows, positions, from, to });
    const counts = table.numbers[countColumn(aggregation)]!;
    for (let j = from; j < to; j++) counts[rows[j]!]! += 1;
  };

  /** When the first window that includes a slice fires. */
  private dueMs(slice: Slice): number {
    return (this.store.layout.firstWindow(slice, -Infinity)?.endMs ?? Infinity) - 1;
  }

  private expect(slice: Slice): void {
    if (slice.table.size > 0) this.nextMs = Math.min(this.nextMs, this.dueMs(slice));
  }

  /** Sends what windows need that fire by this time. */
  private send(untilMs: number): void {
    for (const slice of this.store.slices) {
      if (this.dueMs(slice) > untilMs || slice.table.size === 0) continue;
      for (const batch of tableBatches(slice.table, slice.startMs, this.keyed))
        this.context.output.emitBatch(batch);
      slice.table.clear();
    }
    this.store.release(this.watermarkMs);
    this.nextMs = Infinity;
    for (const slice of this.store.slices) this.expect(slice);
  }
}

/** The processor of the first phase. Its results must be partitioned by their field `key`, and their watermarks follow them. */
export const createPartialWindowProcessor = (spec: PartialWindowSpec, context: ProcessorContext): Processor =>
  new PartialWindowProcessor(spec, context);
