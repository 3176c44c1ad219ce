import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/batch/codec.ts';
import * as arbitrary from './arbitrary.ts';

const written = (write: (writer: ByteWriter) => void): ByteReader => {
  const writer = new ByteWriter(1);
  write(writer);
  return new ByteReader(writer.toBytes());
};

const varint = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.constantFrom(0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35 - 1, 2 ** 35, Number.MAX_SAFE_INTEGER),
);

describe('what a writer writes', () => {
  it('is what a reader reads: numbers of every kind', () => {
    fc.assert(
      fc.property(
        varint,
        fc.integer(),
        arbitrary.number,
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (a, b, c, d) => {
          const reader = written((writer) => {
            writer.writeVarint(a);
            writer.writeInt32(b);
            writer.writeDouble(c);
            writer.writeLong(d);
            writer.writeByte(b & 0xff);
          });
          expect(reader.readVarint()).toBe(a);
          expect(reader.readInt32()).toBe(b);
          expect(reader.readDouble()).toBe(c);
          expect(reader.readLong()).toBe(d);
          expect(reader.readByte()).toBe(b & 0xff);
          expect(reader.remaining).toBe(0);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is what a reader reads: texts and bytes', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.text), fc.uint8Array(), (texts, bytes) => {
        const reader = written((writer) => {
          for (const text of texts) writer.writeSizedText(text);
          writer.writeVarint(bytes.length);
          writer.writeBytes(bytes);
        });
        for (const text of texts) expect(reader.readText(reader.readCount(1))).toBe(text);
        expect([...reader.readBytes(reader.readCount(1))]).toEqual([...bytes]);
      }),
    );
  });

  it('takes one byte for a number up to 127', () => {
    const writer = new ByteWriter();
    writer.writeVarint(127);
    expect(writer.length).toBe(1);
    writer.writeVarint(128);
    expect(writer.length).toBe(3);
  });

  it('is kept as a copy when the writer goes on', () => {
    const writer = new ByteWriter(16);
    writer.writeSizedText('kept');
    const copy = writer.toBytes();
    const view = writer.view();
    writer.reset();
    writer.writeSizedText('gone');
    expect(new ByteReader(copy).readText(5)).toBe('\u0004kept');
    expect(new ByteReader(view).readText(5)).toBe('\u0004gone');
    expect(copy.buffer.byteLength).toBe(5);
  });

  it('may be any parts of other bytes', () => {
    const reader = written((writer) => {
      writer.writeParts(Uint8Array.of(1, 2, 3, 4, 5), Int32Array.of(3, 0, 2), Int32Array.of(2, 1, 0), 3, 3);
    });
    expect([...reader.readBytes(3)]).toEqual([4, 5, 1]);
  });

  it('holds elements of typed arrays wherever they lie in their memory', () => {
    const memory = Float64Array.of(1, 2, 3, 4);
    const reader = written((writer) => {
      writer.writeByte(9);
      writer.writeArray(memory.subarray(1), 2, 8);
    });
    expect(reader.readByte()).toBe(9);
    const target = new Float64Array(4);
    reader.readArray(target.subarray(1), 2, 8);
    expect([...target]).toEqual([0, 2, 3, 0]);
  });
});

describe('a reader', () => {
  it('sees only the bytes between its two ends', () => {
    const reader = new ByteReader(Uint8Array.of(9, 9, 1, 2, 9), 2, 4);
    expect([reader.offset, reader.remaining]).toEqual([2, 2]);
    expect([reader.readByte(), reader.readByte()]).toEqual([1, 2]);
    expect(() => reader.readByte()).toThrow(/end too early at byte 4/);
  });

  it('reads from the middle of a larger buffer', () => {
    const larger = Uint8Array.of(0, 0, 0x61, 0x62, 0);
    const reader = new ByteReader(larger.subarray(2, 4));
    expect(reader.readText(2)).toBe('ab');
  });

  it('gives copies that the bytes it reads do not change', () => {
    const source = Uint8Array.of(1, 2);
    const bytes = new ByteReader(source).readBytes(2);
    source[0] = 7;
    expect([...bytes]).toEqual([1, 2]);
  });

  it.each([
    ['a byte', (reader: ByteReader) => reader.readByte()],
    ['an integer', (reader: ByteReader) => reader.readInt32()],
    ['a double', (reader: ByteReader) => reader.readDouble()],
    ['a long', (reader: ByteReader) => reader.readLong()],
    ['a varint', (reader: ByteReader) => reader.readVarint()],
    ['bytes', (reader: ByteReader) => reader.readBytes(1)],
    ['a text', (reader: ByteReader) => reader.readText(1)],
    ['an array', (reader: ByteReader) => reader.readArray(new Int32Array(9), 9, 4)],
  ])('refuses to read %s behind the end', (_, read) => {
    expect(() => read(new ByteReader(new Uint8Array(0)))).toThrow(
      expect.objectContaining({ code: 'record-invalid' }),
    );
  });

  it('refuses numbers that are no safe integers', () => {
    expect(() => new ByteReader(new Uint8Array(9).fill(0xff)).readVarint()).toThrow(/too large/);
    expect(() => new ByteReader(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127)).readVarint()).toThrow(
      /too large/,
    );
  });

  it('refuses counts that the bytes cannot hold', () => {
    expect(() => new ByteReader(Uint8Array.of(5, 1, 1)).readCount(1)).toThrow(
      /5 elements cannot be in 2 bytes/,
    );
    expect(new ByteReader(Uint8Array.of(2, 1, 1)).readCount(1)).toBe(2);
  });
});

describe('a writer whose bytes are sent as they are', () => {
  it('writes over numbers that are there already', () => {
    const writer = new ByteWriter();
    writer.writeInt32(0);
    writer.writeByte(9);
    writer.patchInt32(0, 0xfedcba98);
    expect([...writer.view()]).toEqual([0x98, 0xba, 0xdc, 0xfe, 9]);
  });

  it('forgets what lies behind a length, and nothing that does not', () => {
    const writer = new ByteWriter();
    for (const byte of [1, 2, 3]) writer.writeByte(byte);
    writer.rewind(1);
    writer.rewind(2);
    writer.writeByte(4);
    expect([...writer.view()]).toEqual([1, 4]);
  });

  it('gives its memory away and goes on in another', () => {
    const writer = new ByteWriter(16);
    writer.writeBytes(new Uint8Array(100).fill(1));
    const given = writer.take(16);
    writer.writeBytes(new Uint8Array(100).fill(2));
    expect([...given]).toEqual(new Array(100).fill(1));
    expect(writer.length).toBe(100);
    expect(writer.view().buffer).not.toBe(given.buffer);
  });
});
