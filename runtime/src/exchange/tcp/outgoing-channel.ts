import type { ChannelCounts, ChannelSender } from '../channel.ts';
import type { StreamElement } from '../element.ts';
import { Queue } from '../queue.ts';

/** More than between threads, since credit comes back only when both slots have let their event loops turn. */
export const tcpChannelCredit = 16;

/** The sending end of a channel to another process. Credit is for a number of batches and for their bytes, both. */
export class OutgoingChannel implements ChannelSender {
  private readonly creditBytes: number;
  private readonly onCredit: () => void;
  private readonly write: (element: StreamElement) => number;
  /** Bytes of each batch that was sent and not taken. */
  private readonly underWay = new Queue<number>();
  private underWayBytes = 0;
  private isLacking = false;
  private bytes = 0;

  /** `write` gives the bytes that went. */
  constructor(creditBytes: number, onCredit: () => void, write: (element: StreamElement) => number) {
    this.creditBytes = creditBytes;
    this.onCredit = onCredit;
    this.write = write;
  }

  get counts(): ChannelCounts {
    return { queued: this.underWay.length, bytes: this.bytes };
  }

  hasCredit(): boolean {
    const has = this.underWay.length < tcpChannelCredit && this.underWayBytes < this.creditBytes;
    if (!has) this.isLacking = true;
    return has;
  }

  send(element: StreamElement): void {
    const bytes = this.write(element);
    this.bytes += bytes;
    if (element.kind !== 'batch' || bytes === 0) return;
    this.underWay.push(bytes);
    this.underWayBytes += bytes;
  }

  /** So many batches were taken; false when there were not so many. */
  giveBack(batches: number): boolean {
    if (batches > this.underWay.length) return false;
    for (let i = 0; i < batches; i++) this.underWayBytes -= this.underWay.take() as number;
    if (this.isLacking && this.hasCredit()) {
      this.isLacking = false;
      this.onCredit();
    }
    return true;
  }
}
