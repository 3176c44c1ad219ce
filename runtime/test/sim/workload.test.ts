import type { Job, Sink } from 'millrace';
import { describe, expect, it } from 'vitest';
import { checkConservation, checkOutput } from '../../sim/checkers/output.ts';
import { Cluster } from '../../sim/cluster.ts';
import type { SimulatedProcess } from '../../sim/process.ts';
import { traceLogger } from '../../sim/trace-logger.ts';
import { expectedRows } from '../../sim/workload/expected.ts';
import { type SinkName, sinkNames, workloadJob } from '../../sim/workload/job.ts';
import type { MoreSinkName } from '../../sim/workload/more-streams.ts';
import { Outlet, type Row } from '../../sim/workload/outlet.ts';
import { allRecords, type WorkloadSize } from '../../sim/workload/records.ts';
import { createSharedThreadJob } from '../../src/coordinator/local.ts';
import type { LocalJob } from '../../src/coordinator/local-job.ts';

/** The job as one process runs it without any checkpoint. */
const jobIn = (process: SimulatedProcess, job: Job): LocalJob =>
  createSharedThreadJob(job, {
    system: process.system,
    logger: traceLogger(process),
    jobName: 'workload',
    args: {},
    parallelism: 2,
    maxParallelism: 16,
    mode: 'Streaming',
    restart: { strategy: 'None' },
    deadLetterPolicy: 'fail',
    deadLetters: () => undefined,
    baseDirectory: '/',
  });

const size: WorkloadSize = { partitions: 3, recordsPerPartition: 60, keys: 5, batch: 3, pauseMs: 20 };

/** Runs the workload to its end into plain lists. */
const run = async (seed: number) => {
  const cluster = new Cluster(seed);
  const rows: Record<SinkName, Row[]> = { windows: [], totals: [], counts: [] };
  const sink = (name: SinkName | MoreSinkName): Sink<Row> => ({
    kind: 'list',
    delivery: 'none',
    createWriter: () => ({
      write: (batch) => void rows[name as SinkName].push(...(batch.rows() as readonly Row[])),
      flush: () => undefined,
      close: () => undefined,
    }),
  });
  const job = jobIn(cluster.start('job'), workloadJob(seed, size, { sink, taste: () => undefined }));
  let state: string | undefined;
  void job.ended.then((result) => {
    state = result.state;
  });
  job.start();
  const end = await cluster.world.run(() => state !== undefined, 60_000);
  return { rows, end, state, nowMs: cluster.world.nowMs, trace: cluster.world.trace };
};

describe('the workload', () => {
  it('gives what it is computed to give, in a while of virtual time', async () => {
    const { rows, end, state, nowMs } = await run(1);
    expect([end, state]).toEqual(['reached', 'finished']);
    const expected = expectedRows(1, size);
    for (const name of sinkNames) expect(checkOutput(name, rows[name], expected[name])).toEqual([]);
    expect(checkConservation(rows.windows, allRecords(1, size).length)).toEqual([]);
    expect(nowMs).toBeGreaterThan(300);
  });

  it('runs the same way twice from one seed', async () => {
    const [one, again, other] = [await run(2), await run(2), await run(3)];
    expect([again.rows, again.nowMs, again.trace]).toEqual([one.rows, one.nowMs, one.trace]);
    expect(other.rows).not.toEqual(one.rows);
  });
});

describe('the outlet', () => {
  const transaction = (id: string, attempt = 1) => ({
    id,
    sink: 'windows',
    subtask: 0,
    attempt,
    checkpointId: 1,
    rows: [{ key: id, value: '1' }],
  });

  it('publishes what is committed, once, and nothing else', () => {
    const outlet = new Outlet();
    for (const id of ['a', 'b', 'c']) outlet.seal(transaction(id));
    outlet.commit('b');
    outlet.commit('b');
    outlet.abort('b');
    outlet.abort('c');
    expect(outlet.published.map(({ key }) => key)).toEqual(['b']);
    expect(outlet.sealed().map(({ id }) => id)).toEqual(['a']);
  });

  it('says loudly that a transaction can no longer be committed', () => {
    const outlet = new Outlet();
    outlet.seal(transaction('a'));
    outlet.abort('a');
    expect(() => outlet.commit('a')).toThrow('was aborted');
    expect(() => outlet.commit('b')).toThrow('no transaction b');
    expect(() => outlet.seal(transaction('a'))).toThrow('sealed before');
  });

  it('gives up what older attempts have left', () => {
    const outlet = new Outlet();
    outlet.seal(transaction('a', 1));
    outlet.seal(transaction('b', 2));
    outlet.abortOlder('windows', 2);
    expect(outlet.sealed().map(({ id }) => id)).toEqual(['b']);
  });
});
