import { type ChannelReceiver, type ChannelSender, channelCredit } from './channel.ts';
import type { StreamElement } from './element.ts';

/** Elements taken before the queue is cut: a queue that is never empty must not hold on to what went through it. */
const longestPast = 64;

/** A channel inside one thread: a queue of references. */
export class LocalChannel implements ChannelSender, ChannelReceiver {
  private queue: StreamElement[] = [];
  private head = 0;
  private readonly onElement: () => void;
  private readonly onCredit: () => void;

  /** `onElement` wakes the receiver's task, `onCredit` the sender's. */
  constructor(onElement: () => void, onCredit: () => void) {
    this.onElement = onElement;
    this.onCredit = onCredit;
  }

  hasCredit(): boolean {
    return this.queue.length - this.head < channelCredit;
  }

  send(element: StreamElement): void {
    this.queue.push(element);
    this.onElement();
  }

  poll(): StreamElement | undefined {
    if (this.head === this.queue.length) return undefined;
    const hadCredit = this.hasCredit();
    const element = this.queue[this.head++] as StreamElement;
    if (this.head === this.queue.length || this.head === longestPast) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    if (!hadCredit && this.hasCredit()) this.onCredit();
    return element;
  }
}
