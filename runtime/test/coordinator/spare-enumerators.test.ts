import { expect, it } from 'vitest';
import { SpareEnumerators } from '../../src/coordinator/spare-enumerators.ts';
import type { WarmEnumerators } from '../../src/coordinator/thread-enumerators.ts';
import { createTestSystem } from '../../src/testing/index.ts';

const supply = () => {
  const test = createTestSystem();
  const made: { closed: boolean }[] = [];
  const spares = new SpareEnumerators(test.system.timers, () => {
    const one = { closed: false };
    made.push(one);
    const close = async (): Promise<void> => {
      one.closed = true;
    };
    return { adopt: () => one as never, close } satisfies WarmEnumerators;
  });
  const take = () => spares.take().adopt({} as never, '') as unknown;
  return { test, made, spares, take };
};

it('each attempt gets a thread of its own, which was made before it was needed where there was time', () => {
  const { test, made, take } = supply();
  expect(made).toHaveLength(1);
  expect(take()).toBe(made[0]);
  expect(take()).toBe(made[1]);
  test.advance(2000);
  expect(made).toHaveLength(3);
  expect(take()).toBe(made[2]);
});

it('what nobody wants is closed, and no more is made', async () => {
  const { test, made, take, spares } = supply();
  take();
  test.advance(2000);
  await spares.close();
  expect(made.map(({ closed }) => closed)).toEqual([false, true]);
  take();
  await spares.close();
  expect(test.pendingTimers).toBe(0);
});
