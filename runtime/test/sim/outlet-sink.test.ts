import { Batch, type CommitterContext } from 'millrace';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../../sim/cluster.ts';
import { noFaults, type Verdict } from '../../sim/faults.ts';
import { traceLogger } from '../../sim/trace-logger.ts';
import { outletSink } from '../../sim/workload/outlet-sink.ts';
import { MetricGroup } from '../../src/telemetry/metrics.ts';
import { settle } from './support.ts';

const rig = () => {
  const cluster = new Cluster(1);
  const process = cluster.start('job');
  const sink = outletSink(cluster, 'windows');
  const shared: CommitterContext = {
    system: process.system,
    logger: traceLogger(process),
    metrics: new MetricGroup(),
    transformName: 'windows',
    baseDirectory: '/',
    owner: 'windows',
  };
  const writerOf = (attempt: number) =>
    sink.createWriter({
      ...shared,
      subtask: 0,
      parallelism: 1,
      attempt,
      wake: () => undefined,
      fail: () => undefined,
    });
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    promise.catch(() => undefined);
    await settle(cluster.world);
    return promise;
  };
  /** Seals a row and gives the name of its transaction. */
  const sealed = async (key: string, attempt = 1): Promise<string> => {
    const writer = await writerOf(attempt);
    writer.write(Batch.ofRows([{ key, value: '1' }], new Float64Array([0])));
    const [id] = await settled(writer.prepare(1));
    return id as string;
  };
  return { cluster, committer: sink.createCommitter(shared), sealed, settled, writerOf };
};

describe('the sink of the workload', () => {
  it('publishes by commits alone', async () => {
    const { cluster, committer, sealed, settled } = rig();
    const id = await sealed('a');
    expect(cluster.outlet.published).toEqual([]);
    await settled(committer.commit(id));
    await settled(committer.commit(id));
    expect(cluster.outlet.published).toMatchObject([{ key: 'a', attempt: 1, checkpointId: 1 }]);
  });

  it('has nothing to commit where nothing was written', async () => {
    const { writerOf, settled } = rig();
    expect(await settled((await writerOf(1)).prepare(1))).toEqual([]);
  });

  it('says that output is lost when older attempts were given up before they were committed', async () => {
    const { committer, sealed, settled } = rig();
    const [older, newer] = [await sealed('a', 1), await sealed('b', 2)];
    await settled(committer.abortOlder?.(2) ?? Promise.resolve());
    await settled(committer.commit(newer));
    await expect(settled(committer.commit(older))).rejects.toMatchObject({ code: 'output-lost' });
  });

  it.each<[Verdict, number]>([
    ['fail', 0],
    ['loseAnswer', 1],
  ])('may be tried again when a commit meets the fault %s', async (verdict, published) => {
    const { cluster, committer, sealed, settled } = rig();
    const id = await sealed('a');
    cluster.world.faults = { ...noFaults, judge: () => verdict };
    await expect(settled(committer.commit(id))).rejects.toThrow('did not answer');
    expect(cluster.outlet.published).toHaveLength(published);
    cluster.world.faults = noFaults;
    await settled(committer.commit(id));
    expect(cluster.outlet.published).toHaveLength(1);
  });
});
