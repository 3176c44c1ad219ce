import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NdjsonRows } from '../../../src/connectors/formats/ndjson-rows.ts';
import { RecordStream } from '../../../src/connectors/formats/record-stream.ts';
import { bytesOf, decodeAll, piecewise } from '../support/decode.ts';

const linesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${i}${'0'.repeat(i % 7)}`);

describe('a stream of records', () => {
  it('gives each line to exactly one of the byte ranges that cover the file, wherever they are cut', () => {
    const property = fc.property(
      fc.array(fc.nat({ max: 1e9 }), { maxLength: 20 }),
      fc.array(fc.nat({ max: 200 }), { maxLength: 5 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 50 }),
      (values, cuts, terminated, read) => {
        const bytes = bytesOf(values.join('\n') + (terminated && values.length > 0 ? '\n' : ''));
        const bounds = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort(
          (a, b) => a - b,
        );
        const rows = bounds.slice(0, -1).flatMap((start, i) => {
          const settings = {
            position: start === 0 ? 0 : start - 1,
            skipFirstLine: start > 0,
            end: bounds[i + 1] as number,
            reads: [read],
            chunkBytes: 32,
          };
          return decodeAll(bytes, (decoder) => new NdjsonRows(decoder), settings).rows;
        });
        expect(rows).toEqual(values);
      },
    );
    fc.assert(property, { numRuns: 1000, seed: 41 });
  });

  it('knows the position of the next record after every batch', () => {
    const lines = linesOf(100);
    const bytes = bytesOf(lines.join('\n'));
    const invalid = { onInvalid: () => {}, maximumRecordBytes: 100, recordsPerBatch: 7 };
    let position = 0;
    const rows: unknown[] = [];
    for (let restarts = 0; position < bytes.length; restarts++) {
      const stream = new RecordStream({
        decoder: new NdjsonRows(invalid),
        supply: piecewise(bytes, [13], position),
        position,
        maximumRecordBytes: 100,
        chunkBytes: 64,
      });
      for (let batches = 0; batches <= restarts % 3; batches++) {
        const { batch } = stream.next();
        if (batch !== undefined) rows.push(...batch.rows());
      }
      position = stream.position;
    }
    expect(rows).toEqual(lines.map(Number));
  });

  it('hands over what it has when the supply has nothing now, and keeps a partial record until the rest comes', () => {
    const parts: (string | undefined)[] = ['1\n2\n3', undefined, undefined, '4\n5', undefined];
    const supply = {
      read: (target: Uint8Array, offset: number): number | undefined => {
        const part = parts.shift();
        if (part === undefined) return undefined;
        target.set(bytesOf(part), offset);
        return part.length;
      },
    };
    const decoder = new NdjsonRows({ onInvalid: () => {}, maximumRecordBytes: 100 });
    const stream = new RecordStream({ decoder, supply, position: 0, maximumRecordBytes: 100 });
    expect(stream.next()).toMatchObject({ result: 'batch', batch: { length: 2 } });
    expect(stream.position).toBe(4);
    expect(stream.next()).toEqual({ result: 'waiting', batch: undefined });
    const second = stream.next();
    expect(second.batch?.rows()).toEqual([34]);
    expect(stream.partialBytes).toBe(1);
    stream.endSupply();
    expect(stream.next().batch?.rows()).toEqual([5]);
    expect(stream.next()).toEqual({ result: 'end', batch: undefined });
  });

  it('keeps its buffer bounded while a record of 100 MB passes', () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x78);
    let left = 1600;
    let largest = 0;
    const supply = {
      read: (target: Uint8Array, offset: number, length: number): number => {
        largest = Math.max(largest, target.length);
        if (left-- > 0) {
          target.set(chunk.subarray(0, Math.min(length, chunk.length)), offset);
          return Math.min(length, chunk.length);
        }
        if (left < -1) return 0;
        target.set(bytesOf('\n"next"\n'), offset);
        return 8;
      },
    };
    const reasons: string[] = [];
    const decoder = new NdjsonRows({
      onInvalid: ({ reason }) => reasons.push(reason),
      maximumRecordBytes: 1 << 20,
    });
    const stream = new RecordStream({
      decoder,
      supply,
      position: 0,
      maximumRecordBytes: 1 << 20,
      chunkBytes: 64 * 1024,
    });
    const rows: unknown[] = [];
    for (;;) {
      const { result, batch } = stream.next();
      if (batch !== undefined) rows.push(...batch.rows());
      if (result === 'end') break;
    }
    expect(rows).toEqual(['next']);
    expect(reasons).toEqual(['it is longer than the 1048576 bytes that maximumRecordBytes allows']);
    expect(stream.bytesRead).toBeGreaterThan(100e6);
    expect(largest).toBeLessThan(2 << 20);
  });
});
