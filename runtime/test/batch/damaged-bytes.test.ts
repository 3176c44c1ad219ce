import { memoryUsage } from 'node:process';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import {
  ByteReader,
  ByteWriter,
  decodeBatch,
  decodeValue,
  encodeBatch,
  encodeValue,
} from '../../src/batch/codec.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { oneOfEach } from './kinds.ts';
import { readGolden } from './notation.ts';

interface Golden {
  readonly bytes: string;
}

const fromHex = ({ bytes }: Golden): Uint8Array => new Uint8Array(Buffer.from(bytes, 'hex'));

const batches = readGolden<Golden>('batches.json').map(fromHex);
const values = readGolden<Golden>('values.json')
  .map(fromHex)
  .filter(({ length }) => length < 64);

const shortest = (): unknown[] =>
  oneOfEach().filter((value) => {
    const writer = new ByteWriter();
    encodeValue(value, writer);
    return writer.length < 16;
  });

/** All kinds of values in one batch, as fields of one record and as records: not those of many bytes, which say little more. */
const allKinds = (): readonly Uint8Array[] =>
  [[Object.fromEntries(shortest().map((value, i) => [`${i}`, value]))], shortest()].map((rows) => {
    const writer = new ByteWriter();
    encodeBatch(
      Batch.ofRows(
        rows,
        Float64Array.from(rows, (_, i) => i * i),
      ),
      writer,
    );
    return writer.toBytes();
  });

/** Bytes of memory outside the heap that damaged bytes may make a reader ask for: what the times of the most records take. */
const mostBytes = 40 * 2 ** 20;

/** Reads damaged bytes; says what became of it: `read`, or the code of the error. Anything else that is thrown goes on. */
const outcomeOf = (read: () => unknown): string => {
  try {
    read();
    return 'read';
  } catch (error) {
    if (!MillraceError.is(error)) throw error;
    const isClear = /^Encoded records are damaged: .+ at byte \d+\.$/.test(error.message);
    return isClear ? error.code : error.message;
  }
};

/** The same, with a look at the memory. */
const modestOutcomeOf = (read: () => unknown): string => {
  const before = memoryUsage().arrayBuffers;
  const outcome = outcomeOf(read);
  return memoryUsage().arrayBuffers - before < mostBytes ? outcome : 'too much memory';
};

const readBatch = (bytes: Uint8Array): unknown => decodeBatch(new ByteReader(bytes)).rows();
const readValue = (bytes: Uint8Array): unknown => decodeValue(new ByteReader(bytes));

const sources: readonly (readonly [string, readonly Uint8Array[], (bytes: Uint8Array) => unknown])[] = [
  ['golden value', values, readValue],
  ['golden batch', batches, readBatch],
  ['batch of all kinds', allKinds(), readBatch],
];

/** Numbers that a length could be: four bytes of it, four billion, more than any number that is safe. */
const giants: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
];

describe.each(sources)('every damaged %s', (_, all, read) => {
  it('that ends too early is refused, wherever it ends', () => {
    for (const bytes of all) {
      for (let length = 0; length < bytes.length; length++) {
        expect(outcomeOf(() => read(bytes.subarray(0, length)))).toBe('record-invalid');
      }
    }
  });

  it('with any one byte changed is refused or read as something', () => {
    const outcomes = new Set<string>();
    for (const bytes of all) {
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at] as number;
        for (const other of [0, 1, 9, 16, 17, 0x7f, 0xff, byte ^ 1]) {
          outcomes.add(outcomeOf(() => read(bytes.with(at, other))));
        }
      }
    }
    expect(outcomes).toEqual(new Set(['read', 'record-invalid']));
  });

  it('with a giant number in any place is refused or read as something, without the memory that it claims', () => {
    const outcomes = new Set<string>();
    for (const bytes of all) {
      for (let at = 0; at <= bytes.length; at++) {
        for (const giant of giants) {
          const damaged = Uint8Array.from([...bytes.subarray(0, at), ...giant, ...bytes.subarray(at + 1)]);
          outcomes.add(modestOutcomeOf(() => read(damaged)));
        }
      }
    }
    expect(outcomes).toEqual(new Set(['read', 'record-invalid']));
  });

  it('without one of its bytes, or with one twice, is refused or read as something', () => {
    const outcomes = new Set<string>();
    for (const bytes of all) {
      for (let at = 0; at < bytes.length; at++) {
        const shorter = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
        const longer = Uint8Array.from([...bytes.subarray(0, at + 1), ...bytes.subarray(at)]);
        for (const damaged of [shorter, longer]) {
          outcomes.add(outcomeOf(() => read(damaged)));
        }
      }
    }
    expect(outcomes).toEqual(new Set(['read', 'record-invalid']));
  });
});

describe('few bytes', () => {
  const claim = (length: number, ...rest: number[]): Uint8Array => {
    const writer = new ByteWriter();
    writer.writeByte(1);
    writer.writeVarint(length);
    return Uint8Array.of(...writer.view(), ...rest);
  };

  it('are no millions of records without fields', () => {
    const noTimes = 0;
    const asColumns = 0;
    expect(() => readBatch(claim(4_000_000, noTimes, asColumns, 0))).toThrow(
      '4000000 records have no columns',
    );
    expect(readBatch(claim(0, noTimes, asColumns, 0))).toEqual([]);
  });

  it('are as many records without fields as were written', () => {
    const rows = Array.from({ length: 1000 }, () => ({}));
    const writer = new ByteWriter();
    encodeBatch(Batch.ofRows(rows, new Float64Array(1000)), writer);
    expect(writer.length).toBeGreaterThanOrEqual(1000);
    const decoded = decodeBatch(new ByteReader(writer.view()));
    expect(decoded.rows()).toEqual(rows);
    expect(decoded.columns()).toEqual({ names: [], columns: [] });
  });

  it('of nested lists are refused before the stack ends', () => {
    for (const tag of [12, 13, 14]) {
      const deep = new Uint8Array(100_000).fill(1);
      for (let i = 0; i < deep.length; i += 2) deep[i] = tag;
      expect(outcomeOf(() => readValue(deep))).toBe('record-invalid');
    }
    const named = new Uint8Array(100_000);
    for (let i = 0; i < named.length; i += 4) named.set([15, 1, 1, 97], i);
    expect(outcomeOf(() => readValue(named))).toBe('record-invalid');
  });

  it('of an integer that no engine can hold are refused', () => {
    expect(outcomeOf(() => readValue(Uint8Array.of(8, 0)))).toBe('record-invalid');
    expect(outcomeOf(() => readValue(Uint8Array.of(8, 0x80, 0x80, 0x80, 0x80, 1)))).toBe('record-invalid');
  });

  it('leave the prototype of all objects alone, whatever their names are', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const writer = new ByteWriter();
      encodeValue(JSON.parse(`{"${name}": {"polluted": true}}`), writer);
      const value = readValue(writer.toBytes()) as object;
      expect(Object.keys(value)).toEqual([name]);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
    expect('polluted' in {}).toBe(false);
  });
});
