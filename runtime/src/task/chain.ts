import type { Batch } from '../batch/batch.ts';
import type { Budget, Processor } from '../transforms/processor.ts';
import type { BatchTarget, ChainEmitter } from './chain-emitter.ts';

/** One processor of a chain with everything it emits into: the main output first, then its side outputs. */
export interface ChainLink {
  readonly name: string;
  /** Of the first transform in it: names its state. */
  readonly uid: string;
  readonly processor: Processor;
  readonly emitters: readonly ChainEmitter[];
}

/**
 * The processors of one subtask in order. Batches run through at once; watermarks, the clock and the end walk from link to
 * link in slices, each link done before the next begins, so that a record is never overtaken.
 */
export class Chain {
  readonly links: readonly ChainLink[];
  /** Where a source's batches go; undefined when the batches come from an input gate. */
  private readonly head: readonly BatchTarget[] | undefined;

  constructor(links: readonly ChainLink[], head?: readonly BatchTarget[]) {
    this.links = links;
    this.head = head;
  }

  async open(): Promise<void> {
    // From the last to the first, so that nobody emits into a processor that is not open.
    for (const { processor } of this.links.toReversed()) await processor.open?.();
  }

  process(batch: Batch, port: number): void {
    if (this.head === undefined) (this.links[0] as ChainLink).processor.process(batch, port);
    else for (const target of this.head) target(batch);
    this.flush(0);
  }

  /** Hands on what links from `position` on have emitted, in order. */
  flush(position: number): void {
    for (let i = position; i < this.links.length; i++) {
      for (const emitter of (this.links[i] as ChainLink).emitters) emitter.flush();
    }
  }

  /** Everything that links hold back goes on before the barrier does. */
  prepareBarrier(): void {
    this.links.forEach(({ processor }, position) => {
      processor.prepareBarrier?.();
      this.flush(position);
    });
  }

  hasRoom(): boolean {
    for (const { processor } of this.links) if (processor.hasRoom?.() === false) return false;
    return true;
  }

  /** Moves event time in one link. False = call again. */
  advanceWatermark(position: number, watermarkMs: number, budget: Budget): boolean {
    const { processor } = this.links[position] as ChainLink;
    const done = processor.advanceWatermark?.(watermarkMs, budget) ?? true;
    this.flush(position);
    return done;
  }

  /**
   * Hands on finished asynchronous work of the links from `position` on; those before it keep theirs, so that nothing
   * overtakes what is walking there. With `ending`, false while the link at `position` still has something in flight.
   */
  settle(position: number, ending: boolean): boolean {
    let settled = true;
    for (let i = position; i < this.links.length; i++) {
      const { processor } = this.links[i] as ChainLink;
      if (processor.settle === undefined) continue;
      const done = processor.settle(ending && i === position);
      if (i === position) settled = done;
      this.flush(i);
    }
    return settled;
  }

  /** Tells every link whose time has come. False = call again. */
  advanceTime(nowMs: number, budget: Budget): boolean {
    for (let i = 0; i < this.links.length; i++) {
      const { processor } = this.links[i] as ChainLink;
      if (processor.advanceTime === undefined || (processor.nextTimeMs?.() ?? nowMs) > nowMs) continue;
      const done = processor.advanceTime(nowMs, budget);
      this.flush(i);
      if (!done) return false;
    }
    return true;
  }

  nextTimeMs(): number {
    let next = Infinity;
    for (const { processor } of this.links) {
      const timeMs = processor.nextTimeMs?.() ?? Infinity;
      if (timeMs < next) next = timeMs;
    }
    return next;
  }

  finish(position: number, budget: Budget): boolean {
    const { processor } = this.links[position] as ChainLink;
    const done = processor.finish?.(budget) ?? true;
    this.flush(position);
    return done;
  }

  /** The input ends without a last watermark: what is held back goes on, as before a barrier. False = call again. */
  stop(position: number, budget: Budget): boolean {
    const { processor } = this.links[position] as ChainLink;
    processor.prepareBarrier?.();
    const done = processor.stop?.(budget) ?? true;
    this.flush(position);
    return done;
  }

  async flushSinks(): Promise<void> {
    for (const { processor } of this.links) await processor.flush?.();
  }

  /** Closes every link, also when one of them fails; the first failure is thrown at the end. */
  async close(): Promise<void> {
    let failure: unknown;
    for (const { processor } of this.links) {
      try {
        await processor.close?.();
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }
}
