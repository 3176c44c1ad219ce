import type { Cancellable } from './system.ts';

/** What a thread holds now, in bytes. */
export interface MemoryUsage {
  /** On the heap for longer, garbage not yet collected included. */
  readonly heapBytes: number;
  /** More on the heap and the thread is ended by the engine. */
  readonly heapLimitBytes: number;
  /** In typed arrays and buffers outside of the heap, those shared between threads not included. */
  readonly arrayBytes: number;
}

/** The memory of the machine and of the thread that asks. */
export interface Memory {
  /** Bytes that this process may have at most: those of its container, or of the machine. */
  machineBytes(): number;
  usage(): MemoryUsage;
  /** Frees what was allocated lately and is not held any more, arrays included. Takes a fraction of a ms when little is. */
  collectYoung(): void;
  /** Calls back after each full collection of garbage, when `usage` is what really is in use. */
  afterCollection(callback: () => void): Cancellable;
}
