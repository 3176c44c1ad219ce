import type { Batch } from 'millrace';
import { describe, expect, it } from 'vitest';
import { ChainEmitter } from '../../src/task/chain-emitter.ts';
import { records } from './rig.ts';

const newEmitter = (recoverable: boolean, batchSize?: number, targets = 1) => {
  const delivered: unknown[][] = [];
  const target = (batch: Batch): void => void delivered.push(batch.rows().slice(0, batch.length));
  const emitter = new ChainEmitter(new Array<typeof target>(targets).fill(target), recoverable, {
    records: batchSize,
  });
  return { emitter, take: () => delivered.splice(0) };
};

describe('an emitter of a chain', () => {
  it('hands on a batch when it is full, and the rest when it is flushed', () => {
    const { emitter, take } = newEmitter(false, 2);
    for (const value of [1, 2, 3]) emitter.emit(value, 0);
    expect(take()).toEqual([[1, 2]]);
    emitter.flush();
    emitter.flush();
    expect(take()).toEqual([[3]]);
    expect(emitter.recordsOut).toBe(3);
  });

  it('hands on a batch whose records are large before there are many of them', () => {
    const { emitter, take } = newEmitter(false);
    for (let i = 0; i < 100; i++) emitter.emit('x'.repeat(1_000_000), 0);
    expect(take().map((values) => values.length)).toEqual(new Array(12).fill(8));
  });

  it('hands on a batch of large records between two records, where one may fail', () => {
    const { emitter, take } = newEmitter(true);
    for (let i = 0; i < 20; i++) {
      emitter.mark();
      for (let n = 0; n < 3; n++) emitter.emit('x'.repeat(1_000_000), 0);
    }
    expect(take().map((values) => values.length)).toEqual(new Array(6).fill(9));
  });

  it('hands a finished batch on behind what was emitted before', () => {
    const { emitter, take } = newEmitter(false, 10);
    emitter.emit(1, 0);
    emitter.emitBatch(records(2, 3));
    expect(take()).toEqual([[1], [2, 3]]);
  });

  it('cuts a batch that comes whole only where a batch size is asked for', () => {
    const sized = newEmitter(false, 2);
    sized.emitter.emitBatch(records(1, 2, 3, 4, 5));
    expect(sized.take()).toEqual([[1, 2], [3, 4], [5]]);
    expect(sized.emitter.recordsOut).toBe(5);
    const usual = newEmitter(false, undefined);
    usual.emitter.emitBatch(records(1, 2, 3));
    expect(usual.take()).toEqual([[1, 2, 3]]);
  });

  it('hands every batch to every target, and drops it when there is none', () => {
    const two = newEmitter(false, 1, 2);
    two.emitter.emit('x', 0);
    expect(two.take()).toEqual([['x'], ['x']]);
    const none = newEmitter(false, 1, 0);
    none.emitter.emit('x', 0);
    expect(none.take()).toEqual([]);
    expect(none.emitter.recordsOut).toBe(1);
  });

  it('takes back what a failing record has emitted, however much', () => {
    const { emitter, take } = newEmitter(true, 2);
    emitter.mark();
    emitter.emit('good', 0);
    const mark = emitter.mark();
    for (let i = 0; i < 10; i++) emitter.emit('bad', 0);
    emitter.rollback(mark);
    emitter.emit('also good', 0);
    expect(take()).toEqual([]);
    expect(emitter.mark()).toBe(0);
    expect(take()).toEqual([['good', 'also good']]);
  });
});
