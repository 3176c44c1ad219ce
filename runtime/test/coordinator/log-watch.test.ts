import { describe, expect, it } from 'vitest';
import { LogWatch } from '../../src/coordinator/log-watch.ts';
import { settle } from '../../src/testing/settle.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';
import { logger } from './stored-job.ts';

const watched = (look: (count: number) => Promise<void>) => {
  const machine = createTestSystem();
  const seen = { looks: 0 };
  const watch = new LogWatch({
    timers: machine.system.timers,
    logger,
    look: () => look(++seen.looks),
    delayMs: () => 100,
  });
  const pass = async (ms: number): Promise<number> => {
    machine.advance(ms);
    await settle(machine);
    return seen.looks;
  };
  return { watch, pass };
};

describe('a watch of a log', () => {
  it('looks again and again, at once when it is asked to, and not after its end', async () => {
    const { watch, pass } = watched(() => Promise.resolve());
    watch.start();
    watch.start();
    expect(await pass(0)).toBe(1);
    expect(await pass(99)).toBe(1);
    expect(await pass(1)).toBe(2);
    watch.now();
    expect(await pass(0)).toBe(3);
    watch.end();
    watch.now();
    expect(await pass(1000)).toBe(3);
  });

  it('waits longer after a look that has failed, and says why it did', async () => {
    const { watch, pass } = watched((count) =>
      count === 1 ? Promise.reject(new Error('no store')) : Promise.resolve(),
    );
    watch.start();
    await pass(0);
    expect(watch.trouble).toBe('no store');
    expect(await pass(999)).toBe(1);
    expect(await pass(1)).toBe(2);
    expect(watch.trouble).toBeUndefined();
  });

  it('never looks twice at a time', async () => {
    const first = Promise.withResolvers<void>();
    const { watch, pass } = watched(() => first.promise);
    watch.start();
    await pass(0);
    watch.now();
    expect(await pass(1000)).toBe(1);
    first.resolve();
    await pass(0);
    expect(await pass(100)).toBe(2);
  });
});
