import type { StreamElement } from './element.ts';
import { Queue } from './queue.ts';

/** What becomes of an element that was shown, and whether those behind it are shown too. */
export type Shown = 'keep' | 'remove' | 'keepAsLast' | 'removeAsLast';

/** Sees the elements of a channel ahead of the task that will take them. */
export type Watch = (element: StreamElement) => Shown;

/**
 * What waits at the receiving end of a channel. It can be watched: a barrier that overtakes what waits here is taken out of the middle, and
 * everything before it is seen on the way. Elements that were in flight before a restart stand in front.
 */
export class ElementQueue {
  private readonly restored = new Queue<StreamElement>();
  private readonly waiting = new Queue<StreamElement>();
  private watching: Watch | undefined;

  get length(): number {
    return this.restored.length + this.waiting.length;
  }

  /** Whether the next one was in flight before a restart: no sender waits for the credit of that. */
  get isNextRestored(): boolean {
    return this.restored.length > 0;
  }

  push(element: StreamElement): void {
    if (this.watching === undefined || this.stays(element, this.watching)) this.waiting.push(element);
  }

  take(): StreamElement | undefined {
    return this.restored.take() ?? this.waiting.take();
  }

  /** Puts elements in front of all that has come on the channel. */
  restore(elements: readonly StreamElement[]): void {
    for (const element of elements) this.restored.push(element);
  }

  /** Shows what waits, and then what comes, until the watch has seen the last that it wants. */
  watch(watch: Watch): void {
    this.watching = watch;
    for (const queue of [this.restored, this.waiting]) {
      for (let left = queue.length; left > 0; left--) {
        const element = queue.take() as StreamElement;
        if (this.watching === undefined || this.stays(element, watch)) queue.push(element);
      }
    }
  }

  unwatch(): void {
    this.watching = undefined;
  }

  private stays(element: StreamElement, watch: Watch): boolean {
    const shown = watch(element);
    if (shown === 'keepAsLast' || shown === 'removeAsLast') this.watching = undefined;
    return shown === 'keep' || shown === 'keepAsLast';
  }
}
