import type { TaskEdge } from '../graph/physical-graph.ts';
import type { ChannelCounts, ChannelReceiver } from './channel.ts';
import type { StreamElement } from './element.ts';
import { ElementQueue, type Watch } from './element-queue.ts';
import { createEdgeKeyExtractor, type KeyExtractor } from './keys.ts';

/** The receiving end of a channel from another thread or process: decoded elements wait here until the gate takes them. */
export class RemoteReceiver implements ChannelReceiver {
  private readonly queue = new ElementQueue();
  private readonly extract: KeyExtractor | undefined;
  private readonly onElement: () => void;
  private readonly giveCredit: () => void;
  private bytes = 0;

  constructor({ partitioning }: TaskEdge, onElement: () => void, giveCredit: () => void) {
    this.extract = partitioning.kind === 'hash' ? createEdgeKeyExtractor(partitioning.key) : undefined;
    this.onElement = onElement;
    this.giveCredit = giveCredit;
  }

  get counts(): ChannelCounts {
    return { queued: this.queue.length, bytes: this.bytes };
  }

  /** `bytes`: how long its frame was. */
  accept(element: StreamElement, bytes: number = 0): void {
    this.bytes += bytes;
    this.queue.push(element);
    this.onElement();
  }

  poll(): StreamElement | undefined {
    const isRestored = this.queue.isNextRestored;
    const element = this.queue.take();
    if (element?.kind !== 'batch') return element;
    if (!isRestored) this.giveCredit();
    // Keys do not travel: they follow from the records.
    return this.extract === undefined ? element : element.withKeys(this.extract(element));
  }

  watch(watch: Watch): void {
    this.queue.watch(watch);
  }

  unwatch(): void {
    this.queue.unwatch();
  }

  restore(elements: readonly StreamElement[]): void {
    this.queue.restore(elements);
  }
}
