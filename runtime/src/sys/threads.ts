/** Threads of one process. Messages are plain values, copied; shared memory is passed as it is. */
export interface Threads {
  /** Starts a thread at a module. `data` is there when it starts. Extension `.ts` or `.js` as the caller runs. */
  spawn(entry: URL, data: unknown, limits?: ThreadLimits): Thread;
}

export interface ThreadLimits {
  /** V8's old space, in MiB. */
  readonly heapMiB?: number | undefined;
  /**
   * How far V8's old space grows before the first full collection, in MiB; V8's own choice is a few. Of the thread that is
   * started, and then of those that are started without this number.
   */
  readonly initialHeapMiB?: number | undefined;
  /** V8's young space, in MiB. */
  readonly youngMiB?: number | undefined;
}

/** What `onExit` says of a thread that needed more than its `heapMiB`. */
export const heapRanOut: string = 'it used more memory than its limit';

/** A thread seen from the one that started it. */
export interface Thread {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the thread is gone; `problem` says why when it did not end by itself. */
  onExit(listener: (problem: string | undefined) => void): void;
  terminate(): Promise<void>;
}

/** The thread that is running, seen from inside. */
export interface ThreadPort {
  readonly data: unknown;
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Takes no more messages, so that the thread can end. */
  close(): void;
}
