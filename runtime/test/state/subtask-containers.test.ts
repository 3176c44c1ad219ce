import { describe, expect, it } from 'vitest';
import { SubtaskList } from '../../src/state/subtask-list.ts';
import { SubtaskMap } from '../../src/state/subtask-map.ts';
import { UndoLog } from '../../src/state/undo-log.ts';

describe('a list of a subtask', () => {
  it('shares nothing with the array that it was given', () => {
    const list = new SubtaskList(() => undefined);
    const given = [1, 2];
    list.update(given);
    given.push(3);
    list.add(4);
    expect(list.get()).toEqual([1, 2, 4]);
    expect(given).toEqual([1, 2, 3]);
  });

  it('undoes additions, replacements and changes in place', () => {
    const log = new UndoLog();
    const list = new SubtaskList(() => log);
    list.update([{ n: 1 }]);
    log.clear();
    list.add('added');
    (list.get()[0] as { n: number }).n = 2;
    list.add('more');
    expect(list.get()).toEqual([{ n: 2 }, 'added', 'more']);
    list.update([]);
    log.rollback();
    expect(list.get()).toEqual([{ n: 1 }]);
  });

  it('copies its items once a record, however often they are read', () => {
    const log = new UndoLog();
    const list = new SubtaskList(() => log);
    list.add(['x']);
    log.clear();
    expect(list.get()).toBe(list.get());
  });
});

describe('a broadcast map of a subtask', () => {
  it('keeps the order of insertion when a record is undone that took entries out', () => {
    const log = new UndoLog();
    const map = new SubtaskMap(() => log);
    for (const key of ['a', 'b', 'c']) map.put(key, 1);
    log.clear();
    map.delete('a');
    map.put('a', 2);
    map.clear();
    map.put('d', 3);
    expect([...map.entries()]).toEqual([['d', 3]]);
    log.rollback();
    expect([...map.entries()]).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
  });

  it('can be changed during a loop over it, recorded or not', () => {
    for (const log of [undefined, new UndoLog()]) {
      const map = new SubtaskMap(() => log);
      for (let i = 0; i < 5; i++) map.put(i, i);
      const seen: unknown[] = [];
      for (const [key] of map.entries()) {
        seen.push(key);
        if (key === 0) map.delete(1);
        if (key === 3) map.put('late', 1);
      }
      expect(seen).toEqual([0, 2, 3, 4, 'late']);
    }
  });

  it('hands out a copy of a rule while a record may fail, and keeps it if not', () => {
    let log: UndoLog | undefined;
    const map = new SubtaskMap(() => log);
    const rule = { limits: [1] };
    map.put('rule', rule);
    log = new UndoLog();
    (map.get('rule') as typeof rule).limits.push(2);
    log.rollback();
    expect(rule).toEqual({ limits: [1] });
    (map.get('rule') as typeof rule).limits.push(3);
    log.clear();
    log = undefined;
    expect(map.get('rule')).toEqual({ limits: [1, 3] });
  });
});
