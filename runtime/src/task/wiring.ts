import type { ChannelReceiver } from '../exchange/channel.ts';
import { channelName, edgeNames } from '../exchange/channel-names.ts';
import { LocalChannel } from '../exchange/local-channel.ts';
import { createPartitioner, type RecordRefusal } from '../exchange/partitioner.ts';
import type { Task, TaskEdge } from '../graph/physical-graph.ts';
import { EdgeOutput } from './edge-output.ts';
import type { SlotSetup } from './slot-setup.ts';

/** The slots that run the other end of an edge, seen from this slot. */
const peers = (edge: TaskEdge, parallelism: number, slot: number): readonly number[] =>
  edge.partitioning.kind === 'forward' ? [slot] : Array.from({ length: parallelism }, (_, peer) => peer);

/** The receiving end of a channel, the input port that it leads to, and its name in snapshots. */
export interface NamedReceiver {
  readonly receiver: ChannelReceiver;
  readonly port: number;
  readonly name: string;
}

/** Makes the channel ends of one slot. Both ends of a channel inside the slot meet in the same object. */
export class SlotWiring {
  private readonly setup: SlotSetup;
  private readonly wake: (task: number) => void;
  private readonly local = new Map<number, LocalChannel>();
  private readonly edgeNames: readonly string[];
  /** All receiving ends by their names. */
  readonly receivers: Map<string, ChannelReceiver> = new Map();

  /** `wake` wakes this slot's subtask of a task. */
  constructor(setup: SlotSetup, wake: (task: number) => void) {
    this.setup = setup;
    this.wake = wake;
    this.edgeNames = edgeNames(setup.graph);
  }

  /** The sending side of an edge of a task of this slot. `refuse` gets records for which the edge finds no receiver. */
  output(edge: TaskEdge, refuse: RecordRefusal): EdgeOutput {
    const { graph, slot, remote, routing } = this.setup;
    const { parallelism } = graph.tasks[edge.to] as Task;
    const channels = peers(edge, parallelism, slot).map((peer) =>
      peer === slot ? this.localChannel(edge) : remote.sender(edge, peer, () => this.wake(edge.from)),
    );
    return new EdgeOutput(createPartitioner(edge.partitioning, routing, refuse), channels);
  }

  /** The channels into a task of this slot. */
  inputs(task: Task): readonly NamedReceiver[] {
    const { graph, slot } = this.setup;
    return task.inputs.flat().flatMap((edge) => {
      const { parallelism } = graph.tasks[edge.from] as Task;
      return peers(edge, parallelism, slot).map((peer) => this.input(edge, peer));
    });
  }

  private input(edge: TaskEdge, peer: number): NamedReceiver {
    const { slot, remote } = this.setup;
    const receiver =
      peer === slot ? this.localChannel(edge) : remote.receiver(edge, peer, () => this.wake(edge.to));
    const name = channelName({ edge: this.edgeNames[edge.index] as string, fromSlot: peer });
    this.receivers.set(name, receiver);
    return { receiver, port: edge.port, name };
  }

  private localChannel(edge: TaskEdge): LocalChannel {
    const known = this.local.get(edge.index);
    if (known !== undefined) return known;
    const channel = new LocalChannel(
      () => this.wake(edge.to),
      () => this.wake(edge.from),
    );
    this.local.set(edge.index, channel);
    return channel;
  }
}
