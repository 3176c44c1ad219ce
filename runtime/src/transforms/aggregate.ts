import type { TransformSpec } from '../api/transform.ts';
import type { Batch, BatchKeys } from '../batch/batch.ts';
import { ByteReader, ByteWriter, decodeValue, encodeValue } from '../batch/codec.ts';
import { hashValue } from '../batch/hash.ts';
import { MillraceError } from '../contract/errors.ts';
import { keyGroupOf } from '../state/key-groups.ts';
import { AccumulatorTable } from '../state/typed-table.ts';
import { type Aggregation, compileAggregates } from './aggregation/compile.ts';
import { SkippedRecords } from './aggregation/inputs.ts';
import type { Processor, ProcessorContext } from './processor.ts';

type Spec = Extract<TransformSpec, { kind: 'aggregate' }>;

const formatVersion = 1;

/**
 * Built-in aggregates of each key, given for every record as they are with it: `{key, …results}`. A typed table a key group
 * holds the accumulators; they live for as long as the job.
 */
class AggregateProcessor implements Processor {
  private readonly context: ProcessorContext;
  private readonly aggregation: Aggregation;
  private readonly tables: (AccumulatorTable | undefined)[];
  private readonly skipped = new SkippedRecords();
  /** Selects one record for the accumulators, again and again. */
  private readonly one = { rows: new Int32Array(1), positions: new Int32Array(1), from: 0, to: 1 };

  constructor(spec: Spec, context: ProcessorContext) {
    this.context = context;
    this.aggregation = compileAggregates(spec.aggregates);
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
    const writer = new ByteWriter();
    encodeValue(
      [
        formatVersion,
        this.aggregation.arrivals,
        rows.map((row) => table.keyAt(row)),
        table.numbers.map((column) => rows.map((row) => column[row])),
        table.heaps.map((column) => rows.map((row) => column[row])),
      ],
      writer,
    );
    return writer.toBytes();
  }

  importKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    const [version, arrivals, keys, numbers, heaps] = decodeValue(new ByteReader(bytes)) as [
      number,
      number,
      readonly unknown[],
      readonly (readonly number[])[],
      readonly (readonly unknown[])[],
    ];
    if (version !== formatVersion) {
      throw new MillraceError(
        'record-invalid',
        `The aggregates of key group ${keyGroup} have format ${version}.`,
        {
          hint: 'They were written by a later version of Millrace; use that one.',
        },
      );
    }
    this.aggregation.raiseArrivals(arrivals);
    const table = this.tableOf(keyGroup);
    keys.forEach((key, position) => {
      const row = table.rowFor(key, hashValue(key));
      numbers.forEach((column, i) => {
        table.column(i)[row] = column[position]!;
      });
      heaps.forEach((column, i) => {
        table.heapColumn(i)[row] = column[position];
      });
    });
  }

  dropKeyGroup(keyGroup: number): void {
    this.tables[keyGroup]?.free();
    this.tables[keyGroup] = undefined;
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
    this.tables[keyGroup] = table;
    return table;
  }
}

export const createAggregateProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new AggregateProcessor(spec, context);
