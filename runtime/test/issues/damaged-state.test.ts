import { expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { LocalJob } from '../../src/coordinator/local-job.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { FakeCluster, settle } from '../coordinator/fake-deployment.ts';
import { keptLog } from '../coordinator/frozen-job.ts';

it('a damaged checkpoint ends the job instead of being read again for ever', async () => {
  const graph = buildGraph(
    (env) => void env.fromSource(collection([1])).sinkTo(blackhole()),
    {},
    { parallelism: 1 },
  );
  const { system } = createTestSystem();
  const cluster = new FakeCluster(1, true);
  const { logger } = keptLog();
  const restart = { strategy: 'FixedDelay', attempts: 100, delayMs: 0 } as const;
  const job = new LocalJob({ system, logger, graph, restart, deploy: cluster.deploy });
  job.start();
  await settle();
  const damaged = new MillraceError('state-damaged', 'The state object 0-0 is damaged.', { hint: 'Look.' });
  cluster.newest.slots[0]?.reports.onFailed(damaged);
  for (const slot of cluster.newest.slots) slot.closed.resolve();
  cluster.newest.enumerators.closed.resolve();
  expect(await job.ended).toMatchObject({ state: 'failed', attempts: 1, error: damaged });
});
