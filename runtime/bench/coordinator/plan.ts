import { count, type Job, monotonousTimestamps, tumbling } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';
import { buildGraph } from '../../src/artifact/load.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';

export const slots = 200;
export const slotsPerWorker = 20;
export const jobUid = 'bench';

export const job: Job = (env) => {
  env
    .fromSource(
      generator<{ key: number; at: number }>({
        generate: (index) => ({ key: index % 1000, at: index }),
        recordsPerSecond: 1000,
        timestamp: 'at',
      }),
      monotonousTimestamps(),
    )
    .name('readings')
    .keyBy('key')
    .window(tumbling('1m'))
    .aggregate({ readings: count() })
    .name('counts')
    .sinkTo(blackhole())
    .name('sink');
};

/** As coordinator and workers plan it. */
export const planJob = (): PhysicalGraph => buildGraph(job, {}, { parallelism: slots });
