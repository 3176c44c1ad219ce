import type { TransformSpec } from '../api/transform.ts';
import type { Batch, BatchKeys } from '../batch/batch.ts';
import { ByteReader, ByteWriter } from '../batch/codec.ts';
import { ReadShapes, WrittenShapes } from '../batch/value-codec.ts';
import type { KeyedSnapshot, SnapshotRequest } from '../checkpoint/snapshot-unit.ts';
import { MillraceError } from '../contract/errors.ts';
import type { TableCut } from '../state/frozen-table.ts';
import { keyGroupOf } from '../state/key-groups.ts';
import type { MemoryAccount } from '../state/memory-account.ts';
import type { TableRows } from '../state/row-scatter.ts';
import { AccumulatorTable } from '../state/typed-table.ts';
import { gatherRows, readAccumulators, writeAccumulators } from './accumulator-rows.ts';
import { type Aggregation, compileAggregates } from './aggregation/compile.ts';
import { SkippedRecords } from './aggregation/inputs.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { TableCheckpoints } from './table-checkpoints.ts';
import { type GroupPlace, SnapshotSequence, TablesSnapshot } from './tables-snapshot.ts';

type Spec = Extract<TransformSpec, { kind: 'aggregate' }>;

/** Version 1 never left a process: there were no checkpoints. */
const formatVersion = 2;

/** Rows of one key group, with the number of records seen before them. */
const encodeRows = (
  arrivals: number,
  runs: readonly TableRows[],
  writer: ByteWriter = new ByteWriter(),
): Uint8Array => {
  writer.reset();
  const shapes = new WrittenShapes();
  writer.writeByte(formatVersion);
  writer.writeVarint(arrivals);
  for (const rows of runs) writeAccumulators(rows, writer, shapes);
  return writer.toBytes();
};

/**
 * Built-in aggregates of each key, given for every record as they are with it: `{key, …results}`. A typed table a key group
 * holds the accumulators; they live for as long as the job.
 */
class AggregateProcessor implements Processor {
  private readonly context: ProcessorContext;
  private readonly aggregation: Aggregation;
  private readonly tables: (AccumulatorTable | undefined)[];
  private readonly skipped = new SkippedRecords();
  private readonly checkpoints: TableCheckpoints;
  /** Rows are noted with this number when they are written. */
  private epoch = 1;
  /** Selects one record for the accumulators, again and again. */
  private readonly one = { rows: new Int32Array(1), positions: new Int32Array(1), from: 0, to: 1 };

  constructor(spec: Spec, context: ProcessorContext) {
    this.context = context;
    this.aggregation = compileAggregates(spec.aggregates);
    this.checkpoints = new TableCheckpoints(context.maxParallelism);
    this.tables = new Array<AccumulatorTable | undefined>(context.maxParallelism).fill(undefined);
  }

  process(batch: Batch): void {
    const { keys, length } = batch;
    const { transformName, failures } = this.context;
    if (keys === undefined)
      throw new MillraceError('internal', `Records without keys came to “${transformName}”.`);
    this.skipped.reset(length);
    this.aggregation.read(batch, this.skipped, failures);
    this.run(batch, keys);
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    const table = this.tables[keyGroup];
    if (table === undefined || table.size === 0) return undefined;
    const rows: number[] = [];
    table.forEachRow((row) => rows.push(row));
    return encodeRows(this.aggregation.arrivals, [gatherRows(table, Int32Array.from(rows))]);
  }

  importKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.dropKeyGroup(keyGroup);
    this.applyKeyGroup(keyGroup, bytes);
  }

  applyKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    const version = reader.readByte();
    if (version !== formatVersion) throw reader.corrupt(`aggregates have the unknown version ${version}`);
    this.aggregation.raiseArrivals(reader.readVarint());
    const shapes = new ReadShapes();
    while (reader.remaining > 0) readAccumulators(reader, shapes, this.tableOf(keyGroup));
  }

  dropKeyGroup(keyGroup: number): void {
    if (this.tables[keyGroup] !== undefined) this.checkpoints.dropped(keyGroup, this.epoch);
    this.tables[keyGroup]?.free();
    this.tables[keyGroup] = undefined;
  }

  snapshotKeyGroups(request: SnapshotRequest): KeyedSnapshot {
    const { checkpoints, epoch } = this;
    const { groups, afterEpochs } = checkpoints.begin(request, epoch);
    this.epoch += 1;
    const account = this.context.memory.open({ state: 'snapshot' });
    const writer = new ByteWriter();
    const parts = groups.map((group) => {
      const cut = { epoch, afterEpochs: Int32Array.of(afterEpochs[group.keyGroup]!) };
      return this.freeze(group, cut, account.open(), writer);
    });
    return new SnapshotSequence(parts, () => {
      account.close();
      checkpoints.ended();
    });
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.checkpoints.checkpointEnded(checkpointId, completed);
  }

  private freeze(
    { keyGroup, mode }: GroupPlace,
    cut: TableCut,
    account: MemoryAccount,
    writer: ByteWriter,
  ): KeyedSnapshot {
    const table = this.tables[keyGroup];
    const { arrivals, initialNumbers, heapCount } = this.aggregation;
    return new TablesSnapshot({
      groups: [{ keyGroup, mode, place: 0 }],
      tables: table === undefined ? [] : [table.freeze(cut, account)],
      columnCount: initialNumbers.length,
      heapCount,
      placeCount: 1,
      account,
      isHeaded: false,
      encode: (_, runs) =>
        encodeRows(
          arrivals,
          runs.map(({ rows }) => rows),
          writer,
        ),
      ended: () => table?.thaw(),
    });
  }

  private run(batch: Batch, { values, hashes }: BatchKeys): void {
    const { aggregation, one, skipped, context } = this;
    const { maxParallelism, output } = context;
    for (let i = 0; i < batch.length; i++) {
      if (skipped.count > 0 && skipped.flags[i] === 1) continue;
      const hash = hashes[i]!;
      const key = values[i];
      const table =
        this.tables[keyGroupOf(hash, maxParallelism)] ?? this.tableOf(keyGroupOf(hash, maxParallelism));
      const row = table.rowFor(key, hash);
      one.rows[0] = row;
      one.positions[0] = i;
      aggregation.update(table, one);
      const result: Record<string, unknown> = { key };
      aggregation.addResults(result, table, row);
      output.emit(result, batch.timestamps[i]!);
    }
  }

  private tableOf(keyGroup: number): AccumulatorTable {
    const known = this.tables[keyGroup];
    if (known !== undefined) return known;
    const { initialNumbers, heapCount } = this.aggregation;
    const layout = { columns: initialNumbers, heapColumns: heapCount };
    const table = new AccumulatorTable(layout, this.context.memory.open({ state: 'aggregates' }));
    table.epoch = this.epoch;
    this.tables[keyGroup] = table;
    return table;
  }
}

export const createAggregateProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new AggregateProcessor(spec, context);
