import { ByteReader, type ByteWriter, decodeValue, encodeValue } from '../batch/codec.ts';
import { estimateValueBytes } from '../batch/estimate.ts';
import { ReadShapes, WrittenShapes } from '../batch/value-codec.ts';
import { readMap, writeMap } from './map-cells.ts';
import { Timed } from './time-to-live.ts';
import { ValueMap } from './value-map.ts';

/** What a value on disk is. */
const Form = { value: 0, map: 1, timedMap: 2 } as const;

const isTimed = (map: ValueMap<unknown, unknown>): boolean => map.values().next().value instanceof Timed;

/**
 * A value of a heap column as bytes, each for itself.
 * @throws MillraceError value-unsupported when it lies outside of the value domain
 */
export const encodeCell = (value: unknown, writer: ByteWriter): Uint8Array => {
  const shapes = new WrittenShapes();
  writer.reset();
  if (value instanceof ValueMap) {
    const expires = isTimed(value);
    writer.writeByte(expires ? Form.timedMap : Form.map);
    writeMap(value, expires, writer, shapes);
  } else {
    writer.writeByte(Form.value);
    encodeValue(value, writer, shapes);
  }
  // Small buffers share their memory: one of its own would cost more than the bytes.
  return Buffer.from(writer.view());
};

/**
 * Undoes `encodeCell`.
 * @throws MillraceError record-invalid for damaged bytes
 */
export const decodeCell = (bytes: Uint8Array): unknown => {
  const reader = new ByteReader(bytes);
  const shapes = new ReadShapes();
  const form = reader.readByte();
  if (form === Form.value) return decodeValue(reader, shapes);
  return readMap(reader, shapes, form === Form.timedMap, Number.NaN);
};

/** What an entry of a map takes beside its content, and a cell beside its value. */
const entryBytes = 48;
const cellBytes = 32;
/** Members looked at; the others are taken to be like them. */
const mostMembers = 16;

const membersBytes = (
  members: Iterable<unknown>,
  count: number,
  bytesOf: (member: unknown) => number,
): number => {
  let bytes = 0;
  let looked = 0;
  for (const member of members) {
    bytes += bytesOf(member);
    if (++looked === mostMembers) break;
  }
  return looked === 0 ? 0 : (bytes / looked) * count;
};

const heldBytes = (held: unknown): number => estimateValueBytes(held instanceof Timed ? held.value : held);

/** About how much memory a value of a heap column takes. */
export const estimateCellBytes = (value: unknown): number => {
  if (Array.isArray(value)) return cellBytes + membersBytes(value, value.length, estimateValueBytes);
  if (!(value instanceof ValueMap)) return cellBytes + estimateValueBytes(value);
  const { size } = value;
  const keys = membersBytes(value.keys(), size, estimateValueBytes);
  return cellBytes + entryBytes * size + keys + membersBytes(value.values(), size, heldBytes);
};
