import { describe, expect, it } from 'vitest';
import type { StreamElement } from '../../src/exchange/element.ts';
import { ElementQueue } from '../../src/exchange/element-queue.ts';
import { batchOf } from './slots.ts';

const barrier = (id: number): StreamElement => ({ kind: 'barrier', id });

const textOf = (element: StreamElement): string => {
  if (element.kind === 'batch') return String(element.rows()[0]);
  return element.kind === 'barrier' ? `b${element.id}` : element.kind;
};

const takeAll = (queue: ElementQueue): string[] => {
  const all: string[] = [];
  for (let element = queue.take(); element !== undefined; element = queue.take()) all.push(textOf(element));
  return all;
};

/** Watches for the barrier 7, which overtakes. */
const watchFor7 = (queue: ElementQueue): string[] => {
  const seen: string[] = [];
  queue.watch((element) => {
    seen.push(textOf(element));
    if (element.kind !== 'barrier') return 'keep';
    return element.id === 7 ? 'removeAsLast' : 'remove';
  });
  return seen;
};

describe('the queue of a channel', () => {
  it('shows what waits before a barrier in its middle, and lets the barrier go ahead', () => {
    const queue = new ElementQueue();
    for (const element of [batchOf('a'), batchOf('b'), barrier(7), batchOf('c')]) queue.push(element);
    expect(watchFor7(queue)).toEqual(['a', 'b', 'b7']);
    queue.push(batchOf('d'));
    expect(takeAll(queue)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('shows what comes until the barrier does, also what was taken meanwhile', () => {
    const queue = new ElementQueue();
    queue.push(batchOf('a'));
    const seen = watchFor7(queue);
    queue.push(batchOf('b'));
    expect(takeAll(queue)).toEqual(['a', 'b']);
    for (const element of [batchOf('c'), barrier(6), batchOf('d'), barrier(7), batchOf('e')])
      queue.push(element);
    expect(seen).toEqual(['a', 'b', 'c', 'b6', 'd', 'b7']);
    expect(takeAll(queue)).toEqual(['c', 'd', 'e']);
  });

  it('shows nothing any more once nobody watches', () => {
    const queue = new ElementQueue();
    const seen = watchFor7(queue);
    queue.push(batchOf('a'));
    queue.unwatch();
    queue.push(barrier(7));
    expect(seen).toEqual(['a']);
    expect(takeAll(queue)).toEqual(['a', 'b7']);
  });

  it('has what was in flight before a restart in front of all that has come, and shows it first', () => {
    const queue = new ElementQueue();
    queue.push(batchOf('new'));
    queue.restore([batchOf('old'), batchOf('older')]);
    expect(watchFor7(queue)).toEqual(['old', 'older', 'new']);
    expect(queue.isNextRestored).toBe(true);
    expect([queue.take(), queue.take()].map((element) => element && textOf(element))).toEqual([
      'old',
      'older',
    ]);
    expect(queue.isNextRestored).toBe(false);
    expect(takeAll(queue)).toEqual(['new']);
  });
});
