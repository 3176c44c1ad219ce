import type { DataStream } from '../../src/api/data-stream.ts';
import { createEnvironment, type StreamEnvironment } from '../../src/api/environment.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';
import { type PlanSettings, planJob } from '../../src/graph/plan.ts';
import { type Bid, plannedSource } from '../api/support.ts';

/** Plans the graph that `build` describes from a stream of bids. */
export const plan = (
  build: (bids: DataStream<Bid>, env: StreamEnvironment) => void,
  settings: Partial<PlanSettings> = {},
): PhysicalGraph => {
  const env = createEnvironment();
  build(env.fromSource(plannedSource<Bid>({ canNarrow: true }), undefined, { name: 'bids' }), env);
  return planJob(env.nodes, { parallelism: 2, ...settings });
};

/** Tasks and edges as short lines, e.g. `0 bids → map#1 ×2` and `0.1 -hash→ 1:0`. */
export const outline = (graph: PhysicalGraph): readonly string[] => [
  ...graph.tasks.map((task) => `${task.index} ${task.name} ×${task.parallelism}`),
  ...graph.edges.map((edge) => {
    const output = edge.output === undefined ? '' : `[${edge.output}]`;
    return `${edge.from}.${edge.fromPosition}${output} -${edge.partitioning.kind}→ ${edge.to}:${edge.port}`;
  }),
];
