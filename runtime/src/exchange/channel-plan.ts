import type { PhysicalGraph, Task, TaskEdge } from '../graph/physical-graph.ts';

/** A channel between slots of different threads: the same number in every slot, since it follows from the graph alone. */
export interface RemoteChannel {
  readonly number: number;
  readonly edge: TaskEdge;
  readonly fromSlot: number;
  readonly toSlot: number;
}

/** Every channel of a graph that leaves its slot, in a fixed order. Forward edges never do. */
export const planRemoteChannels = (graph: PhysicalGraph): readonly RemoteChannel[] => {
  const channels: RemoteChannel[] = [];
  for (const edge of graph.edges) {
    if (edge.partitioning.kind === 'forward') continue;
    const senders = (graph.tasks[edge.from] as Task).parallelism;
    const receivers = (graph.tasks[edge.to] as Task).parallelism;
    for (let fromSlot = 0; fromSlot < senders; fromSlot++) {
      for (let toSlot = 0; toSlot < receivers; toSlot++) {
        if (fromSlot !== toSlot) channels.push({ number: channels.length, edge, fromSlot, toSlot });
      }
    }
  }
  return channels;
};
