import { describe, expect, it } from 'vitest';
import { MemoryAccount } from '../../src/state/memory-account.ts';

/** An account at the top with a limit, and what was refused. */
const limited = (bytes: number) => {
  const refused: [MemoryAccount, number][] = [];
  const account = new MemoryAccount({
    bytes,
    refuse: (of, asked) => {
      refused.push([of, asked]);
      throw new Error('refused');
    },
  });
  return { account, refused };
};

describe('an account of memory', () => {
  it('counts what grows and what shrinks', () => {
    const account = new MemoryAccount();
    account.grow(100);
    account.shrink(30);
    expect(account.usedBytes).toBe(70);
  });

  it('counts its parts too, at every height', () => {
    const top = new MemoryAccount();
    const [left, right] = [top.open(), top.open()];
    const below = left.open();
    below.grow(5);
    left.grow(10);
    right.grow(20);
    expect([below, left, right, top].map(({ usedBytes }) => usedBytes)).toEqual([5, 15, 20, 35]);
    expect(below.totalBytes()).toBe(35);
  });

  it('forgets all that it counts when it is closed, and can be used anew', () => {
    const top = new MemoryAccount();
    const [part, other] = [top.open(), top.open()];
    part.open().grow(7);
    part.grow(3);
    other.grow(1);
    part.close();
    expect([part.usedBytes, top.usedBytes]).toEqual([0, 1]);
    part.grow(4);
    expect([part.usedBytes, top.usedBytes]).toEqual([4, 5]);
  });

  it('knows what it belongs to, more with every step down', () => {
    const account = new MemoryAccount(undefined, { task: 'count' }).open({ transform: 'sum' });
    expect(account.open({ state: 'seen' }).owner).toEqual({ task: 'count', transform: 'sum', state: 'seen' });
    expect(account.open().owner).toEqual({ task: 'count', transform: 'sum' });
  });
});

describe('a limit of memory', () => {
  it('lets through what just fits', () => {
    const { account, refused } = limited(100);
    account.open().grow(60);
    account.open().grow(40);
    expect([account.usedBytes, refused.length]).toEqual([100, 0]);
  });

  it('refuses what does not fit, says who asked for how much, and counts nothing of it', () => {
    const { account, refused } = limited(100);
    const [holder, asker] = [account.open({ transform: 'a' }), account.open({ transform: 'b' })];
    holder.grow(90);
    expect(() => asker.grow(11)).toThrow('refused');
    expect(refused).toEqual([[asker, 11]]);
    expect([asker.usedBytes, account.usedBytes]).toEqual([0, 90]);
  });

  it('counts an old array and the new one as long as both are there', () => {
    const { account } = limited(100);
    account.grow(40);
    account.replace(40, 60);
    expect(account.usedBytes).toBe(60);
    expect(() => account.replace(60, 41)).toThrow('refused');
    expect(account.usedBytes).toBe(60);
  });
});
