import type { Batch } from '../batch/batch.ts';
import { estimateBatchBytes } from '../batch/estimate.ts';
import { concatBatches } from '../batch/slice.ts';
import type { StreamElement } from '../exchange/element.ts';
import { Queue } from '../exchange/queue.ts';

/** An element with the input port that it came in at. */
export interface HeldElement {
  readonly element: StreamElement;
  readonly port: number;
}

/** Records that wait, with an estimate of what they take. */
interface HeldBatch {
  readonly batch: Batch;
  readonly port: number;
  readonly bytes: number;
}

/** How much the elements kept by one subtask may take before its gate takes no more input. */
const usualMostBytes: number = 16 * 2 ** 20;

/**
 * What waits at the new owner of key groups for their state. Records that came before the first watermark wait by key group, so
 * that each group goes on as soon as its state is there. The first watermark draws a line: behind it elements wait in order of
 * arrival, until nothing is in transit any more.
 */
export class HeldElements {
  private readonly mostBytes: number;
  private bytes = 0;
  /** By key group, before the first watermark. */
  private readonly front = new Map<number, HeldBatch[]>();
  /** Released from the front. */
  private readonly ready = new Queue<HeldElement>();
  private readonly behind = new Queue<HeldElement & { readonly bytes: number }>();
  /** All channels were idle when the last element came. */
  private idle = false;
  private sealed = false;

  constructor(mostBytes: number = usualMostBytes) {
    this.mostBytes = mostBytes;
  }

  get isEmpty(): boolean {
    return this.ready.length + this.behind.length + this.front.size === 0 && !this.idle;
  }

  /** Whether some element waits behind the line. */
  get hasLine(): boolean {
    return this.behind.length > 0;
  }

  /** Whether no more may be put here until something has been taken: the bytes are used up, or nothing may overtake the last one. */
  get isFull(): boolean {
    return this.sealed || this.bytes >= this.mostBytes;
  }

  /** Keeps the records of one key group. There must be no line. */
  holdGroup(keyGroup: number, batch: Batch, port: number): void {
    const held = { batch, port, bytes: estimateBatchBytes(batch) };
    this.bytes += held.bytes;
    const waiting = this.front.get(keyGroup);
    if (waiting === undefined) this.front.set(keyGroup, [held]);
    else waiting.push(held);
  }

  /** Keeps an element behind everything that waits. */
  holdBehind(element: StreamElement, port: number): void {
    const bytes = element.kind === 'batch' ? estimateBatchBytes(element) : 0;
    this.bytes += bytes;
    this.behind.push({ element, port, bytes });
  }

  /** Keeps an element that nothing may overtake: a barrier, the end, records without a key. */
  seal(element: StreamElement, port: number): void {
    if (this.idle) this.holdBehind({ kind: 'idle' }, 0);
    this.idle = false;
    this.holdBehind(element, port);
    this.sealed = true;
  }

  /** All channels are idle, as long as nothing else comes. */
  holdIdle(): void {
    this.idle = true;
  }

  /** Something has come. */
  endIdle(): void {
    this.idle = false;
  }

  /** The state of a key group is there: its records before the line may go on. True when there are some. */
  release(keyGroup: number): boolean {
    const waiting = this.front.get(keyGroup) ?? [];
    this.front.delete(keyGroup);
    let from = 0;
    while (from < waiting.length) {
      const { port } = waiting[from] as HeldBatch;
      let to = from + 1;
      while (waiting[to]?.port === port) to++;
      const run = waiting.slice(from, to);
      this.ready.push({ element: concatBatches(run.map(({ batch }) => batch)), port });
      for (const { bytes } of run) this.bytes -= bytes;
      from = to;
    }
    return waiting.length > 0;
  }

  /** The next element that may go on; with `all`, nothing is in transit any more. */
  take(all: boolean): HeldElement | undefined {
    const released = this.ready.take();
    if (released !== undefined || !all) return released;
    const next = this.behind.take();
    this.bytes -= next?.bytes ?? 0;
    if (this.behind.length === 0) this.sealed = false;
    if (next !== undefined || !this.idle) return next;
    this.idle = false;
    return { element: { kind: 'idle' }, port: 0 };
  }
}
