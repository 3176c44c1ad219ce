import type { OpenFile } from './files.ts';

/** A CPU profile that is being taken. */
export interface RunningProfile {
  /** Ends it and gives it as JSON, as the developer tools of Chrome read it. */
  stop(): Promise<string>;
  /** Ends it for nothing. */
  abandon(): void;
}

/** A look into the thread that asks. */
export interface Inspection {
  /** Samples what the thread runs, about a thousand times a second; costs a few percent meanwhile. */
  startCpuProfile(): Promise<RunningProfile>;
  /**
   * All that is on the heap of the thread, in a file without a name. Nothing else runs on the thread until it is written, and the
   * engine takes about as much memory again as the heap has.
   */
  heapSnapshot(): OpenFile;
}
