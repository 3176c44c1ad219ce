import { estimateBatchBytes } from '../batch/estimate.ts';
import type { StreamElement } from '../exchange/element.ts';
import { Queue } from '../exchange/queue.ts';

/** An element that an unaligned barrier has overtaken, and the channel that it waits in. */
export interface OvertakenElement {
  readonly channel: string;
  readonly element: StreamElement;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** A limit for what waits to be written. */
export interface OvertakenLimit {
  readonly bytes: number;
  /** It was reached, and no longer is. */
  onRoom(): void;
}

const noLimit: OvertakenLimit = { bytes: Infinity, onRoom: () => undefined };

/**
 * What the barrier of one checkpoint has overtaken in one subtask: an input gate fills it until the barrier has come on every channel, the
 * slot's snapshots empty it. It holds references: to what lies in the channels, which their credit bounds, and to what was taken from there and
 * is not written yet, which is bounded here: a gate takes nothing more of those channels while it is full.
 */
export class Overtaken {
  private readonly limit: OvertakenLimit;
  private elements = new Queue<OvertakenElement>();
  private bytes = 0;
  private channels = 0;
  private hasBegun = false;
  private isReleased = false;
  /** There is something to take, or nothing more will come. */
  onChange: () => void = () => undefined;

  constructor(limit: OvertakenLimit = noLimit) {
    this.limit = limit;
  }

  /** Nothing more comes, and all was taken. */
  get isWhole(): boolean {
    return this.isClosed && this.elements.length === 0;
  }

  /** The barrier has come on every channel. */
  get isClosed(): boolean {
    return this.hasBegun && this.channels === 0;
  }

  get isFull(): boolean {
    return this.bytes >= this.limit.bytes;
  }

  add(channel: string, element: StreamElement): void {
    if (this.isReleased) return;
    const bytes = element.kind === 'batch' ? estimateBatchBytes(element) : 0;
    this.bytes += bytes;
    this.elements.push({ channel, element, bytes });
    this.onChange();
  }

  take(): OvertakenElement | undefined {
    const next = this.elements.take();
    if (next !== undefined) this.free(next.bytes);
    return next;
  }

  /** One more channel on which the barrier has not come. */
  expect(): void {
    this.channels++;
  }

  /** The barrier has come on such a channel, or never will. */
  arrived(): void {
    this.channels--;
    this.onChange();
  }

  /** All channels have been told. */
  begun(): void {
    this.hasBegun = true;
  }

  /** Nobody writes it any more: the checkpoint was given up. */
  release(): void {
    this.isReleased = true;
    this.elements = new Queue();
    this.free(this.bytes);
  }

  private free(bytes: number): void {
    const wasFull = this.isFull;
    this.bytes -= bytes;
    if (wasFull && !this.isFull) this.limit.onRoom();
  }
}
