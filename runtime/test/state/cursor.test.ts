import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import { NumberColumn } from '../../src/state/columns.ts';
import { Cursor } from '../../src/state/cursor.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import { MemoryAccount } from '../../src/state/memory-account.ts';
import { UndoLog } from '../../src/state/undo-log.ts';

const maxParallelism = 4;

/** A cursor over groups of one column of numbers. */
const createCursor = () => {
  const cursor = new Cursor(
    maxParallelism,
    () => 0,
    true,
    new MemoryAccount(),
    (group) => group.addColumn(new NumberColumn(false)),
  );
  const rig = {
    cursor,
    take: (key: unknown): void => cursor.moveToKey(key, hashValue(key)),
    groupOf: (key: unknown) => cursor.groups[keyGroupOf(hashValue(key), maxParallelism)],
    column: (): NumberColumn => cursor.columns[0] as NumberColumn,
    write: (value: number): void => {
      const row = cursor.writableRow();
      (cursor.columns[0] as NumberColumn).set(row, value);
    },
    clear: (): void => {
      cursor.clearing();
      (cursor.columns[0] as NumberColumn).clear(cursor.row);
    },
    sizes: (): number => cursor.groups.reduce((sum, group) => sum + (group?.index.size ?? 0), 0),
  };
  return rig;
};

describe('a cursor', () => {
  it('makes a group and a row with the first write of a key, and none for reading', () => {
    const { cursor, take, groupOf, write, sizes } = createCursor();
    take('a');
    expect([cursor.row, cursor.currentKey]).toEqual([-1, 'a']);
    expect(groupOf('a')).toBe(undefined);
    write(1);
    expect(cursor.row).toBe(0);
    take('b');
    take('a');
    expect([cursor.row, sizes()]).toEqual([0, 1]);
  });

  it('lets a row go when it moves on from one that was emptied, and not before', () => {
    const { cursor, take, write, clear, sizes, groupOf } = createCursor();
    take('a');
    write(1);
    clear();
    expect(sizes()).toBe(1);
    write(2);
    take('b');
    expect(sizes()).toBe(1);
    take('a');
    clear();
    take('b');
    expect(sizes()).toBe(0);
    expect(groupOf('a')?.tombstones?.map(({ key, epoch }) => [key, epoch])).toEqual([['a', cursor.epoch]]);
  });

  it('finds the key of a row, when it was taken there by its row', () => {
    const { cursor, take, write } = createCursor();
    take(['pair', 1]);
    write(1);
    const [group, row] = [cursor.group!, cursor.row];
    take('other');
    cursor.moveToRow(group, row);
    expect(cursor.currentKey).toEqual(['pair', 1]);
    cursor.unseat();
    expect(cursor.row).toBe(-1);
    cursor.reseat();
    expect([cursor.row, cursor.currentKey]).toEqual([row, ['pair', 1]]);
  });

  it('has no key in hand after it was taken to none, and refuses to write', () => {
    const { cursor, take, write } = createCursor();
    const refusal = 'Keyed state was written while no key was in hand.';
    expect(() => write(1)).toThrow(refusal);
    take('a');
    write(1);
    cursor.moveToNone();
    expect([cursor.row, cursor.currentKey]).toEqual([-1, undefined]);
    expect(() => write(2)).toThrow(refusal);
    cursor.reseat();
    expect(cursor.row).toBe(-1);
  });

  it('tells undefined as a key from no key', () => {
    const { cursor, take, write, sizes } = createCursor();
    take(undefined);
    write(1);
    expect([cursor.row >= 0, sizes()]).toEqual([true, 1]);
    cursor.unseat();
    cursor.reseat();
    expect(cursor.row).toBeGreaterThanOrEqual(0);
  });

  it('keeps the rows of a record that may be undone until it ends, whatever keys it takes', () => {
    const { cursor, take, write, clear, sizes } = createCursor();
    take('a');
    write(1);
    const log = new UndoLog();
    cursor.beginRecord(log);
    clear();
    take('b');
    write(2);
    clear();
    take('c');
    expect(sizes()).toBe(2);
    take('a');
    expect(cursor.row).toBe(0);
    take('c');
    cursor.endRecord();
    expect(sizes()).toBe(0);
    expect(cursor.log).toBe(undefined);
  });

  it('looks at the row in hand after a record, too, once it moves on', () => {
    const { cursor, take, write, clear, sizes } = createCursor();
    take('a');
    write(1);
    cursor.beginRecord(new UndoLog());
    clear();
    cursor.endRecord();
    expect(sizes()).toBe(1);
    take('b');
    expect(sizes()).toBe(0);
  });

  it('gives a row that was let go to the next new key of its group, with nothing in it', () => {
    const { cursor, take, write, clear, column } = createCursor();
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    const rival = Array.from({ length: 99 }, (_, i) => i).find(
      (key) => keyGroupOf(hashValue(key), maxParallelism) === group,
    );
    take('a');
    write(1);
    clear();
    take(rival);
    cursor.writableRow();
    expect(cursor.row).toBe(0);
    expect(column().has(0)).toBe(false);
    take('a');
    expect(cursor.row).toBe(-1);
  });

  it('notes writes with the epoch in which they happen', () => {
    const { cursor, take, write, groupOf } = createCursor();
    take('a');
    write(1);
    expect([groupOf('a')?.nextDirtyRow(-1, 0), groupOf('a')?.nextDirtyRow(-1, 1)]).toEqual([0, -1]);
    cursor.epoch = 2;
    cursor.touch();
    expect([groupOf('a')?.nextDirtyRow(-1, 1), groupOf('a')?.nextDirtyRow(-1, 2)]).toEqual([0, -1]);
  });
});
