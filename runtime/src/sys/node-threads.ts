import { setFlagsFromString } from 'node:v8';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { heapRanOut, type Thread, type ThreadLimits, type ThreadPort, type Threads } from './threads.ts';

const describe = (error: unknown): string => {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return heapRanOut;
  return error instanceof Error ? error.message : String(error);
};

const spawn = (entry: URL, data: unknown, limits: ThreadLimits = {}): Thread => {
  // V8 reads this when it makes the heap of the thread; there is no limit of the thread for it.
  if (limits.initialHeapMiB !== undefined) setFlagsFromString(`--initial-heap-size=${limits.initialHeapMiB}`);
  const worker = new Worker(entry, {
    workerData: data,
    resourceLimits: {
      ...(limits.heapMiB === undefined ? {} : { maxOldGenerationSizeMb: limits.heapMiB }),
      ...(limits.youngMiB === undefined ? {} : { maxYoungGenerationSizeMb: limits.youngMiB }),
    },
  });
  let problem: string | undefined;
  worker.on('error', (error) => {
    problem = describe(error);
  });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onExit: (listener) => {
      worker.on('exit', (code) =>
        listener(problem ?? (code === 0 ? undefined : `it exited with code ${code}`)),
      );
    },
    terminate: async () => void (await worker.terminate()),
  };
};

export const nodeThreads: Threads = { spawn };

/**
 * The port of the thread that is running.
 * @throws Error on the main thread, which has none.
 */
export const nodeThreadPort = (): ThreadPort => {
  const port = parentPort;
  if (port === null) throw new Error('This module is the entry point of a thread.');
  return {
    data: workerData as unknown,
    post: (message) => port.postMessage(message),
    onMessage: (listener) => void port.on('message', listener),
    close: () => port.close(),
  };
};
