import type { SlotSetup } from './slot-setup.ts';

/** The group of metrics in which a slot counts what markers tell: by task, and in it by source. */
export const latencyGroup = 'latency';

/** Keeps how long markers were on their way to a task of a slot, a histogram for each source. */
export const latencyRecorder = (
  { metrics, graph }: Pick<SlotSetup, 'metrics' | 'graph'>,
  task: string,
): ((source: number, latencyMs: number) => void) => {
  const byTask = metrics.group(latencyGroup).group(task);
  return (source, latencyMs) => {
    const name = graph.tasks[source]?.name ?? String(source);
    byTask.group(name).histogram('latency').record(latencyMs);
  };
};
