import { Buffer } from 'node:buffer';
import { ByteReader, ByteWriter, decodeValue, encodeValue } from '../batch/codec.ts';

/** A value of the value domain as the text that a manifest holds. */
export const writeValue = (value: unknown): string => {
  const writer = new ByteWriter();
  encodeValue(value, writer);
  return Buffer.from(writer.toBytes()).toString('base64');
};

/** @throws MillraceError record-invalid when the bytes are no value. */
export const readValue = (text: string): unknown => {
  const reader = new ByteReader(Buffer.from(text, 'base64'));
  const value = decodeValue(reader);
  if (reader.remaining > 0) throw reader.corrupt(`${reader.remaining} bytes follow a value`);
  return value;
};
