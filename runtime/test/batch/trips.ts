/** Trips of values and batches through the codec, for tests of the laws of the value domain. */
import { expect } from 'vitest';
import type { Batch } from '../../src/batch/batch.ts';
import {
  ByteReader,
  ByteWriter,
  decodeBatch,
  decodeValue,
  encodeBatch,
  encodeValue,
} from '../../src/batch/codec.ts';

export const encoded = (value: unknown): Uint8Array => {
  const writer = new ByteWriter(16);
  encodeValue(value, writer);
  return writer.toBytes();
};

export const again = (value: unknown): unknown => {
  const reader = new ByteReader(encoded(value));
  const decoded = decodeValue(reader);
  expect(reader.remaining).toBe(0);
  return decoded;
};

export const overWire = (batch: Batch): Batch => {
  const writer = new ByteWriter(16);
  encodeBatch(batch, writer);
  return decodeBatch(new ByteReader(writer.toBytes()));
};

/** What the codec makes of a value: holes in lists are undefined, prototypes are those of plain objects. */
export const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return Array.from(value, plain);
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [plain(key), plain(held)]));
  if (value instanceof Set) return new Set([...value].map(plain));
  if (value instanceof Date || value instanceof Uint8Array || typeof value !== 'object' || value === null) {
    return value instanceof Uint8Array ? Uint8Array.from(value) : value;
  }
  const copy = {};
  for (const [name, held] of Object.entries(value)) {
    Object.defineProperty(copy, name, {
      value: plain(held),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
};
