import type { MemoryAccount } from './memory-account.ts';

/** Up to here arrays double; beyond, spare room would be the largest part of the memory of a big table. */
const doublingLimit = 1024;

/** The length to give to an array of `length` that must hold `needed`: doubled while small, a quarter more when large. */
export const grownLength = (length: number, needed: number): number => {
  const step = length < doublingLimit ? length * 2 : length + (length >>> 2);
  return Math.max(8, step, needed);
};

/** A longer copy of a column, counted in the account; what is new holds 0. */
export const grownNumbers = (values: Float64Array, length: number, account: MemoryAccount): Float64Array => {
  account.replace(values.byteLength, length * 8);
  const grown = new Float64Array(length);
  grown.set(values);
  return grown;
};

/** A longer copy of a column of integers, counted in the account; what is new holds 0. */
export const grownIntegers = (values: Int32Array, length: number, account: MemoryAccount): Int32Array => {
  account.replace(values.byteLength, length * 4);
  const grown = new Int32Array(length);
  grown.set(values);
  return grown;
};

/** A longer copy of a column of bytes, counted in the account; what is new holds 0. */
export const grownBytes = (values: Uint8Array, length: number, account: MemoryAccount): Uint8Array => {
  account.replace(values.byteLength, length);
  const grown = new Uint8Array(length);
  grown.set(values);
  return grown;
};
