import { describe, expect, it } from 'vitest';
import { absent, HeapColumn, NumberColumn } from '../../src/state/columns.ts';
import { UndoLog } from '../../src/state/undo-log.ts';

describe('a column of numbers', () => {
  it('tells a zero from nothing', () => {
    const column = new NumberColumn(false);
    column.grow(3);
    column.set(1, 0);
    expect([0, 1, 2].map((row) => column.has(row))).toEqual([false, true, false]);
    column.clear(1);
    expect(column.has(1)).toBe(false);
  });

  it('keeps its values when it grows', () => {
    const column = new NumberColumn(true);
    column.grow(2);
    column.set(1, Number.NaN);
    column.setExpiryMs(1, 50);
    column.grow(100);
    expect([column.has(1), column.values[1], column.expiryMs(1)]).toEqual([true, Number.NaN, 50]);
    expect(column.has(99)).toBe(false);
  });

  it('restores value, absence and expiry', () => {
    const [column, log] = [new NumberColumn(true), new UndoLog()];
    column.grow(2);
    column.set(0, 1);
    column.setExpiryMs(0, 10);
    column.save(0, log);
    column.save(1, log);
    column.set(0, 2);
    column.setExpiryMs(0, 20);
    column.set(1, 3);
    // Growing replaces the arrays: what was saved must find the new ones.
    column.grow(50);
    log.rollback();
    expect([column.values[0], column.expiryMs(0), column.has(1)]).toEqual([1, 10, false]);
  });

  it('takes nine bytes a row, and eight more for an expiry', () => {
    const [plain, expiring] = [new NumberColumn(false), new NumberColumn(true)];
    plain.grow(1000);
    expiring.grow(1000);
    expect([plain.memoryBytes(), expiring.memoryBytes()]).toEqual([9000, 17_000]);
    plain.free();
    expiring.free();
    expect([plain.memoryBytes(), expiring.memoryBytes()]).toEqual([0, 0]);
  });
});

describe('a column of heap values', () => {
  it('tells undefined from nothing', () => {
    const column = new HeapColumn(false);
    column.grow(2);
    column.setValue(0, undefined);
    expect([column.has(0), column.has(1)]).toEqual([true, false]);
    expect(column.read(1)).toBe(absent);
  });

  it('hands out the value itself, or a copy where it must be restorable', () => {
    const [column, log] = [new HeapColumn(false), new UndoLog()];
    column.grow(1);
    const value = { tags: ['a'] };
    column.setValue(0, value);
    expect(column.take(0, undefined)).toBe(value);
    const copy = column.take(0, log) as typeof value;
    expect(copy).toEqual(value);
    expect(copy).not.toBe(value);
    expect(column.take(0, log)).toBe(copy);
    copy.tags.push('b');
    log.rollback();
    expect(column.read(0)).toBe(value);
    expect(value).toEqual({ tags: ['a'] });
  });

  it('estimates its memory by looking at some of its rows', () => {
    const column = new HeapColumn(false);
    column.grow(100_000);
    expect(column.memoryBytes()).toBe(800_000);
    for (let row = 0; row < 100_000; row += 2) column.setValue(row, { row });
    expect(column.memoryBytes()).toBeGreaterThan(2_000_000);
    column.free();
    expect(column.memoryBytes()).toBe(0);
  });

  it('gives all its rows an expiry, or none', () => {
    const column = new HeapColumn(false);
    column.grow(3);
    expect(column.expiryMs(2)).toBe(Number.NaN);
    column.setAllExpiriesMs(true, 7);
    expect(column.expiryMs(2)).toBe(7);
    column.setAllExpiriesMs(false, 7);
    expect(column.expiryMs(2)).toBe(Number.NaN);
  });
});
