import type { Evictor, WindowRecord } from '../../api/triggers.ts';
import { Batch } from '../../batch/batch.ts';
import { describeValue } from '../../batch/values.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { AccumulatorColumns } from '../aggregation/accumulator.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import { SkippedRecords } from '../aggregation/inputs.ts';
import type { FailureHandler } from '../processor.ts';
import type { KeptRecords, Pane } from './panes.ts';

/** A record on its way into panes. */
export interface ArrivingRecord {
  value: unknown;
  timestampMs: number;
  /** Position in the batch that the aggregation has read. */
  position: number;
  arrival: number;
  port: number;
}

const strangeRecord = (record: unknown): never => {
  throw new MillraceError(
    'user-code',
    `An evictor kept ${describeValue(record, 100)}, which was not in the window.`,
    {
      hint: 'Return some of the very records that keep() is given, e.g. by filter or slice.',
    },
  );
};

/** Orders records of several panes by arrival. */
const mergeRecords = (left: KeptRecords, right: KeptRecords): KeptRecords => {
  const all = [left, right].flatMap((kept) =>
    kept.values.map((value, i) => ({
      value,
      timestampMs: kept.timestamps[i]!,
      arrival: kept.arrivals[i]!,
      port: kept.ports[i]!,
    })),
  );
  all.sort((a, b) => a.arrival - b.arrival);
  return {
    values: all.map(({ value }) => value),
    timestamps: all.map(({ timestampMs }) => timestampMs),
    arrivals: all.map(({ arrival }) => arrival),
    ports: all.map(({ port }) => port),
  };
};

/**
 * What panes hold and how it becomes rows that an output can take. Accumulators of a pane are moved into a table of two rows
 * to be worked on; panes whose records are all kept are folded there when they fire.
 */
export class PaneContents {
  /** Row 0 is the pane in hand. */
  readonly columns: AccumulatorColumns;
  private readonly aggregation: Aggregation;
  private readonly keepsRecords: boolean;
  private readonly evictor: Evictor<unknown> | undefined;
  private readonly failures: FailureHandler;
  private readonly rows: Int32Array = new Int32Array(1);
  private readonly sourceRows: Int32Array = Int32Array.of(1);
  private readonly positions: Int32Array = new Int32Array(1);
  private readonly skipped: SkippedRecords = new SkippedRecords();

  constructor(aggregation: Aggregation, evictor: Evictor<unknown> | undefined, failures: FailureHandler) {
    this.aggregation = aggregation;
    this.evictor = evictor;
    this.keepsRecords = evictor !== undefined || aggregation.kind === 'collect';
    this.failures = failures;
    this.columns = {
      numbers: aggregation.initialNumbers.map(() => new Float64Array(2)),
      heaps: Array.from({ length: aggregation.heapCount }, () => [undefined, undefined]),
    };
  }

  /** Whether batches must be read by the aggregation before their records are added. */
  get readsBatches(): boolean {
    return !this.keepsRecords;
  }

  clear(pane: Pane): void {
    pane.records = undefined;
    pane.accumulator = undefined;
  }

  /** Takes a record in. May throw what a user's fold throws. */
  add(pane: Pane, record: ArrivingRecord): void {
    if (this.keepsRecords) {
      pane.records ??= { values: [], timestamps: [], arrivals: [], ports: [] };
      pane.records.values.push(record.value);
      pane.records.timestamps.push(record.timestampMs);
      pane.records.arrivals.push(record.arrival);
      pane.records.ports.push(record.port);
      return;
    }
    this.load(pane, 0);
    this.positions[0] = record.position;
    this.aggregation.update(this.columns, { rows: this.rows, positions: this.positions, from: 0, to: 1 });
    this.store(pane);
  }

  /** Takes in what another pane holds. */
  merge(pane: Pane, other: Pane): void {
    if (other.records !== undefined) {
      pane.records = pane.records === undefined ? other.records : mergeRecords(pane.records, other.records);
    }
    if (other.accumulator === undefined) return;
    if (pane.accumulator === undefined) pane.accumulator = other.accumulator;
    else {
      this.load(pane, 0);
      this.load(other, 1);
      this.aggregation.merge(this.columns, this.columns, {
        targets: this.rows,
        sources: this.sourceRows,
        length: 1,
      });
      this.store(pane);
    }
  }

  /** Brings a pane that fires into row 0; false when nothing is left to fire. */
  prepare(pane: Pane): boolean {
    if (pane.records === undefined) {
      if (pane.accumulator === undefined) return false;
      this.load(pane, 0);
      return true;
    }
    if (this.evictor?.when === 'before') this.evict(pane, this.evictor);
    if (pane.records.values.length === 0) return false;
    this.fold(pane.records);
    return true;
  }

  /** After a pane has fired: lets the evictor leave records out. */
  afterFiring(pane: Pane): void {
    if (this.evictor?.when === 'after' && pane.records !== undefined) this.evict(pane, this.evictor);
  }

  private evict(pane: Pane, evictor: Evictor<unknown>): void {
    const { values, timestamps, arrivals, ports } = pane.records as KeptRecords;
    const records = values.map((value, i): WindowRecord<unknown> => ({ value, timestampMs: timestamps[i]! }));
    const kept = evictor.keep(records, { startMs: pane.startMs, endMs: pane.endMs });
    const left = records.length - kept.length;
    if (left >= 0 && kept.every((record, i) => record === records[left + i])) {
      // Nearly always the last ones are kept.
      if (left > 0) for (const list of [values, timestamps, arrivals, ports]) list.splice(0, left);
      return;
    }
    const places = new Map(records.map((record, i) => [record, i]));
    const at = kept.map((record) => places.get(record) ?? strangeRecord(record));
    pane.records = {
      values: at.map((place) => values[place]),
      timestamps: at.map((place) => timestamps[place]!),
      arrivals: at.map((place) => arrivals[place]!),
      ports: at.map((place) => ports[place]!),
    };
  }

  /** Folds kept records into row 0. */
  private fold({ values, timestamps, ports }: KeptRecords): void {
    const { aggregation, columns } = this;
    this.reset();
    if (aggregation.kind === 'collect') {
      const isPair = aggregation.parts.length > 1;
      columns.heaps.forEach((heap, port) => {
        heap[0] = isPair ? values.filter((_, i) => ports[i] === port) : values;
      });
      return;
    }
    const batch = Batch.ofRows(values, Float64Array.from(timestamps));
    this.skipped.reset(batch.length);
    aggregation.read(batch, this.skipped, this.failures);
    for (let i = 0; i < batch.length; i++) {
      if (this.skipped.flags[i] === 1) continue;
      this.positions[0] = i;
      aggregation.update(columns, { rows: this.rows, positions: this.positions, from: 0, to: 1 });
    }
  }

  private reset(): void {
    this.columns.numbers.forEach((column, i) => {
      column[0] = this.aggregation.initialNumbers[i]!;
    });
    for (const heap of this.columns.heaps) heap[0] = undefined;
  }

  private load(pane: Pane, row: number): void {
    const { accumulator } = pane;
    const { numbers, heaps } = this.columns;
    for (let i = 0; i < numbers.length; i++) {
      numbers[i]![row] =
        accumulator === undefined ? this.aggregation.initialNumbers[i]! : accumulator.numbers[i]!;
    }
    for (let i = 0; i < heaps.length; i++) heaps[i]![row] = accumulator?.heaps[i];
  }

  private store(pane: Pane): void {
    const { numbers, heaps } = this.columns;
    pane.accumulator ??= { numbers: [], heaps: [] };
    for (let i = 0; i < numbers.length; i++) pane.accumulator.numbers[i] = numbers[i]![0]!;
    for (let i = 0; i < heaps.length; i++) pane.accumulator.heaps[i] = heaps[i]![0];
  }
}
