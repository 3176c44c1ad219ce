import { describe, expect, it } from 'vitest';
import { crashesAt } from '../../sim/faults.ts';
import { newWorld, settle } from './support.ts';

const failure = (): Error => new Error('unreachable');

describe('the clock of a world', () => {
  it('stands still unless something happens, and then shows the time of that', async () => {
    const { world } = newWorld();
    const seen: number[] = [];
    world.after(5, () => seen.push(world.nowMs));
    world.after(2, () => seen.push(world.nowMs));
    expect(world.nowMs).toBe(0);
    expect(await world.run(() => false, 100)).toBe('idle');
    expect(seen).toEqual([2, 5]);
  });

  it('goes no further than the budget of virtual time', async () => {
    const { world } = newWorld();
    const again = (): void => void world.after(10, again);
    again();
    expect(await world.run(() => false, 95)).toBe('late');
    expect(world.nowMs).toBe(95);
  });

  it('stops where what is waited for has come', async () => {
    const { world } = newWorld();
    let happened = 0;
    for (let i = 1; i <= 3; i++) world.after(i, () => happened++);
    expect(await world.run(() => happened === 2, 100)).toBe('reached');
    expect(world.nowMs).toBe(2);
  });

  it('waits for the promises of an event before the next', async () => {
    const { world } = newWorld();
    const order: string[] = [];
    const slow = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      order.push('promises');
    };
    world.after(1, () => void slow());
    world.after(1.001, () => order.push('next event'));
    await settle(world);
    expect(order).toEqual(['promises', 'next event']);
  });
});

describe('the order of events of one moment', () => {
  const orderOf = async (seed: number): Promise<string> => {
    const { world } = newWorld(seed);
    let order = '';
    for (const name of 'abcdef') world.after(1, () => (order += name));
    await settle(world);
    return order;
  };

  it('is the same for the same seed, and another for another', async () => {
    const orders = await Promise.all([1, 1, 2, 3].map(orderOf));
    expect(orders[0]).toBe(orders[1]);
    expect(new Set(orders).size).toBe(3);
  });
});

describe('the trace', () => {
  /** Two processes that call out, write, and tell each other, with a crash on the way. */
  const run = async (seed: number): Promise<readonly string[]> => {
    const { world, start } = newWorld(seed);
    world.faults = crashesAt({ call: 7, when: 'after' });
    for (const process of [start('one'), start('other')]) {
      const work = async (): Promise<void> => {
        for (let i = 0; i < 5; i++) {
          await process.call('say', `${i} at ${process.system.random.next()}`, () => i, failure);
          await new Promise<void>((resolve) => void process.system.timers.after(1, resolve));
        }
      };
      void work();
    }
    await settle(world);
    return world.trace;
  };

  it('is the same line by line for the same seed', async () => {
    const [one, again, other] = [await run(7), await run(7), await run(8)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(one.filter((line) => line.includes('dies'))).toHaveLength(1);
  });
});
