import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mark } from '../../../src/batch/column.ts';
import { toRows } from '../../../src/batch/materialize.ts';
import { FieldColumn, Holds } from '../../../src/connectors/formats/field-column.ts';

const missing = Symbol('missing');

/** Puts values into a column in batches and reads them back. */
const roundTrip = (column: FieldColumn, batch: readonly unknown[]): unknown[] => {
  batch.forEach((value, row) => {
    column.putValue(row, value === missing ? undefined : value);
  });
  const rows = toRows({ names: ['f'], columns: [column.take(batch.length)] }, batch.length);
  return (rows as { f?: unknown }[]).map((row) => (Object.hasOwn(row, 'f') ? row.f : missing));
};

describe('a column being filled', () => {
  const value = fc.oneof(
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constantFrom<unknown>(null, missing, [], { a: 1 }, '\ud800', '', -0),
  );

  it('gives back what was put in, batch after batch, whatever the mixture of types', () => {
    fc.assert(
      fc.property(fc.array(fc.array(value, { minLength: 1, maxLength: 10 }), { maxLength: 6 }), (batches) => {
        const column = new FieldColumn('f', 10);
        for (const batch of batches) expect(roundTrip(column, batch)).toStrictEqual(batch);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('keeps only the last of several values of one row', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), value, (values, before) => {
        const column = new FieldColumn('f', 4);
        column.putValue(0, before === missing ? undefined : before);
        for (const one of values) column.putValue(1, one === missing ? undefined : one);
        const set = { names: ['f'], columns: [column.take(2)] };
        const last = values.at(-1);
        expect(toRows(set, 2)[1]).toStrictEqual(last === missing ? {} : { f: last });
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  it('takes the type of its first value and keeps it over batches of nothing', () => {
    const column = new FieldColumn('f', 4);
    expect(roundTrip(column, [null, missing])).toEqual([null, missing]);
    expect(roundTrip(column, ['a'])).toEqual(['a']);
    column.putNull(0);
    expect(column.take(1).type).toBe('text');
  });

  it('takes another type with the next batch when most values do not fit', () => {
    const column = new FieldColumn('f', 4);
    roundTrip(column, [1, 'a', 'b', 'c']);
    column.putString(0, 'd');
    expect(column.take(1)).toMatchObject({ type: 'text', marks: undefined, odd: undefined });
  });

  it('keeps its type when only some values do not fit', () => {
    const column = new FieldColumn('f', 4);
    roundTrip(column, [1, 'a', 2, 3]);
    column.putNumber(0, 4);
    expect(column.take(1).type).toBe('number');
  });

  it('has no marks when every row has a value of its type', () => {
    const column = new FieldColumn('f', 4);
    for (let row = 0; row < 4; row++) column.putNumber(row, row);
    expect(column.take(4).marks).toBeUndefined();
  });

  it('marks what is null, missing and odd', () => {
    const column = new FieldColumn('f', 4);
    column.putNumber(0, 1);
    column.putNull(1);
    column.putMissing(2);
    column.putBoolean(3, true);
    const taken = column.take(4);
    expect([...(taken.marks ?? [])]).toEqual([Mark.value, Mark.null, Mark.missing, Mark.odd]);
    expect(taken.odd).toEqual(new Map([[3, true]]));
  });

  it('shares no memory between batches', () => {
    const column = new FieldColumn('f', 2);
    column.putString(0, 'first');
    const first = column.take(1);
    column.putString(0, 'other');
    column.take(1);
    expect(toRows({ names: ['f'], columns: [first] }, 1)).toEqual([{ f: 'first' }]);
  });

  it('makes room for text and for a word that sticks out', () => {
    const column = new FieldColumn('f', 2);
    column.accepts(2);
    column.reserveText(10);
    expect(column.text.length).toBeGreaterThanOrEqual(14);
    column.text.set([1, 2, 3]);
    column.used = 3;
    column.reserveText(1000);
    expect([...column.text.subarray(0, 3)]).toEqual([1, 2, 3]);
    expect(column.textView.buffer).toBe(column.text.buffer);
  });

  it('has room for text only once there is text, and then for all that may follow', () => {
    const column = new FieldColumn('a', 8);
    column.reserveText(1000);
    column.putNumber(0, 1);
    expect(column.text.length).toBe(0);
    const texts = new FieldColumn('b', 8);
    texts.reserveText(1000);
    expect(texts.text.length).toBe(0);
    expect(texts.accepts(Holds.text)).toBe(true);
    // A word may stick out behind the last byte.
    expect(texts.text.length).toBeGreaterThanOrEqual(1004);
    expect(texts.textView.byteLength).toBe(texts.text.length);
  });

  it('has room for text behind that of the records before it', () => {
    const column = new FieldColumn('a', 8);
    column.reserveText(10);
    column.putString(0, 'x'.repeat(10));
    column.reserveText(500);
    expect(column.text.length - column.used).toBeGreaterThanOrEqual(504);
    const taken = column.take(1);
    expect(taken).toMatchObject({ type: 'text', bytes: new TextEncoder().encode('x'.repeat(10)) });
    expect(column.used).toBe(0);
  });

  it('turns to text, with room for it, when most of a batch of another type was text', () => {
    const column = new FieldColumn('a', 4);
    column.reserveText(300);
    column.putNumber(0, 1);
    for (let row = 1; row < 4; row++) column.putString(row, `text ${row}`);
    expect(column.take(4).type).toBe('number');
    expect(column.holds).toBe(Holds.text);
    expect(column.text.length).toBeGreaterThanOrEqual(304);
  });
});
