/** Single values to bytes and back: a tag, then what belongs to it. */
import { Buffer } from 'node:buffer';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { assertSupported, maximumDepth, setField } from './values.ts';

/** What a value begins with. Numbers are part of the format: they never change, new ones are added. */
const Tag = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  /** A varint; `negative` is of −1 − value. */
  positive: 4,
  negative: 5,
  double: 6,
  /** 64 bits. */
  long: 7,
  /** Length in bytes, two's complement. */
  bigint: 8,
  text: 9,
  date: 10,
  bytes: 11,
  array: 12,
  /** Count, then key and value by turns. */
  map: 13,
  set: 14,
  /** Count, names, values. */
  object: 15,
  /** An object with the names of an earlier one: its number, then the values. */
  likeEarlier: 16,
} as const;

/** Bytes of the largest integer that V8 can hold. */
const longestBigInt = 2 ** 27;

/** Kinds of objects that are remembered in one batch. */
const mostShapes = 32;

/**
 * The names of the fields of the objects in one batch, so that they are written once. Objects nested in others, and batches
 * of which some records are no objects, go through this; ordinary records are columns.
 */
export class WrittenShapes {
  private readonly shapes: (readonly string[])[] = [];
  /** The shape that was found last. */
  private last = -1;

  /** The number of the last shape if the object has it, which takes no list of its names; otherwise −1. */
  findLast(value: object): number {
    const names = this.shapes[this.last];
    if (names === undefined) return -1;
    let count = 0;
    // What an object might inherit makes a difference here, and is left out by `find`.
    for (const name in value) if (names[count++] !== name) return -1;
    return count === names.length ? this.last : -1;
  }

  /** The number of the shape with these names; −1 if it is new, which is remembered if there is room. */
  find(names: readonly string[]): number {
    this.last = this.shapes.findIndex((shape) => isSame(shape, names));
    if (this.last < 0 && this.shapes.length < mostShapes) this.shapes.push(names);
    return this.last;
  }
}

const isSame = (left: readonly string[], right: readonly string[]): boolean => {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
};

/** The same on the reading side. */
export class ReadShapes {
  private readonly shapes: (readonly string[])[] = [];

  add(names: readonly string[]): void {
    if (this.shapes.length < mostShapes) this.shapes.push(names);
  }

  get(position: number): readonly string[] | undefined {
    return this.shapes[position];
  }
}

const writeNumber = (value: number, writer: ByteWriter): void => {
  if ((value | 0) === value && !Object.is(value, -0)) {
    writer.writeByte(value < 0 ? Tag.negative : Tag.positive);
    writer.writeVarint(value < 0 ? -1 - value : value);
  } else {
    writer.writeByte(Tag.double);
    writer.writeDouble(value);
  }
};

const writeBigInt = (value: bigint, writer: ByteWriter): void => {
  if (BigInt.asIntN(64, value) === value) {
    writer.writeByte(Tag.long);
    writer.writeLong(value);
    return;
  }
  const digits = (value < 0n ? ~value : value).toString(16);
  // One bit more than the digits hold, for the sign.
  const bytes = Math.floor((digits.length * 4) / 8) + 1;
  const hexadecimal = BigInt.asUintN(bytes * 8, value)
    .toString(16)
    .padStart(bytes * 2, '0');
  writer.writeByte(Tag.bigint);
  writer.writeVarint(bytes);
  writer.writeBytes(Buffer.from(hexadecimal, 'hex'));
};

const writeMembers = (
  tag: number,
  members: Iterable<unknown>,
  count: number,
  writer: ByteWriter,
  shapes: WrittenShapes | undefined,
  depth: number,
): void => {
  writer.writeByte(tag);
  writer.writeVarint(count);
  for (const member of members) write(member, writer, shapes, depth + 1);
};

const writeFields = (
  value: Readonly<Record<string, unknown>>,
  writer: ByteWriter,
  shapes: WrittenShapes | undefined,
  depth: number,
): void => {
  const last = shapes === undefined ? -1 : shapes.findLast(value);
  if (last >= 0) {
    writer.writeByte(Tag.likeEarlier);
    writer.writeVarint(last);
    for (const name in value) write(value[name], writer, shapes, depth + 1);
    return;
  }
  const names = Object.keys(value);
  const known = shapes === undefined ? -1 : shapes.find(names);
  if (known >= 0) {
    writer.writeByte(Tag.likeEarlier);
    writer.writeVarint(known);
  } else {
    writer.writeByte(Tag.object);
    writer.writeVarint(names.length);
    for (const name of names) writer.writeSizedText(name);
  }
  for (const name of names) write(value[name], writer, shapes, depth + 1);
};

const writeObject = (
  value: object,
  writer: ByteWriter,
  shapes: WrittenShapes | undefined,
  depth: number,
): void => {
  if (depth >= maximumDepth) throw new NotEncodable();
  switch (Object.getPrototypeOf(value)) {
    case Object.prototype:
    case null:
      writeFields(value as Record<string, unknown>, writer, shapes, depth);
      return;
    case Array.prototype:
      writeMembers(Tag.array, value as unknown[], (value as unknown[]).length, writer, shapes, depth);
      return;
    case Date.prototype:
      writer.writeByte(Tag.date);
      writer.writeDouble((value as Date).getTime());
      return;
    case Uint8Array.prototype:
      writer.writeByte(Tag.bytes);
      writer.writeVarint((value as Uint8Array).length);
      writer.writeBytes(value as Uint8Array);
      return;
    case Set.prototype:
      writeMembers(Tag.set, value as Set<unknown>, (value as Set<unknown>).size, writer, shapes, depth);
      return;
    case Map.prototype: {
      const map = value as ReadonlyMap<unknown, unknown>;
      writeMembers(Tag.map, [...map].flat(1), map.size, writer, shapes, depth);
      return;
    }
    default:
      throw new NotEncodable();
  }
};

/** Thrown where a value leaves the domain, and replaced by an error that names the path to it. */
class NotEncodable extends Error {}

const write = (
  value: unknown,
  writer: ByteWriter,
  shapes: WrittenShapes | undefined,
  depth: number,
): void => {
  switch (typeof value) {
    case 'number':
      writeNumber(value, writer);
      return;
    case 'string':
      writer.writeByte(Tag.text);
      writer.writeSizedText(value);
      return;
    case 'boolean':
      writer.writeByte(value ? Tag.true : Tag.false);
      return;
    case 'undefined':
      writer.writeByte(Tag.undefined);
      return;
    case 'bigint':
      writeBigInt(value, writer);
      return;
    case 'object':
      if (value === null) writer.writeByte(Tag.null);
      else writeObject(value, writer, shapes, depth);
      return;
    default:
      throw new NotEncodable();
  }
};

/**
 * Writes one value. With `shapes`, field names that an earlier value had are not written again; the reader then needs the
 * values in the same order.
 * @throws MillraceError `value-unsupported` for what is outside the value domain; the writer then holds a part of it.
 */
export const encodeValue = (value: unknown, writer: ByteWriter, shapes?: WrittenShapes): void => {
  try {
    write(value, writer, shapes, 0);
  } catch (error) {
    if (error instanceof NotEncodable)
      assertSupported(value, 'a record on its way to another task or into state');
    throw error;
  }
};

const readBigInt = (reader: ByteReader): bigint => {
  const bytes = reader.readBytes(reader.readCount(1));
  if (bytes.length === 0 || bytes.length > longestBigInt)
    throw reader.corrupt('an integer has an impossible length');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes.buffer).toString('hex')}`));
};

const readArray = (count: number, reader: ByteReader, shapes: ReadShapes, depth: number): unknown[] => {
  const members: unknown[] = [];
  for (let i = 0; i < count; i++) members.push(read(reader, shapes, depth + 1));
  return members;
};

const readMap = (reader: ByteReader, shapes: ReadShapes, depth: number): Map<unknown, unknown> => {
  const count = reader.readCount(2);
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < count; i++) {
    const key = read(reader, shapes, depth + 1);
    map.set(key, read(reader, shapes, depth + 1));
  }
  return map;
};

const readNames = (reader: ByteReader): string[] => {
  const count = reader.readCount(2);
  const names: string[] = [];
  for (let i = 0; i < count; i++) names.push(reader.readText(reader.readCount(1)));
  return names;
};

const readFields = (
  names: readonly string[],
  reader: ByteReader,
  shapes: ReadShapes,
  depth: number,
): Record<string, unknown> => {
  const value: Record<string, unknown> = {};
  for (const name of names) setField(value, name, read(reader, shapes, depth + 1));
  return value;
};

const readContainer = (tag: number, reader: ByteReader, shapes: ReadShapes, depth: number): unknown => {
  if (depth >= maximumDepth) throw reader.corrupt('values are nested too deep');
  switch (tag) {
    case Tag.array:
      return readArray(reader.readCount(1), reader, shapes, depth);
    case Tag.set:
      return new Set(readArray(reader.readCount(1), reader, shapes, depth));
    case Tag.map:
      return readMap(reader, shapes, depth);
    case Tag.object: {
      const names = readNames(reader);
      shapes.add(names);
      return readFields(names, reader, shapes, depth);
    }
    case Tag.likeEarlier: {
      const names = shapes.get(reader.readVarint());
      if (names === undefined) throw reader.corrupt('an object refers to one that is not there');
      return readFields(names, reader, shapes, depth);
    }
    default:
      throw reader.corrupt(`a value begins with the unknown tag ${tag}`);
  }
};

const read = (reader: ByteReader, shapes: ReadShapes, depth: number): unknown => {
  const tag = reader.readByte();
  switch (tag) {
    case Tag.undefined:
      return undefined;
    case Tag.null:
      return null;
    case Tag.false:
      return false;
    case Tag.true:
      return true;
    case Tag.positive:
      return reader.readVarint();
    case Tag.negative:
      return -1 - reader.readVarint();
    case Tag.double:
      return reader.readDouble();
    case Tag.long:
      return reader.readLong();
    case Tag.bigint:
      return readBigInt(reader);
    case Tag.text:
      return reader.readText(reader.readCount(1));
    case Tag.date:
      return new Date(reader.readDouble());
    case Tag.bytes:
      return reader.readBytes(reader.readCount(1));
    default:
      return readContainer(tag, reader, shapes, depth);
  }
};

/**
 * Reads one value.
 * @throws MillraceError `record-invalid` for damaged bytes.
 */
export const decodeValue = (reader: ByteReader, shapes: ReadShapes = new ReadShapes()): unknown =>
  read(reader, shapes, 0);
