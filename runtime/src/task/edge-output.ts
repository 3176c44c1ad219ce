import type { Batch } from '../batch/batch.ts';
import type { ChannelSender } from '../exchange/channel.ts';
import type { StreamElement } from '../exchange/element.ts';
import type { Partitioner } from '../exchange/partitioner.ts';
import { type FlowCounts, flowOf } from './flow-counts.ts';

/** The sending side of one edge in one subtask: a partitioner in front of a channel for each receiving subtask. */
export class EdgeOutput {
  recordsSent = 0;
  private next = -1;
  private readonly partitioner: Partitioner;
  private readonly channels: readonly ChannelSender[];
  private readonly deliver: (receiver: number, part: Batch) => void;

  constructor(partitioner: Partitioner, channels: readonly ChannelSender[]) {
    this.partitioner = partitioner;
    this.channels = channels;
    this.deliver = (receiver, part) => (channels[receiver] as ChannelSender).send(part);
  }

  /** What stands in its channels, and what went through them. */
  get counts(): FlowCounts {
    return flowOf(this.channels);
  }

  send(batch: Batch): void {
    this.recordsSent += batch.length;
    this.partitioner.split(batch, this.channels.length, this.deliver);
  }

  /** Watermarks, barriers and the end go to every receiver. */
  sendToAll(element: StreamElement): void {
    if (element.kind === 'barrier' && element.routing !== undefined)
      this.partitioner.reroute(element.routing);
    for (const channel of this.channels) channel.send(element);
  }

  /** A marker goes one way, another each time: sent to all, and by each of them again, there would be no end of them. */
  sendToNext(element: StreamElement): void {
    this.next = (this.next + 1) % this.channels.length;
    this.channels[this.next]?.send(element);
  }

  hasCredit(): boolean {
    for (const channel of this.channels) if (!channel.hasCredit()) return false;
    return true;
  }
}
