/**
 * HyperLogLog: 2^12 registers, each the greatest position of the first 1 bit that was seen among the hashes of its
 * class. Few registers are kept as a sorted list of numbers, many as bytes. Estimated as in Ertl, "New cardinality
 * estimation algorithms for HyperLogLog sketches" (2017), which needs no tables and has no bias at either end.
 */
const indexBits = 12;
const registerCount = 1 << indexBits;
/** Bits of a hash that are left for the position; the greatest register value is one more. */
const rankBits = 32 - indexBits;
const greatestRank = rankBits + 1;
/** Registers in the list beyond which the bytes are smaller. */
const sparseLimit = 256;

/** A list of `index × 32 + rank`, sorted by index, or one byte a register. A value of the value domain. */
export type Sketch = number[] | Uint8Array;

const rankOf = (hash: number): number => Math.clz32((hash << indexBits) | ((1 << indexBits) - 1)) + 1;

const placeOf = (list: readonly number[], index: number): number => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! >> 5 < index) low = middle + 1;
    else high = middle;
  }
  return low;
};

const toDense = (list: readonly number[]): Uint8Array => {
  const registers = new Uint8Array(registerCount);
  for (const entry of list) registers[entry >> 5] = entry & 31;
  return registers;
};

const raiseRegister = (sketch: Sketch, index: number, rank: number): Sketch => {
  if (sketch instanceof Uint8Array) {
    if (rank > sketch[index]!) sketch[index] = rank;
    return sketch;
  }
  const place = placeOf(sketch, index);
  const entry = (index << 5) | rank;
  if (place < sketch.length && sketch[place]! >> 5 === index) {
    if (entry > sketch[place]!) sketch[place] = entry;
    return sketch;
  }
  sketch.splice(place, 0, entry);
  return sketch.length > sparseLimit ? toDense(sketch) : sketch;
};

/** Takes a hash of 32 bits in; gives the sketch to go on with, which may be the same one. */
export const addHash = (sketch: Sketch, hash: number): Sketch =>
  raiseRegister(sketch, hash >>> rankBits, rankOf(hash));

/** The sketch of both; changes only `left`. */
export const mergeSketches = (left: Sketch, right: Sketch): Sketch => {
  let merged = left;
  if (right instanceof Uint8Array) {
    for (let i = 0; i < registerCount; i++) if (right[i]! > 0) merged = raiseRegister(merged, i, right[i]!);
  } else {
    for (const entry of right) merged = raiseRegister(merged, entry >> 5, entry & 31);
  }
  return merged;
};

const sigma = (fraction: number): number => {
  if (fraction === 1) return Infinity;
  let x = fraction;
  let y = 1;
  let z = fraction;
  for (;;) {
    x *= x;
    const before = z;
    z += x * y;
    y += y;
    if (z === before) return z;
  }
};

const tau = (fraction: number): number => {
  if (fraction === 0 || fraction === 1) return 0;
  let x = fraction;
  let y = 1;
  let z = 1 - fraction;
  for (;;) {
    x = Math.sqrt(x);
    const before = z;
    y /= 2;
    z -= (1 - x) ** 2 * y;
    if (z === before) return z / 3;
  }
};

const histogramOf = (sketch: Sketch): Float64Array => {
  const histogram = new Float64Array(greatestRank + 1);
  if (sketch instanceof Uint8Array) for (const rank of sketch) histogram[rank]! += 1;
  else {
    for (const entry of sketch) histogram[entry & 31]! += 1;
    histogram[0] = registerCount - sketch.length;
  }
  return histogram;
};

/** How many different hashes went in, as a whole number; standard error 1.6 %. */
export const estimateDistinct = (sketch: Sketch): number => {
  const histogram = histogramOf(sketch);
  let z = registerCount * tau(1 - histogram[greatestRank]! / registerCount);
  for (let rank = rankBits; rank >= 1; rank--) z = 0.5 * (z + histogram[rank]!);
  z += registerCount * sigma(histogram[0]! / registerCount);
  return Math.round(registerCount ** 2 / (2 * Math.LN2 * z));
};
