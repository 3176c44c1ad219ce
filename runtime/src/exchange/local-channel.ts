import { type ChannelReceiver, type ChannelSender, channelCredit } from './channel.ts';
import type { StreamElement } from './element.ts';
import { Queue } from './queue.ts';

/** A channel inside one thread: a queue of references. */
export class LocalChannel implements ChannelSender, ChannelReceiver {
  private readonly queue = new Queue<StreamElement>();
  private readonly onElement: () => void;
  private readonly onCredit: () => void;

  /** `onElement` wakes the receiver's task, `onCredit` the sender's. */
  constructor(onElement: () => void, onCredit: () => void) {
    this.onElement = onElement;
    this.onCredit = onCredit;
  }

  hasCredit(): boolean {
    return this.queue.length < channelCredit;
  }

  send(element: StreamElement): void {
    this.queue.push(element);
    this.onElement();
  }

  poll(): StreamElement | undefined {
    const hadCredit = this.hasCredit();
    const element = this.queue.take();
    if (!hadCredit && this.hasCredit()) this.onCredit();
    return element;
  }
}
