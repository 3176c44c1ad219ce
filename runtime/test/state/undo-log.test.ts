import { describe, expect, it } from 'vitest';
import { type Change, Lengthened, UndoLog } from '../../src/state/undo-log.ts';

const noting = (notes: string[], name: string): Change => ({ undo: () => void notes.push(name) });

describe('an undo log', () => {
  it('takes changes back in the opposite order, once', () => {
    const [log, notes] = [new UndoLog(), [] as string[]];
    for (const name of ['first', 'second', 'third']) log.record(noting(notes, name));
    log.rollback();
    log.rollback();
    expect(notes).toEqual(['third', 'second', 'first']);
  });

  it('takes nothing back after it was cleared', () => {
    const [log, notes] = [new UndoLog(), [] as string[]];
    log.record(noting(notes, 'committed'));
    log.clear();
    log.rollback();
    expect(notes).toEqual([]);
  });

  it('lets a record change its own values, and those that nobody can change', () => {
    const log = new UndoLog();
    const [own, other] = [{}, {}];
    log.adopt(own);
    expect([1, 'text', null, undefined, true, 2n, own].every((value) => log.mayChange(value))).toBe(true);
    expect(log.mayChange(other)).toBe(false);
    log.clear();
    expect(log.mayChange(own)).toBe(false);
    log.adopt(own);
    log.rollback();
    expect(log.mayChange(own)).toBe(false);
  });

  it('makes a list as short as it was, however often it got longer', () => {
    const [log, list] = [new UndoLog(), [1]];
    for (const value of [2, 3, 4]) {
      log.record(new Lengthened(list));
      list.push(value);
    }
    log.rollback();
    expect(list).toEqual([1]);
  });
});
