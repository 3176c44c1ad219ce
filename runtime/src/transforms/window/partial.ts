import type { TransformSpec } from '../../api/transform.ts';
import type { Batch, BatchKeys } from '../../batch/batch.ts';
import { createKeyExtractor, type KeyExtractor, reusedHashes } from '../../exchange/keys.ts';
import { type Aggregation, compileAggregates } from '../aggregation/compile.ts';
import { SkippedRecords } from '../aggregation/inputs.ts';
import type { Budget, Processor, ProcessorContext } from '../processor.ts';
import { createLayout } from './aligned-layout.ts';
import { BatchKeySource } from './batch-keys.ts';
import { type AlignedAssigner, withoutTimestamp } from './layout.ts';
import { emitTable, firstPhaseShape } from './partial-batches.ts';
import { Reduction } from './reduction.ts';
import { Router } from './router.ts';
import { type Slice, SliceStore } from './slices.ts';

/** The first phase of a windowed aggregation, before the exchange. */
export type PartialWindowSpec = Extract<TransformSpec, { readonly kind: 'partialWindow' }>;

/** Rows held back at most: beyond, the tables fall out of the processor's caches and holding back gains nothing. */
const mostRows = 65_536;

/**
 * Folds records into slices before the exchange and sends the accumulators instead of the records, when the watermark comes to
 * the end of a window that needs them. Records pass as they are where folding gains nothing: inside one slot, and for a while
 * where nearly every record has a key of its own. What is held is not state: before a watermark, a barrier or the end goes on,
 * everything that belongs before it has gone.
 */
class PartialWindowProcessor implements Processor {
  private readonly context: ProcessorContext;
  private readonly aggregation: Aggregation;
  private readonly store: SliceStore;
  private readonly router: Router;
  private readonly keyed: boolean;
  private readonly keysOf: KeyExtractor;
  private readonly reduction: Reduction | undefined;
  private readonly skipped: SkippedRecords = new SkippedRecords();
  private rows: Int32Array = new Int32Array(2048);
  private batch!: Batch;
  private keys!: BatchKeys;
  private watermarkMs = -Infinity;
  /** No slice has to go before the watermark comes to here. */
  private nextMs = Infinity;

  constructor({ window, key, crossesSlots }: PartialWindowSpec, context: ProcessorContext) {
    this.context = context;
    this.aggregation = compileAggregates(
      window.aggregation.kind === 'builtIn' ? window.aggregation.aggregates : {},
    );
    const shape = firstPhaseShape(this.aggregation);
    const layout = createLayout(window.assigner as AlignedAssigner);
    this.store = new SliceStore(layout, true, shape, 0, context.memory);
    this.router = new Router(this.store);
    this.keyed = window.keyed;
    this.reduction = crossesSlots ? new Reduction() : undefined;
    const extract = key === undefined ? undefined : createKeyExtractor(key, reusedHashes());
    const constant = new BatchKeySource(false);
    this.keysOf = extract ?? ((batch) => constant.keysOf(batch));
  }

  process(batch: Batch): void {
    const { reduction } = this;
    if (reduction === undefined || reduction.letsPass(batch.length) || !this.readKeys(batch)) {
      this.context.output.emitBatch(batch);
      return;
    }
    reduction.addRecords(batch.length);
    this.fold(batch);
  }

  private fold(batch: Batch): void {
    const { skipped, router } = this;
    this.batch = batch;
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

  /** False when some record has no key: the edge behind knows what becomes of it. */
  private readKeys(batch: Batch): boolean {
    try {
      this.keys = this.keysOf(batch);
      return true;
    } catch {
      return false;
    }
  }

  private readonly take = (slice: Slice, positions: Int32Array, from: number, to: number): void => {
    if (this.rows.length < to) this.rows = new Int32Array(to * 2);
    const { table } = slice;
    const { rows, keys, aggregation } = this;
    if (this.router.isSorted) table.lookupAt(keys.values, keys.hashes, positions, from, to, rows);
    else table.lookup(keys.values, keys.hashes, from, to - from, rows);
    aggregation.update(table, { rows, positions, from, to });
    if (aggregation.countColumn !== undefined) return;
    const counts = table.numbers.at(-1)!;
    for (let j = from; j < to; j++) counts[rows[j]!]! += 1;
  };

  private readonly emit = (batch: Batch): void => this.context.output.emitBatch(batch);

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
      this.reduction?.addRows(slice.table.size);
      emitTable(slice.table, this.aggregation, slice.startMs, this.keyed, this.emit);
      // What is over is released below, and its table used again by how full it was.
      if (!this.store.isOver(slice.lastEndMs, this.watermarkMs)) slice.table.clear();
    }
    this.store.release(this.watermarkMs);
    this.nextMs = Infinity;
    for (const slice of this.store.slices) this.expect(slice);
  }
}

/** The processor of the first phase. Watermarks follow what it sends. */
export const createPartialWindowProcessor = (spec: PartialWindowSpec, context: ProcessorContext): Processor =>
  new PartialWindowProcessor(spec, context);
