import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/batch/codec.ts';
import { encodeText } from '../../src/batch/text.ts';
import * as arbitrary from './arbitrary.ts';

/** One thing that is written: how, the bytes that it should be, and how it is read again. */
interface Part {
  readonly name: string;
  readonly write: (writer: ByteWriter) => void;
  readonly bytes: readonly number[];
  readonly read: (reader: ByteReader) => void;
}

/** Seven bits a byte, the lowest first, from the definition. */
const varintBytes = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
};

/** Bytes by a `DataView`, little-endian. */
const viewed = (size: number, set: (view: DataView) => void): number[] => {
  const view = new DataView(new ArrayBuffer(size));
  set(view);
  return [...new Uint8Array(view.buffer)];
};

const byte = fc.nat(255).map(
  (value): Part => ({
    name: `byte ${value}`,
    write: (writer) => writer.writeByte(value),
    bytes: [value],
    read: (reader) => expect(reader.readByte()).toBe(value),
  }),
);

const varint = fc
  .oneof(
    fc.nat(300),
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    fc.constantFrom(
      127,
      128,
      16_383,
      16_384,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 49,
      Number.MAX_SAFE_INTEGER,
    ),
  )
  .map(
    (value): Part => ({
      name: `varint ${value}`,
      write: (writer) => writer.writeVarint(value),
      bytes: varintBytes(value),
      read: (reader) => expect(reader.readVarint()).toBe(value),
    }),
  );

const integer = fc.integer().map(
  (value): Part => ({
    name: `integer ${value}`,
    write: (writer) => writer.writeInt32(value),
    bytes: viewed(4, (view) => view.setInt32(0, value, true)),
    read: (reader) => expect(reader.readInt32()).toBe(value),
  }),
);

const double = arbitrary.number.map(
  (value): Part => ({
    name: `double ${value}`,
    write: (writer) => writer.writeDouble(value),
    bytes: viewed(8, (view) => view.setFloat64(0, value, true)),
    read: (reader) => expect(reader.readDouble()).toBe(value),
  }),
);

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(
  (value): Part => ({
    name: `long ${value}`,
    write: (writer) => writer.writeLong(value),
    bytes: viewed(8, (view) => view.setBigInt64(0, value, true)),
    read: (reader) => expect(reader.readLong()).toBe(value),
  }),
);

const bytes = fc.uint8Array({ maxLength: 60 }).map(
  (value): Part => ({
    name: `bytes ${value.length}`,
    write: (writer) => writer.writeBytes(value),
    bytes: [...value],
    read: (reader) => expect([...reader.readBytes(value.length)]).toEqual([...value]),
  }),
);

const sizedText = arbitrary.text.map((text): Part => {
  const encoded = [...encodeText(text)];
  return {
    name: `sized text ${encoded.length}`,
    write: (writer) => writer.writeSizedText(text),
    bytes: [...varintBytes(encoded.length), ...encoded],
    read: (reader) => expect(reader.readText(reader.readCount(1))).toBe(text),
  };
});

const bareText = arbitrary.text.map((text): Part => {
  const encoded = [...encodeText(text)];
  return {
    name: `text ${encoded.length}`,
    write: (writer) => expect(writer.writeText(text)).toBe(encoded.length),
    bytes: encoded,
    read: (reader) => expect(reader.readText(encoded.length)).toBe(text),
  };
});

const ascii = fc.string({ maxLength: 60 }).map(
  (text): Part => ({
    name: `ascii ${text.length}`,
    write: (writer) => writer.writeAscii(text),
    bytes: [...Buffer.from(text, 'latin1')],
    read: (reader) => expect(reader.readText(text.length)).toBe(text),
  }),
);

const array = fc.tuple(fc.array(fc.integer(), { maxLength: 12 }), fc.nat(3)).map(([values, before]): Part => {
  const memory = Int32Array.from([...new Array<number>(before).fill(-1), ...values, -1]);
  return {
    name: `array ${values.length}`,
    write: (writer) => writer.writeArray(memory.subarray(before), values.length, 4),
    bytes: values.flatMap((value) => viewed(4, (view) => view.setInt32(0, value, true))),
    read: (reader) => {
      const target = new Int32Array(values.length + 2);
      reader.readArray(target.subarray(1), values.length, 4);
      expect([...target]).toEqual([0, ...values, 0]);
    },
  };
});

const scattered = fc
  .tuple(
    fc.uint8Array({ minLength: 1, maxLength: 30 }),
    fc.array(fc.tuple(fc.nat(29), fc.nat(9)), { maxLength: 6 }),
  )
  .map(([source, cuts]): Part => {
    const pieces = cuts.map(([from, size]) => {
      const start = from % source.length;
      return [start, Math.min(size, source.length - start)] as const;
    });
    const expected = pieces.flatMap(([from, size]) => [...source.subarray(from, from + size)]);
    return {
      name: `parts ${expected.length}`,
      write: (writer) =>
        writer.writeParts(
          source,
          Int32Array.from(pieces, ([from]) => from),
          Int32Array.from(pieces, ([, size]) => size),
          pieces.length,
          expected.length,
        ),
      bytes: expected,
      read: (reader) => expect([...reader.readBytes(expected.length)]).toEqual(expected),
    };
  });

const part: fc.Arbitrary<Part> = fc.oneof(
  byte,
  varint,
  integer,
  double,
  long,
  bytes,
  sizedText,
  bareText,
  ascii,
  array,
  scattered,
);
const parts = fc.array(part, { maxLength: 25 });

describe('a story of a writer and a reader', () => {
  it('has the bytes that the format says, one thing after the other, however little room there was', () => {
    fc.assert(
      fc.property(parts, fc.nat(40), (all, capacity) => {
        const writer = new ByteWriter(capacity);
        const expected: number[] = [];
        for (const one of all) {
          one.write(writer);
          expected.push(...one.bytes);
          expect([one.name, writer.length]).toEqual([one.name, expected.length]);
        }
        expect([...writer.toBytes()]).toEqual(expected);
        expect([...writer.view()]).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });

  it('is read again from anywhere in other bytes, to the last byte', () => {
    fc.assert(
      fc.property(
        parts,
        fc.uint8Array({ maxLength: 9 }),
        fc.uint8Array({ maxLength: 9 }),
        (all, before, behind) => {
          const whole = Uint8Array.from([...before, ...all.flatMap((one) => one.bytes), ...behind]);
          const reader = new ByteReader(whole, before.length, whole.length - behind.length);
          let at = before.length;
          for (const one of all) {
            one.read(reader);
            at += one.bytes.length;
            expect([one.name, reader.offset]).toEqual([one.name, at]);
          }
          expect(reader.remaining).toBe(0);
          expect(() => reader.readByte()).toThrow('end too early');
        },
      ),
      { numRuns: 400 },
    );
  });

  it('starts anew in the same memory, and nothing of the old one is left', () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 4 }), (stories) => {
        const writer = new ByteWriter(0);
        for (const all of stories) {
          writer.reset();
          for (const one of all) one.write(writer);
          expect([...writer.view()]).toEqual(all.flatMap((one) => one.bytes));
          const kept = writer.toBytes();
          expect(kept.buffer.byteLength).toBe(kept.length);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is refused at every place where its bytes end too early', () => {
    fc.assert(
      fc.property(part, (one) => {
        for (let length = 0; length < one.bytes.length; length++) {
          const reader = new ByteReader(Uint8Array.from(one.bytes.slice(0, length)));
          expect(() => one.read(reader)).toThrow(expect.objectContaining({ code: 'record-invalid' }));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a count', () => {
  it('is taken when so many things can follow, and refused when not', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 12 }), fc.nat(600), (count, bytesEach, there) => {
        const reader = new ByteReader(
          Uint8Array.from([...varintBytes(count), ...new Array<number>(there).fill(0)]),
        );
        if (count * bytesEach <= there) expect(reader.readCount(bytesEach)).toBe(count);
        else
          expect(() => reader.readCount(bytesEach)).toThrow(`${count} elements cannot be in ${there} bytes`);
      }),
    );
  });

  it('that overflows when it is multiplied is refused as well', () => {
    for (const count of [2 ** 32, 2 ** 50, Number.MAX_SAFE_INTEGER]) {
      const reader = new ByteReader(Uint8Array.from([...varintBytes(count), 0, 0]));
      expect(() => reader.readCount(10)).toThrow('elements cannot be in');
    }
  });
});
