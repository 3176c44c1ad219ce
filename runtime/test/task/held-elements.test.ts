import { describe, expect, it } from 'vitest';
import { HeldElements } from '../../src/task/held-elements.ts';
import { batchOf } from '../transforms/support.ts';
import { barrier, end, textOf, watermark } from './rig.ts';

const keyed = (...keys: readonly string[]) => batchOf(keys.map((key) => ({ key, value: key })));

/** Everything that may go on now, as texts with the port when it is not the first. */
const drain = (held: HeldElements, all: boolean): string[] => {
  const texts: string[] = [];
  for (let next = held.take(all); next !== undefined; next = held.take(all)) {
    texts.push(next.port === 0 ? textOf(next.element) : `${textOf(next.element)}@${next.port}`);
  }
  return texts;
};

describe('elements that wait for state', () => {
  it('go on key group by key group as long as no watermark stands between them', () => {
    const held = new HeldElements();
    held.holdGroup(1, keyed('a'), 0);
    held.holdGroup(2, keyed('b'), 0);
    held.holdGroup(1, keyed('c'), 0);
    expect(drain(held, false)).toEqual([]);
    expect(held.release(1)).toBe(true);
    expect(drain(held, false)).toEqual(['a c']);
    expect(held.release(1)).toBe(false);
    expect(held.release(2)).toBe(true);
    expect(drain(held, false)).toEqual(['b']);
    expect(held.isEmpty).toBe(true);
  });

  it('keep their ports and their order over ports', () => {
    const held = new HeldElements();
    held.holdGroup(1, keyed('a'), 0);
    held.holdGroup(1, keyed('b'), 1);
    held.holdGroup(1, keyed('c'), 1);
    held.holdGroup(1, keyed('d'), 0);
    held.release(1);
    expect(drain(held, false)).toEqual(['a', 'b c@1', 'd']);
  });

  it('keep the keys of records', () => {
    const held = new HeldElements();
    held.holdGroup(1, keyed('a'), 0);
    held.holdGroup(1, keyed('b'), 0);
    held.release(1);
    const element = held.take(false)?.element;
    expect(element?.kind === 'batch' ? element.keys?.values : undefined).toEqual(['a', 'b']);
  });

  it('stay behind a watermark until nothing is in transit, in order', () => {
    const held = new HeldElements();
    held.holdGroup(1, keyed('a'), 0);
    held.holdBehind(watermark(5), 0);
    held.holdBehind(keyed('b'), 1);
    held.holdBehind(watermark(6), 0);
    expect(held.hasLine).toBe(true);
    held.release(1);
    expect(drain(held, false)).toEqual(['a']);
    expect(drain(held, true)).toEqual(['w5', 'b@1', 'w6']);
    expect(held.hasLine).toBe(false);
    expect(held.isEmpty).toBe(true);
  });

  it('are full from a number of bytes on, until some are taken', () => {
    const held = new HeldElements(100);
    held.holdGroup(1, keyed('a'), 0);
    expect(held.isFull).toBe(false);
    held.holdGroup(2, keyed('b', 'c', 'd', 'e'), 0);
    expect(held.isFull).toBe(true);
    held.release(2);
    expect(held.isFull).toBe(false);
    held.holdBehind(keyed('b', 'c', 'd', 'e'), 0);
    expect(held.isFull).toBe(true);
    held.release(1);
    drain(held, true);
    expect(held.isFull).toBe(false);
  });

  it('count their bytes as they were when they came, whatever form they take since', () => {
    const held = new HeldElements(10);
    const batch = keyed('a', 'b');
    held.holdBehind(batch, 0);
    batch.columns();
    drain(held, true);
    expect(held.isFull).toBe(false);
    held.holdGroup(1, keyed('c'), 0);
    expect(held.isFull).toBe(true);
    held.release(1);
    expect(held.isFull).toBe(false);
  });

  it.each([
    ['a barrier', barrier(1)],
    ['the end', end],
  ])('take nothing behind %s', (_, element) => {
    const held = new HeldElements();
    held.seal(element, 0);
    expect(held.isFull).toBe(true);
    expect(held.isEmpty).toBe(false);
    expect(drain(held, false)).toEqual([]);
    expect(drain(held, true)).toEqual([textOf(element)]);
    expect(held.isFull).toBe(false);
  });

  it('are idle when nothing has come since they were', () => {
    const held = new HeldElements();
    held.holdIdle();
    expect(held.isEmpty).toBe(false);
    expect(drain(held, false)).toEqual([]);
    expect(drain(held, true)).toEqual(['idle']);
    held.holdIdle();
    held.endIdle();
    expect(held.isEmpty).toBe(true);
  });

  it('are idle before the barrier that follows', () => {
    const held = new HeldElements();
    held.holdIdle();
    held.seal(barrier(1), 0);
    expect(drain(held, true)).toEqual(['idle', 'b1']);
  });
});
