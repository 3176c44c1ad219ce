import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { nodeCertificates } from './node-certificates.ts';
import { nodeCompression } from './node-compression.ts';
import { nodeDurableFiles } from './node-durable-files.ts';
import { nodeFiles } from './node-files.ts';
import { nodeHashing } from './node-hashing.ts';
import { createNodeHttp } from './node-http.ts';
import { nodeHttpClients } from './node-http-client.ts';
import { nodeInspection } from './node-inspection.ts';
import { createNodeMemory } from './node-memory.ts';
import { nodeNet } from './node-net.ts';
import { nodePacking } from './node-packing.ts';
import { nodeProcesses } from './node-processes.ts';
import { nodeScratch } from './node-scratch.ts';
import { nodeSqlite } from './node-sqlite.ts';
import { nodeThreads } from './node-threads.ts';
import type { Cancellable, System } from './system.ts';

const longestDelayMs = 2 ** 31 - 1;

/** Timers of Node fire at once for a delay above 2^31−1 ms, so a longer wait is cut into parts. */
const after = (delayMs: number, callback: () => void): Cancellable => {
  let handle: NodeJS.Timeout;
  const wait = (restMs: number): void => {
    const partMs = Math.min(restMs, longestDelayMs);
    handle = setTimeout(() => (restMs > partMs ? wait(restMs - partMs) : callback()), Math.max(partMs, 0));
  };
  wait(delayMs);
  return { cancel: () => clearTimeout(handle) };
};

/** The real machine. */
export const createNodeSystem = (): System => ({
  clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
  timers: { after, soon: (callback) => void setImmediate(callback) },
  random: { next: () => Math.random(), id: () => randomBytes(16).toString('hex') },
  files: nodeFiles,
  durableFiles: nodeDurableFiles,
  compression: nodeCompression,
  packing: nodePacking,
  sqlite: nodeSqlite,
  scratch: nodeScratch,
  standardOutput: {
    write: (text) => process.stdout.write(text),
    whenDrained: (callback) => void process.stdout.once('drain', callback),
  },
  threads: nodeThreads,
  processes: nodeProcesses,
  http: createNodeHttp(),
  httpClients: nodeHttpClients,
  net: nodeNet,
  hashing: nodeHashing,
  certificates: nodeCertificates,
  memory: createNodeMemory(),
  inspection: nodeInspection,
  writeErrorNow: (text) => void writeSync(2, text),
});
