import { ByteReader } from '../batch/codec.ts';
import type { SlotRestore } from '../checkpoint/slot-snapshot.ts';
import type { InFlightUnit } from '../checkpoint/snapshot-unit.ts';
import { MillraceError } from '../contract/errors.ts';
import type { ChannelReceiver } from '../exchange/channel.ts';
import { channelName, edgeNames, placeOfChannel } from '../exchange/channel-names.ts';
import type { StreamElement } from '../exchange/element.ts';
import { readElement } from '../exchange/frame.ts';
import { createEdgeKeyExtractor } from '../exchange/keys.ts';
import { createPartitioner } from '../exchange/partitioner.ts';
import type { Task, TaskEdge } from '../graph/physical-graph.ts';
import type { SlotSetup } from './slot-setup.ts';

type Place = Pick<SlotSetup, 'graph' | 'slot' | 'routing'>;
type Receivers = ReadonlyMap<string, ChannelReceiver>;

const elementsOf = ({ items }: InFlightUnit): readonly StreamElement[] =>
  items.map((item) => readElement(new ByteReader(item)));

const receiverOf = (receivers: Receivers, name: string): ChannelReceiver => {
  const receiver = receivers.get(name);
  if (receiver !== undefined) return receiver;
  throw new MillraceError(
    'internal',
    `A checkpoint holds what was in flight on ${name}, which is no channel.`,
  );
};

/** Keys do not travel: they follow from the records. */
const withKeys = ({ partitioning }: TaskEdge): ((element: StreamElement) => StreamElement) => {
  if (partitioning.kind !== 'hash') return (element) => element;
  const extract = createEdgeKeyExtractor(partitioning.key);
  return (element) => (element.kind === 'batch' ? element.withKeys(extract(element)) : element);
};

/** Every channel begins with what it had, watermarks among the records. */
const asItWas = (edge: TaskEdge, units: readonly InFlightUnit[], receivers: Receivers): void => {
  const keyed = withKeys(edge);
  for (const unit of units) receiverOf(receivers, unit.state).restore(elementsOf(unit).map(keyed));
};

/**
 * Channels lead to other subtasks: the records of an edge go through its partitioner again, as every slot that the edge leads to does with
 * all of them, and this one keeps its own. Watermarks are left out: each sender says its own again.
 */
const routedAgain = (
  edge: TaskEdge,
  units: readonly InFlightUnit[],
  { graph, slot, routing }: Place,
  receivers: Receivers,
): void => {
  const { partitioning } = edge;
  const senders = (graph.tasks[edge.from] as Task).parallelism;
  const subtasks = (graph.tasks[edge.to] as Task).parallelism;
  const partitioner = createPartitioner(partitioning, routing);
  for (const unit of units) {
    const { edge: name, fromSlot } = placeOfChannel(unit.state);
    const from = partitioning.kind === 'forward' ? slot : fromSlot % senders;
    const receiver = receiverOf(receivers, channelName({ edge: name, fromSlot: from }));
    for (const element of elementsOf(unit)) {
      if (element.kind !== 'batch') continue;
      if (partitioning.kind === 'forward') {
        if (unit.subtask % subtasks === slot) receiver.restore([element]);
      } else if (partitioning.kind === 'broadcast') {
        // Everybody begins with the broadcast state of the first subtask, and so with what that one had still to take.
        if (unit.subtask === 0) receiver.restore([element]);
      } else {
        partitioner.split(element, subtasks, (subtask, part) => {
          if (subtask === slot) receiver.restore([part]);
        });
      }
    }
  }
};

/** Puts what was in flight to a slot in front of its channels. Before its first step. */
export const restoreInFlight = (
  { inFlight, isRerouted }: Pick<SlotRestore, 'inFlight' | 'isRerouted'>,
  place: Place,
  receivers: Receivers,
): void => {
  const byEdge = Map.groupBy(inFlight, ({ state }) => placeOfChannel(state).edge);
  edgeNames(place.graph).forEach((name, index) => {
    const units = byEdge.get(name);
    const edge = place.graph.edges[index] as TaskEdge;
    if (units === undefined) return;
    if (isRerouted) routedAgain(edge, units, place, receivers);
    else asItWas(edge, units, receivers);
  });
};
