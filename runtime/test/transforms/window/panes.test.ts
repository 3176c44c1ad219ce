import { describe, expect, it } from 'vitest';
import { hashValue } from '../../../src/batch/hash.ts';
import { KeyedStore } from '../../../src/state/keyed-store.ts';
import { emptyPane, Panes } from '../../../src/transforms/window/panes.ts';

const start = (): { store: KeyedStore; panes: Panes; select: (key: unknown) => void } => {
  const store = new KeyedStore({ maxParallelism: 4, nowMs: () => 0 });
  const panes = new Panes(store);
  const select = (key: unknown): void => store.setCurrentKey(key, hashValue(key));
  select('k');
  return { store, panes, select };
};

const span = (startMs: number, endMs: number): { startMs: number; endMs: number } => ({ startMs, endMs });

describe('the panes of a key', () => {
  it('are found by the end of their window', () => {
    const { panes, select } = start();
    panes.put(panes.namespaceOf(span(0, 10)), emptyPane(span(0, 10)));
    expect(panes.get(10)).toMatchObject({ startMs: 0, endMs: 10 });
    expect(panes.namespaceOf(span(0, 10))).toBe(10);
    select('other');
    expect(panes.get(10)).toBeUndefined();
  });

  it('are told apart where several windows end together', () => {
    const { panes } = start();
    const windows = [span(0, 10), span(5, 10), span(7, 10)];
    const namespaces = windows.map((window) => {
      const namespace = panes.namespaceOf(window);
      panes.put(namespace, emptyPane(window));
      return namespace;
    });
    expect(new Set(namespaces).size).toBe(3);
    expect(windows.map((window) => panes.namespaceOf(window))).toEqual(namespaces);
    panes.delete(namespaces[1]!);
    expect(panes.namespaceOf(span(5, 10))).toBe(namespaces[1]);
  });

  it('of a window without end have a namespace of their own', () => {
    const { panes } = start();
    expect(panes.namespaceOf(span(-Infinity, Infinity))).toBe(0);
  });

  it('that merge have numbers that are not used again while the key has any', () => {
    const { panes, store } = start();
    const numbers = [1, 2, 3].map(() => panes.newNamespace());
    for (const [i, namespace] of numbers.entries())
      panes.put(namespace, emptyPane(span(i * 100, i * 100 + 10)));
    panes.delete(numbers[2]!);
    expect(numbers).not.toContain(panes.newNamespace());
    for (const namespace of numbers) panes.delete(namespace);
    expect(store.keyCount).toBe(0);
  });

  it('touch a window that they overlap, and not one that they meet', () => {
    const { panes } = start();
    for (const [i, window] of [span(20, 30), span(0, 10), span(41, 50)].entries())
      panes.put(i, emptyPane(window));
    const touching = (startMs: number, endMs: number): number[] =>
      panes.touching(span(startMs, endMs)).map(({ pane }) => pane.startMs);
    expect(touching(10, 20)).toEqual([]);
    expect(touching(9, 21)).toEqual([0, 20]);
    expect(touching(29, 41)).toEqual([20]);
    expect(touching(-5, 60)).toEqual([0, 20, 41]);
  });
});
