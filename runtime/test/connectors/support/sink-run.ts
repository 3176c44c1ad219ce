import type { ConnectorContext, Sink, SinkWriter } from '../../../src/api/connectors.ts';
import { Batch } from '../../../src/batch/batch.ts';
import type { ColumnSet } from '../../../src/batch/column.ts';
import { toColumns } from '../../../src/batch/columnize.ts';
import { MetricGroup } from '../../../src/telemetry/metrics.ts';
import type { TestSystem } from './test-system.ts';

export interface SinkPlace {
  readonly subtask?: number;
  readonly parallelism?: number;
  readonly attempt?: number;
  readonly owner?: string;
  readonly checkpoints?: boolean;
  readonly baseDirectory?: string;
}

/** What a writer tells its task. */
export interface SinkSignals {
  wakes: number;
  readonly failures: unknown[];
}

export const sinkContext = (
  test: TestSystem,
  place: SinkPlace = {},
  signals: SinkSignals = { wakes: 0, failures: [] },
): ConnectorContext => ({
  system: test.system,
  logger: test.logger,
  metrics: new MetricGroup(),
  transformName: 'sink',
  baseDirectory: place.baseDirectory ?? '/base',
  subtask: place.subtask ?? 0,
  parallelism: place.parallelism ?? 1,
  attempt: place.attempt ?? 1,
  owner: place.owner ?? 'job/sink',
  checkpoints: place.checkpoints ?? false,
  wake: () => {
    signals.wakes++;
  },
  fail: (error) => void signals.failures.push(error),
});

export const openWriter = async <T>(
  sink: Sink<T>,
  test: TestSystem,
  place: SinkPlace = {},
  signals?: SinkSignals,
): Promise<SinkWriter> => sink.createWriter(sinkContext(test, place, signals));

export const rowBatch = (rows: readonly unknown[], timestamps: readonly number[] = []): Batch =>
  Batch.ofRows(
    rows,
    Float64Array.from(rows, (_, i) => timestamps[i] ?? Number.NaN),
  );

/** The same records as columns. */
export const columnBatch = (rows: readonly unknown[]): Batch =>
  Batch.ofColumns(
    toColumns(rows, rows.length) as ColumnSet,
    new Float64Array(rows.length).fill(Number.NaN),
    rows.length,
  );
