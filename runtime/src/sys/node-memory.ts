import { totalmem } from 'node:os';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { Memory } from './memory.ts';

/** Spaces whose content is short-lived, or shared by all threads. */
const notCounted: ReadonlySet<string> = new Set(['new_space', 'new_large_object_space', 'read_only_space']);

const machineBytes = (): number => {
  const constrained = process.constrainedMemory();
  // 0 or an absurd number where nothing constrains the process.
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
};

/** An object that nothing holds is found dead by the next full collection, and only by a full one. */
const afterCollection: Memory['afterCollection'] = (callback) => {
  let registry: FinalizationRegistry<undefined> | undefined;
  const wait = (): void => registry?.register({}, undefined);
  registry = new FinalizationRegistry(() => {
    if (registry === undefined) return;
    wait();
    callback();
  });
  wait();
  // Whoever keeps this keeps the registry alive.
  return {
    cancel: () => {
      registry = undefined;
    },
  };
};

export const nodeMemory: Memory = {
  machineBytes,
  usage: () => {
    let heapBytes = 0;
    for (const { space_name: name, space_used_size: bytes } of getHeapSpaceStatistics()) {
      if (!notCounted.has(name)) heapBytes += bytes;
    }
    const { heap_size_limit: heapLimitBytes, external_memory: arrayBytes } = getHeapStatistics();
    return { heapBytes, heapLimitBytes, arrayBytes };
  },
  afterCollection,
};
