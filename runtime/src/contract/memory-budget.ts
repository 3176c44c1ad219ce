import { MillraceError } from './errors.ts';

/** The memory of one slot, in parts that are limited one by one. */
export interface MemoryBudget {
  /** V8's old generation: values that live longer, state on the heap among them. */
  readonly heapMiB: number;
  /** V8's young generation: what lives for a batch. */
  readonly youngGenerationMiB: number;
  /** Typed arrays of state: tables, key indexes, timers. */
  readonly typedStateBytes: number;
  /** Shared memory from this slot to the others. */
  readonly channelBytes: number;
  /** Columns of batches on their way. */
  readonly batchBytes: number;
}

const mebibyte = 2 ** 20;
const kibibyte = 2 ** 10;

/** What a process takes without any slot: the engine, the runtime's code, the coordinator, the watchdog. */
const processReserve = 80 * mebibyte;
/** What a slot takes before the first record: its engine, the runtime and the job. Most of it is heap. */
const slotReserve = 32 * mebibyte;
const loadedHeapMiB = 24;
/** With less, beside its rings, a slot could not hold a batch in each of its buffers. */
const leastRest = 16 * mebibyte;

/** V8 rounds the young generation to three times a power of two; beyond 192 MiB nothing is gained. */
const mostYoungMiB = 192;
const leastYoungMiB = 3;
/**
 * Of a slot's share: at most this for the young generation, exactly this for batches, about this for channels. V8 grows the young generation to
 * its limit and keeps it, also where few records come, and frees columns only when it is full: more of it is memory, and hardly speed.
 */
const youngPart = 1 / 12;
const batchPart = 1 / 16;
const channelPart = 1 / 16;
/** Of what is left, the heap's part; the rest is typed state. */
const heapPart = 0.55;

const leastRing = 64 * kibibyte;
const mostRing = 4 * mebibyte;

const leastShareOf = (slots: number): number => leastRest + leastRing * (slots - 1);

/** The least memory of a process that can run so many slots. */
export const leastMemoryBytes = (slots: number): number =>
  processReserve + slots * (slotReserve + leastShareOf(slots));

const youngGenerationMiB = (shareBytes: number): number => {
  let youngMiB = mostYoungMiB;
  while (youngMiB > leastYoungMiB && youngMiB * mebibyte > shareBytes * youngPart) youngMiB /= 2;
  return youngMiB;
};

/**
 * Divides the memory of a process among its slots. Nothing is promised twice: the parts and the process's own reserve come to
 * the whole.
 * @throws MillraceError manifest-invalid when it is too little for so many slots.
 */
export const memoryBudget = (processBytes: number, slots: number): MemoryBudget => {
  const share = (processBytes - processReserve) / slots - slotReserve;
  if (share < leastShareOf(slots)) throw tooLittle(processBytes, slots);
  const youngMiB = youngGenerationMiB(share);
  const peers = slots - 1;
  const channelBytes = Math.min(Math.max(share * channelPart, leastRing * peers), mostRing * peers);
  const batchBytes = Math.floor(share * batchPart);
  const rest = share - youngMiB * mebibyte - channelBytes - batchBytes;
  const heapMiB = Math.floor((rest * heapPart) / mebibyte);
  return {
    heapMiB: loadedHeapMiB + heapMiB,
    youngGenerationMiB: youngMiB,
    typedStateBytes: Math.floor(rest - heapMiB * mebibyte),
    channelBytes: Math.floor(channelBytes),
    batchBytes,
  };
};

const tooLittle = (processBytes: number, slots: number): MillraceError => {
  const least = Math.ceil(leastMemoryBytes(slots) / mebibyte);
  const found = Math.floor(processBytes / mebibyte);
  return new MillraceError(
    'manifest-invalid',
    `${found} MiB of memory are too little for ${slots === 1 ? 'one slot' : `${slots} slots`}: at least ${least} MiB are needed.`,
    {
      where: { field: 'spec.resources.memory', slots },
      hint: `Raise spec.resources.memory to ${least}Mi or more, or lower spec.parallelism.`,
    },
  );
};

/** Part of the heap for the records that one transform of a batch job sorts; more goes to disk. */
const sortedPart = 1 / 4;
/** Beyond this sorting in memory gains little. */
const mostSorted = 64 * mebibyte;

/** The bytes of records that may be sorted in memory; without a budget as many as are of use. */
export const sortedBytes = (budget?: MemoryBudget): number =>
  Math.min(mostSorted, (budget?.heapMiB ?? Infinity) * mebibyte * sortedPart);

/** Part of the heap for values of state that may also lie on disk; the rest is for the job, and for what is new since the last look. */
const heldPart = 1 / 2;
/** Without a budget. */
const usualHeld = 256 * mebibyte;

/** The bytes of values of state that stay in memory where they may lie on disk. */
export const heldStateBytes = (budget?: MemoryBudget): number =>
  budget === undefined ? usualHeld : Math.max(1, budget.heapMiB - loadedHeapMiB) * mebibyte * heldPart;

/** What a slot's database on disk takes of the typed state: its tables in memory, and what waits to be written. */
export const localDatabaseBytes: number = 24 * mebibyte;

/** Batches that may be under way at once in a slot of usual shape: so many parts has the memory for batches. */
const batchesUnderWay = 16;
const leastBatch = 64 * kibibyte;

/** The bytes at which one batch is closed. */
export const oneBatchBytes = ({ batchBytes }: MemoryBudget): number =>
  Math.max(leastBatch, batchBytes / batchesUnderWay);

/** Of the memory for batches: those that a barrier has overtaken, and that are taken from their channels before they are written. */
const overtakenPart = 1 / 2;
/** Without a budget. */
const usualOvertaken = 64 * mebibyte;

/** The bytes of overtaken batches that may wait in one task to be written. */
export const overtakenBytes = (tasks: number, budget?: MemoryBudget): number =>
  Math.max(leastBatch, (budget === undefined ? usualOvertaken : budget.batchBytes * overtakenPart) / tasks);

/** The bytes of one ring between two slots: a power of two, so that all rings of a slot fit into its part. */
export const ringBytesOf = (channelBytes: number, slots: number): number => {
  const most = Math.min(mostRing, Math.max(leastRing, channelBytes / Math.max(1, slots - 1)));
  return 2 ** Math.floor(Math.log2(most));
};

/** The part of a machine's memory that a job takes when nobody has said how much. */
export const partOfMachine: number = 3 / 4;
