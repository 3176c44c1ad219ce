import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/kube/turns.ts';

describe('turns', () => {
  const beginning = () => {
    const turns = new Turns(2);
    const began: string[] = [];
    const go = new Map(['a', 'b', 'c', 'd'].map((name) => [name, () => void began.push(name)]));
    for (const take of go.values()) turns.take(take);
    return { turns, began, go };
  };

  it('are taken by so many at once, then in order', () => {
    const { turns, began } = beginning();
    expect(began).toEqual(['a', 'b']);
    turns.give();
    turns.give();
    expect(began).toEqual(['a', 'b', 'c', 'd']);
    for (let number = 0; number < 4; number++) turns.give();
    turns.take(() => void began.push('e'));
    expect(began.at(-1)).toBe('e');
  });

  it('are left by who does not wait any more', () => {
    const { turns, began, go } = beginning();
    expect([...go.values()].map((take) => turns.leave(take))).toEqual([false, false, true, true]);
    turns.give();
    expect(began).toEqual(['a', 'b']);
  });
});
