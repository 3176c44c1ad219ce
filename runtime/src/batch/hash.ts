/**
 * The hash of a value: murmur3 (x86, 32 bits) over its canonical form, an unsigned 32-bit number that never changes between
 * versions: key groups, and so the place of every key's state, are made from it. Equal values have equal hashes.
 */
import { type Column, Mark, type TextColumn } from './column.ts';

/** What a hash starts from; differs by type so that values of different types that share their bits part ways. */
const seeds = {
  bigint: 0x62696769,
  date: 0x64617465,
  bytes: 0x62797465,
  array: 0x61727261,
  map: 0x6d617021,
  set: 0x73657421,
  entry: 0x656e7472,
  object: 0x6f626a65,
} as const;

const scratchDouble = new Float64Array(1);
const scratchWords = new Int32Array(scratchDouble.buffer);
const scratchLong = new BigInt64Array(scratchDouble.buffer);

/** Takes four bytes, as a little-endian word, into a hash. */
const mix = (hash: number, word: number): number => {
  let bits = Math.imul(word, 0xcc9e2d51);
  bits = Math.imul((bits << 15) | (bits >>> 17), 0x1b873593);
  const mixed = hash ^ bits;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
};

/** Takes the last one to three bytes. */
const mixTail = (hash: number, word: number): number => {
  const bits = Math.imul(word, 0xcc9e2d51);
  return hash ^ Math.imul((bits << 15) | (bits >>> 17), 0x1b873593);
};

const finish = (hash: number, length: number): number => {
  let bits = hash ^ length;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
};

/** Hashes of the values that have no content. */
const undefinedHash: number = finish(0x756e6465, 0);
const nullHash: number = finish(0x6e756c6c, 0);
const falseHash: number = finish(0x66616c73, 0);
const trueHash: number = finish(0x74727565, 0);

/** The bits of the double in the scratch, from a seed. */
const hashScratch = (seed: number): number =>
  finish(mix(mix(seed, scratchWords[0] as number), scratchWords[1] as number), 8);

const hashDouble = (value: number): number => {
  // Every NaN is the same value, whatever bits it came with.
  scratchDouble[0] = Number.isNaN(value) ? Number.NaN : value;
  return hashScratch(0);
};

/** Hash of a number: its four bytes if it is a 32-bit integer (−0 is 0), otherwise the eight of the double. */
export const hashNumber = (value: number): number => {
  const integer = value | 0;
  return integer === value ? finish(mix(0, integer), 4) : hashDouble(value);
};

/** Hash of UTF-8 bytes; the same as `hashString` of the text they stand for. */
export const hashBytes = (bytes: Uint8Array, offset: number, length: number): number =>
  hashBytesFrom(bytes, offset, length, 0);

const hashBytesFrom = (bytes: Uint8Array, offset: number, length: number, seed: number): number => {
  let hash = seed;
  const whole = offset + (length & ~3);
  let i = offset;
  for (; i < whole; i += 4) {
    hash = mix(
      hash,
      (bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24),
    );
  }
  const rest = length & 3;
  if (rest === 0) return finish(hash, length);
  let word = bytes[i] as number;
  if (rest > 1) word |= (bytes[i + 1] as number) << 8;
  if (rest > 2) word |= (bytes[i + 2] as number) << 16;
  return finish(mixTail(hash, word), length);
};

/** Hash of a text: of its bytes in UTF-8, where a lone surrogate counts as three bytes. */
export const hashString = (text: string): number => {
  const { length } = text;
  const whole = length & ~3;
  let hash = 0;
  let i = 0;
  for (; i < whole; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    if ((a | b | c | d) > 0x7f) return hashWideString(text);
    hash = mix(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  if (i === length) return finish(hash, length);
  let word = 0;
  for (let shift = 0; i < length; i++, shift += 8) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return hashWideString(text);
    word |= code << shift;
  }
  return finish(mixTail(hash, word), length);
};

/** Takes single bytes into a hash. Only for texts beyond ASCII, which are rare enough for an object. */
class ByteHash {
  private hash = 0;
  private word = 0;
  private length = 0;

  add(byte: number): void {
    this.word |= byte << ((this.length & 3) << 3);
    this.length += 1;
    if ((this.length & 3) === 0) {
      this.hash = mix(this.hash, this.word);
      this.word = 0;
    }
  }

  finish(): number {
    return finish((this.length & 3) === 0 ? this.hash : mixTail(this.hash, this.word), this.length);
  }
}

const hashWideString = (text: string): number => {
  const bytes = new ByteHash();
  for (let i = 0; i < text.length; i++) {
    // A pair gives its code point, a lone surrogate itself.
    const code = text.codePointAt(i) as number;
    if (code < 0x80) {
      bytes.add(code);
    } else if (code < 0x800) {
      bytes.add(0xc0 | (code >> 6));
      bytes.add(0x80 | (code & 0x3f));
    } else {
      if (code < 0x10000) {
        bytes.add(0xe0 | (code >> 12));
      } else {
        bytes.add(0xf0 | (code >> 18));
        bytes.add(0x80 | ((code >> 12) & 0x3f));
        i += 1;
      }
      bytes.add(0x80 | ((code >> 6) & 0x3f));
      bytes.add(0x80 | (code & 0x3f));
    }
  }
  return bytes.finish();
};

/** Over the two's complement in as few 64-bit words as hold the value. */
const hashBigInt = (value: bigint): number => {
  let hash: number = seeds.bigint;
  let rest = value;
  let length = 0;
  for (;;) {
    const word = BigInt.asIntN(64, rest);
    scratchLong[0] = word;
    hash = mix(mix(hash, scratchWords[0] as number), scratchWords[1] as number);
    length += 8;
    if (word === rest) return finish(hash, length);
    rest >>= 64n;
  }
};

const hashDate = (date: Date): number => {
  const timeMs = date.getTime();
  scratchDouble[0] = Number.isNaN(timeMs) ? Number.NaN : timeMs;
  return hashScratch(seeds.date);
};

/** Two hashes as one. */
const hashEntry = (left: number, right: number): number => finish(mix(mix(seeds.entry, left), right), 8);

/** The members' hashes are summed: their order means nothing. */
const hashUnordered = (seed: number, sum: number, count: number): number =>
  finish(mix(mix(seed, sum), count), 8);

const hashObject = (value: object): number => {
  if (Array.isArray(value)) {
    let hash: number = seeds.array;
    for (let i = 0; i < value.length; i++) hash = mix(hash, hashValue(value[i]));
    return finish(hash, value.length * 4);
  }
  if (value instanceof Date) return hashDate(value);
  if (value instanceof Uint8Array) return hashBytesFrom(value, 0, value.length, seeds.bytes);
  let sum = 0;
  if (value instanceof Map) {
    for (const [key, held] of value) sum = (sum + hashEntry(hashValue(key), hashValue(held))) | 0;
    return hashUnordered(seeds.map, sum, value.size);
  }
  if (value instanceof Set) {
    for (const member of value) sum = (sum + hashValue(member)) | 0;
    return hashUnordered(seeds.set, sum, value.size);
  }
  const names = Object.keys(value);
  for (const name of names) {
    sum = (sum + hashEntry(hashString(name), hashValue((value as Record<string, unknown>)[name]))) | 0;
  }
  return hashUnordered(seeds.object, sum, names.length);
};

/** Hash of any value of the domain. The order of fields, Map entries and Set members does not matter. */
export const hashValue = (value: unknown): number => {
  switch (typeof value) {
    case 'number':
      return hashNumber(value);
    case 'string':
      return hashString(value);
    case 'boolean':
      return value ? trueHash : falseHash;
    case 'bigint':
      return hashBigInt(value);
    case 'object':
      return value === null ? nullHash : hashObject(value);
    default:
      return undefinedHash;
  }
};

const hashText = ({ bytes, offsets, lengths }: TextColumn, length: number, target: Uint32Array): void => {
  for (let i = 0; i < length; i++) target[i] = hashBytes(bytes, offsets[i] as number, lengths[i] as number);
};

const hashTyped = (column: Column, length: number, target: Uint32Array): void => {
  switch (column.type) {
    case 'number': {
      const { values } = column;
      for (let i = 0; i < length; i++) target[i] = hashNumber(values[i] as number);
      return;
    }
    case 'string': {
      const { values } = column;
      for (let i = 0; i < length; i++) target[i] = hashString(values[i] as string);
      return;
    }
    case 'text':
      hashText(column, length, target);
      return;
    case 'boolean': {
      const { values } = column;
      for (let i = 0; i < length; i++) target[i] = values[i] === 0 ? falseHash : trueHash;
      return;
    }
    default: {
      const { values } = column;
      for (let i = 0; i < length; i++) target[i] = hashValue(values[i]);
    }
  }
};

/** Hashes of the first `length` values of a column; a missing field counts as undefined, as it does when read from a record. */
export const hashColumn = (column: Column, length: number, target: Uint32Array): void => {
  hashTyped(column, length, target);
  const { marks, odd } = column;
  if (marks === undefined) return;
  for (let i = 0; i < length; i++) {
    const mark = marks[i];
    if (mark === Mark.value) continue;
    target[i] = mark === Mark.null ? nullHash : mark === Mark.odd ? hashValue(odd?.get(i)) : undefinedHash;
  }
};
