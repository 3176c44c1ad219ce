import type { StreamElement } from '../exchange/element.ts';
import { Queue } from '../exchange/queue.ts';

/** An element that an unaligned barrier has overtaken, and the channel that it waits in. */
export interface OvertakenElement {
  readonly channel: string;
  readonly element: StreamElement;
}

/**
 * What the barrier of one checkpoint has overtaken in one subtask: an input gate fills it until the barrier has come on every channel, the
 * slot's snapshots empty it. It holds references, as many as the credit of the channels allows and what comes meanwhile.
 */
export class Overtaken {
  private readonly elements = new Queue<OvertakenElement>();
  private channels = 0;
  private hasBegun = false;
  /** There is something to take, or nothing more will come. */
  onChange: () => void = () => undefined;

  /** Nothing more comes, and all was taken. */
  get isWhole(): boolean {
    return this.isClosed && this.elements.length === 0;
  }

  /** The barrier has come on every channel. */
  get isClosed(): boolean {
    return this.hasBegun && this.channels === 0;
  }

  add(channel: string, element: StreamElement): void {
    this.elements.push({ channel, element });
    this.onChange();
  }

  take(): OvertakenElement | undefined {
    return this.elements.take();
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
}
