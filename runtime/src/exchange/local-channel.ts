import { type ChannelCounts, type ChannelReceiver, type ChannelSender, channelCredit } from './channel.ts';
import type { StreamElement } from './element.ts';
import { ElementQueue, type Watch } from './element-queue.ts';

/** A channel inside one thread: a queue of references. */
export class LocalChannel implements ChannelSender, ChannelReceiver {
  private readonly queue = new ElementQueue();
  private readonly onElement: () => void;
  private readonly onCredit: () => void;

  /** `onElement` wakes the receiver's task, `onCredit` the sender's. */
  constructor(onElement: () => void, onCredit: () => void) {
    this.onElement = onElement;
    this.onCredit = onCredit;
  }

  get counts(): ChannelCounts {
    return { queued: this.queue.length, bytes: 0 };
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

  watch(watch: Watch): void {
    const hadCredit = this.hasCredit();
    this.queue.watch(watch);
    if (!hadCredit && this.hasCredit()) this.onCredit();
  }

  unwatch(): void {
    this.queue.unwatch();
  }

  restore(elements: readonly StreamElement[]): void {
    this.queue.restore(elements);
  }
}
