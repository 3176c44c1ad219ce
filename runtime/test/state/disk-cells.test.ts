import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/batch/codec.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { decodeCell, encodeCell, estimateCellBytes } from '../../src/state/disk-cells.ts';
import { Timed } from '../../src/state/time-to-live.ts';
import { ValueMap } from '../../src/state/value-map.ts';
import { anyKey, anyValue } from './values.ts';

const writer = new ByteWriter();
const entries = fc.array(fc.tuple(anyKey, anyValue), { maxLength: 8 });

describe('a value on disk', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(decodeCell(encodeCell(value, writer))).toEqual(value);
      }),
    );
  });

  it('may be a map, whose entries keep their order, and their life when they have one', () => {
    fc.assert(
      fc.property(entries, fc.boolean(), (pairs, lives) => {
        const map = new ValueMap<unknown, unknown>();
        for (const [i, [key, value]] of pairs.entries()) map.set(key, lives ? new Timed(value, i) : value);
        const back = decodeCell(encodeCell(map, writer)) as typeof map;
        expect([...back]).toEqual([...map]);
        for (const [key] of pairs) expect(back.get(key)).toEqual(map.get(key));
      }),
    );
  });

  it('is refused when it lies outside of the value domain', () => {
    expect(() => encodeCell(() => 1, writer)).toThrow(MillraceError);
  });
});

describe('the memory of a value', () => {
  it('is estimated from a few members of a long list or map', () => {
    const text = 'x'.repeat(100);
    const list = Array.from({ length: 1000 }, () => text);
    expect(estimateCellBytes(list)).toBeGreaterThan(100_000);
    expect(estimateCellBytes(list)).toBeLessThan(200_000);
    const map = new ValueMap<unknown, unknown>();
    for (let key = 0; key < 1000; key++) map.set(key, new Timed(text, 1));
    expect(estimateCellBytes(map)).toBeGreaterThan(estimateCellBytes(list));
    expect(estimateCellBytes('')).toBeLessThan(100);
    expect(estimateCellBytes([])).toBeLessThan(100);
  });
});
