import { buildGraph } from '../../../src/artifact/load.ts';
import { blackhole } from '../../../src/connectors/blackhole/index.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import type { PhysicalGraph } from '../../../src/graph/physical-graph.ts';

/** Two tasks in two slots: numbers, and their totals by key. */
export const graphOfTwo: PhysicalGraph = buildGraph(
  (env) =>
    void env
      .fromSource(collection([1]))
      .name('numbers')
      .keyBy((n) => n)
      .reduce((a) => a)
      .name('totals')
      .sinkTo(blackhole()),
  {},
  { parallelism: 2 },
);
