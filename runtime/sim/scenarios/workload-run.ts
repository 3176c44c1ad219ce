import type { LocalSettings } from '../../src/coordinator/local.ts';
import type { DeadLetterParcel } from '../../src/task/dead-letter-box.ts';
import type { Finding } from '../checkers/finding.ts';
import { checkConservation, checkOutput, checkSingleWriter } from '../checkers/output.ts';
import type { Cluster } from '../cluster.ts';
import type { SimulatedProcess } from '../process.ts';
import { traceLogger } from '../trace-logger.ts';
import { expectedRows, moreExpectedRows } from '../workload/expected.ts';
import type { Row } from '../workload/outlet.ts';
import { allRecords, type Numbered, type WorkloadSize } from '../workload/records.ts';

/** A handful of checkpoints while the sources are read. */
export const size: WorkloadSize = { partitions: 3, recordsPerPartition: 48, keys: 5, batch: 4, pauseMs: 100 };
/** Dead letters are published by parcel, each parcel once. */
const publishLetters = (
  { outlet }: Cluster,
  process: SimulatedProcess,
  parcels: readonly DeadLetterParcel[],
): void => {
  for (const { id, letters } of parcels) {
    const rows = letters.map(({ record }) => {
      const { partition, sequence } = record as Numbered;
      return { key: `${partition} ${sequence}`, value: 'bad' };
    });
    const publish = (): void =>
      outlet.publishOnce({ id, sink: 'letters', subtask: 0, attempt: 0, checkpointId: 0, rows });
    process.callNow('outlet.letters', id, publish, () => new Error('The outlet did not answer.'), undefined);
  }
};

/** How every process runs the workload, whatever its slots and its store. */
export const workloadSettings = (cluster: Cluster, process: SimulatedProcess) =>
  ({
    system: process.system,
    logger: traceLogger(process),
    jobName: 'workload',
    args: {},
    mode: 'Streaming',
    restart: { strategy: 'FixedDelay', attempts: 1_000_000, delayMs: 100 },
    deadLetterPolicy: 'deadLetter',
    deadLetters: () => undefined,
    deadLetterParcels: { commit: (parcels) => publishLetters(cluster, process, parcels) },
    baseDirectory: '/',
  }) satisfies Partial<LocalSettings>;

/** A call of user code to something that nobody counts, and that takes up to a tenth of a second. */
export const slowCall = ({ system }: SimulatedProcess): Promise<void> =>
  new Promise((resolve) => void system.timers.after(system.random.next() * 100, resolve));

/** Whether all of the workload came out, once, and nothing else. */
export const checkWorkload = (
  { world: { seed }, outlet: { published } }: Cluster,
  isRich: boolean,
): readonly Finding[] => {
  const expected = { ...expectedRows(seed, size), ...(isRich ? moreExpectedRows(seed, size) : {}) };
  const of = (name: string): readonly Row[] => published.filter(({ sink }) => sink === name);
  return [
    ...Object.entries(expected).flatMap(([name, rows]) => checkOutput(name, of(name), rows)),
    ...checkConservation(of('windows'), allRecords(seed, size).length),
    ...checkSingleWriter(published),
  ];
};
