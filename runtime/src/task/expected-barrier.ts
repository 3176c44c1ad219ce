import type { Barrier } from '../exchange/element.ts';

/**
 * Before a barrier overtakes the input, what is half done is finished without credit: the rest of a watermark's results. Up to so many records,
 * then the barrier waits for credit all the same.
 */
const mostOverdraftRecords = 250_000;

const idOf = (barrier: Barrier | undefined): number => barrier?.checkpoint?.id ?? -Infinity;

/** The barrier that is on its way to a subtask, and when it may overtake what is before it. */
export class ExpectedBarrier {
  private barrier: Barrier | undefined;
  private atMs = Infinity;
  /** Records that had been sent when its time came; undefined = it has not come. */
  private sentBefore: number | undefined;
  /** The newest checkpoint whose barrier has passed. */
  passedId: number = 0;

  /** From this time on, in ms since the epoch, it may overtake. */
  expect(barrier: Barrier, atMs: number): void {
    if (idOf(barrier) <= this.passedId) return;
    this.barrier = barrier;
    this.atMs = atMs;
    this.sentBefore = undefined;
  }

  /** The barrier of a checkpoint has passed, or the checkpoint is over. */
  passed(checkpointId: number): void {
    this.passedId = Math.max(this.passedId, checkpointId);
    if (idOf(this.barrier) > this.passedId) return;
    this.barrier = undefined;
    this.atMs = Infinity;
  }

  /** When to look again; not once the time was seen to have come, since credit or records wake the subtask then. */
  get nextTimeMs(): number {
    return this.sentBefore === undefined ? this.atMs : Infinity;
  }

  /** Whether there is none to look for: asked at each step. */
  get isNone(): boolean {
    return this.barrier === undefined;
  }

  /** The barrier whose time has come. */
  due(nowMs: number, recordsSent: number): Barrier | undefined {
    if (nowMs < this.atMs) return undefined;
    this.sentBefore ??= recordsSent;
    return this.barrier;
  }

  /** Whether what is half done may be finished without credit. */
  mayOverdraw(recordsSent: number): boolean {
    return this.sentBefore !== undefined && recordsSent - this.sentBefore < mostOverdraftRecords;
  }
}
