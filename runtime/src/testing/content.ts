import { ByteWriter, encodeValue } from '../batch/codec.ts';

/** What is in a value, as text that is equal for equal values: the bytes that would go into a snapshot. */
export const contentOf = (value: unknown): string => {
  const writer = new ByteWriter(64);
  encodeValue(value, writer);
  return Buffer.from(writer.toBytes()).toString('latin1');
};
