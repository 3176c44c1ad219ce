import { zstdDecompressSync } from 'node:zlib';
import { checksumOf } from './checksum.ts';

/** A piece of a key group, or the state of a subtask, as the index of an object lists it. */
export interface ListedUnit {
  readonly form: 'whole' | 'changes' | 'list' | 'union' | 'broadcast' | 'inFlight';
  readonly uid: string;
  /** The key group, or the subtask. */
  readonly number: number;
}

const forms = ['whole', 'changes', 'list', 'union', 'broadcast', 'inFlight'] as const;
const magic = 'MRSTATE';
const headerBytes = 8;
const footerBytes = 16;

/** Reads numbers of 7 bits a byte, texts and words, one behind the other. */
class Cursor {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error('the index ends too early');
    return byte;
  }

  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  word(): number {
    return (this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)) >>> 0;
  }

  text(): string {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }
}

const word = (bytes: Uint8Array, at: number): number => new Cursor(bytes.subarray(at, at + 4)).word();

/** Checks each block and gives how many raw bytes it has. */
const checkBlocks = (bytes: Uint8Array, index: Cursor): readonly number[] => {
  let at = headerBytes;
  return Array.from({ length: index.number() }, (_, block) => {
    const [storedBytes, rawBytes, isCompressed, crc] = [
      index.number(),
      index.number(),
      index.byte() === 1,
      index.word(),
    ];
    const stored = bytes.subarray(at, at + storedBytes);
    at += storedBytes;
    if (checksumOf(stored) !== crc) throw new Error(`block ${block} is damaged`);
    const size = isCompressed ? zstdDecompressSync(stored).length : storedBytes;
    if (size !== rawBytes) throw new Error(`block ${block} has ${size} bytes instead of ${rawBytes}`);
    return rawBytes;
  });
};

/**
 * Reads a state object byte by byte, by its description and not by the code that writes or restores it.
 * @throws Error that says what is wrong with it
 */
export const readStateObject = (bytes: Uint8Array): readonly ListedUnit[] => {
  const text = new TextDecoder('latin1');
  const footer = bytes.length - footerBytes;
  const isWhole = text.decode(bytes.subarray(0, 7)) === magic && text.decode(bytes.subarray(-7)) === magic;
  if (footer < headerBytes || !isWhole) throw new Error('it is no whole state object');
  if (bytes[7] !== 1 || bytes[bytes.length - 8] !== 1) throw new Error('it is of an unknown version');
  const indexBytes = bytes.subarray(footer - word(bytes, footer), footer);
  if (checksumOf(indexBytes) !== word(bytes, footer + 4)) throw new Error('its index is damaged');
  const index = new Cursor(indexBytes);
  const names = Array.from({ length: index.number() }, () => index.text());
  const left = [...checkBlocks(bytes, index)];
  const units = Array.from({ length: index.number() }, (): ListedUnit => {
    const form = forms[index.byte()];
    const uid = names[index.number()];
    if (form === undefined || uid === undefined) throw new Error('a unit has no form or no name');
    if (form !== 'whole' && form !== 'changes') index.number();
    const number = index.number();
    const block = index.number();
    left[block] = (left[block] ?? Number.NaN) - index.number();
    return { form, uid, number };
  });
  if (!index.isAtEnd) throw new Error('something follows its index');
  if (left.some((bytesLeft) => bytesLeft !== 0)) throw new Error('its units do not fill its blocks');
  return units;
};
