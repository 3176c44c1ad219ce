import fc from 'fast-check';
import { Batch } from 'millrace';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/batch/codec.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import { readElement, writeFrame } from '../../src/exchange/frame.ts';

fc.configureGlobal({ seed: 20_011 });

const bytesOf = (channel: number, element: StreamElement): Uint8Array => {
  const writer = new ByteWriter();
  writeFrame(channel, element, writer);
  return writer.view().slice();
};

const readFrame = (bytes: Uint8Array): { readonly channel: number; readonly element: StreamElement } => {
  const reader = new ByteReader(bytes);
  return { channel: reader.readVarint(), element: readElement(reader) };
};

const throughAFrame = (element: StreamElement): StreamElement => readFrame(bytesOf(3, element)).element;

const times = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(-Infinity, Infinity, 0, 1.5e12));

describe('a frame between slots', () => {
  it('begins with its channel, however many there are', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (channel) => {
        expect(readFrame(bytesOf(channel, { kind: 'idle' })).channel).toBe(channel);
      }),
    );
  });

  it('carries watermarks of any time', () => {
    fc.assert(
      fc.property(times, (timeMs) => {
        expect(throughAFrame({ kind: 'watermark', timeMs })).toEqual({ kind: 'watermark', timeMs });
      }),
    );
  });

  it.each([
    { kind: 'idle' },
    { kind: 'end', drained: true },
    { kind: 'end', drained: false },
    { kind: 'latency', source: 3, markedMs: 1.5e12 },
    { kind: 'barrier', id: 0 },
    { kind: 'barrier', id: 2 ** 52 + 1 },
  ] as const)('carries %o', (element) => {
    expect(throughAFrame(element)).toEqual(element);
  });

  it.each([
    { isWhole: true, parks: false },
    { isWhole: false, parks: true, keepsChains: true },
    { isWhole: false, parks: false },
  ])('carries what a barrier says of its checkpoint: %o', (how) => {
    const barrier = { kind: 'barrier', id: 9, checkpoint: { id: 9, triggeredMs: 1234.5, ...how } } as const;
    expect(throughAFrame(barrier)).toEqual(barrier);
  });

  it('carries the routing table of a barrier', () => {
    const tables = fc.array(fc.nat(65_535), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(tables, fc.nat(1_000_000), (slots, version) => {
        const barrier = {
          kind: 'barrier',
          id: 7,
          routing: { version, slotOf: Uint16Array.from(slots) },
        } as const;
        expect(throughAFrame(barrier)).toEqual(barrier);
      }),
    );
  });

  it('carries batches of any values, with their timestamps', () => {
    const records = fc.array(
      fc.oneof(fc.string(), fc.double(), fc.record({ a: fc.integer(), b: fc.string() })),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(records, (rows) => {
        const timestamps = Float64Array.from(rows, (_, i) => (i % 3 === 0 ? NaN : i));
        const element = throughAFrame(Batch.ofRows(rows, timestamps));
        if (element.kind !== 'batch') throw new Error(`A batch came out as ${element.kind}.`);
        expect(element.rows().slice(0, element.length)).toEqual(rows);
        expect([...element.timestamps.subarray(0, element.length)]).toEqual([...timestamps]);
      }),
    );
  });

  it('never holds an empty poll, which belongs to its subtask', () => {
    expect(() => bytesOf(1, { kind: 'nothing' })).toThrow('An empty poll must not leave its subtask.');
  });
});

describe('a damaged frame', () => {
  it('is refused by the number of its kind', () => {
    const bytes = bytesOf(1, { kind: 'idle' });
    bytes[1] = 99;
    expect(() => readFrame(bytes)).toThrow('A frame between slots has the unknown kind 99.');
  });

  it('is refused with a named error or read as something, wherever it was cut or changed, and never hangs', () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({ id: i, name: `name ${i}`, price: i / 3 }));
    const whole = [
      bytesOf(
        1,
        Batch.ofRows(
          rows,
          Float64Array.from(rows, (_, i) => i),
        ),
      ),
      bytesOf(1, { kind: 'barrier', id: 1, routing: { version: 2, slotOf: new Uint16Array(128) } }),
      bytesOf(1, { kind: 'watermark', timeMs: 5 }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.nat(),
        fc.nat(255),
        fc.boolean(),
        (bytes, at, value, cuts) => {
          const place = 1 + (at % (bytes.length - 1));
          const damaged = cuts ? bytes.slice(0, place) : bytes.with(place, value);
          try {
            readFrame(damaged);
          } catch (error) {
            expect(error).toMatchObject({ name: 'MillraceError' });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
