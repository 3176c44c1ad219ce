/**
 * `exchange` moves elements between subtasks. A *channel* is a one-way link from one subtask to another with *credit*: the
 * receiver's permission for a number of batches. A task takes input only while all its outputs have credit; what one call
 * emits beyond that is *overdraft*, accepted, counted, and repaid before the next input. The *routing table* says which slot
 * owns which key group. Channels inside a thread pass batches by reference; between threads they are encoded into rings.
 */
import type { StreamElement } from './element.ts';
import type { Watch } from './element-queue.ts';

/** What one end of a channel counts; read now and then. */
export interface ChannelCounts {
  /** Elements that were sent and not taken, as far as this end knows. */
  readonly queued: number;
  /** Of all that went through, where it was encoded; 0 inside a thread. */
  readonly bytes: number;
}

/** The sending end. */
export interface ChannelSender {
  readonly counts?: ChannelCounts;
  /** Whether the receiver has given permission for another batch. */
  hasCredit(): boolean;
  /** Always accepts; without credit it is overdraft. */
  send(element: StreamElement): void;
}

/** The receiving end. Taking an element gives its credit back. */
export interface ChannelReceiver {
  readonly counts?: ChannelCounts;
  poll(): StreamElement | undefined;
  /** See `ElementQueue.watch`: all that was sent comes here without credit too, so nothing of the channel is anywhere else for long. */
  watch(watch: Watch): void;
  unwatch(): void;
  /** Before the first `poll`: what was in flight before a restart. */
  restore(elements: readonly StreamElement[]): void;
}

/**
 * Batches that may be under way on a channel before its sender must wait: enough for what a window of some ten thousand keys
 * gives when it fires. With half of it, two slots waited for each other 6 % of the time.
 */
export const channelCredit = 8;
