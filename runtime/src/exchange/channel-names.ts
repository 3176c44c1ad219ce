import type { TransformNode } from '../api/transform.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { uidOf } from '../graph/stateful.ts';

/**
 * Names each edge of a graph by the transforms at its ends, so that a checkpoint with records in flight is understood by code in which
 * something else has changed. Edges that are alike in all that are counted.
 */
export const edgeNames = ({ tasks, edges }: PhysicalGraph): readonly string[] => {
  const counts = new Map<string, number>();
  return edges.map(({ from, fromPosition, output, to, port }) => {
    const sender = tasks[from]?.chain[fromPosition] as TransformNode;
    const receiver = tasks[to]?.chain[0] as TransformNode;
    const name = JSON.stringify([uidOf(sender), output ?? null, uidOf(receiver), port]);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name} ${count}`;
  });
};

/** A channel into a known slot: its edge, and the slot it comes from. */
export interface ChannelPlace {
  readonly edge: string;
  readonly fromSlot: number;
}

export const channelName = ({ edge, fromSlot }: ChannelPlace): string => `${fromSlot} ${edge}`;

export const placeOfChannel = (name: string): ChannelPlace => {
  const space = name.indexOf(' ');
  return { edge: name.slice(space + 1), fromSlot: Number(name.slice(0, space)) };
};
