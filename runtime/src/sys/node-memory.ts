import { totalmem } from 'node:os';
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Memory, MemoryUsage } from './memory.ts';

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

const usage = (): MemoryUsage => {
  let heapBytes = 0;
  for (const { space_name: name, space_used_size: bytes } of getHeapSpaceStatistics()) {
    if (!notCounted.has(name)) heapBytes += bytes;
  }
  const { heap_size_limit: heapLimitBytes, external_memory: arrayBytes } = getHeapStatistics();
  return { heapBytes, heapLimitBytes, arrayBytes };
};

type Collector = (options: { readonly type: 'minor' }) => void;

/** The engine's collector, which Node shows only to contexts that are made after it was asked to. */
const exposeCollector = (): Collector => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collector;
};

/**
 * The heap may grow to twice of what is in use before garbage is collected fully, instead of V8's up to four times: a job that
 * never ends keeps its size. Of the whole process, and from its next full collection on. Costs up to 5 % where state is objects.
 */
const heapGrowingPercent = 100;

/** The memory of this thread. */
export const createNodeMemory = (): Memory => {
  setFlagsFromString(`--heap-growing-percent=${heapGrowingPercent}`);
  let collect: Collector | undefined;
  return {
    machineBytes,
    usage,
    collectYoung: () => {
      collect ??= exposeCollector();
      collect({ type: 'minor' });
    },
    afterCollection,
  };
};
