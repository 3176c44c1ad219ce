import { createNodeSystem } from '../sys/node-system.ts';
import type { TestSystem } from './test-system.ts';

/** Promises may follow each other so often without anything else to do. */
const quietTurns = 50;
/** Turns of the real event loop before a wait is given up. */
const mostTurns = 100_000;

/** Calls what is due and lets every promise that can settle do so, until nothing moves any more. */
export const settle = async (machine: TestSystem): Promise<void> => {
  for (let quiet = 0; quiet < quietTurns; quiet++) {
    if (machine.run()) quiet = 0;
    await Promise.resolve();
  }
};

/** Turns the real event loop until a condition holds. */
export const waitUntil = async (machine: TestSystem, condition: () => boolean): Promise<void> => {
  const { timers } = createNodeSystem();
  for (let turn = 0; turn < mostTurns; turn++) {
    await settle(machine);
    if (condition()) return;
    await new Promise<void>((resolve) => timers.soon(resolve));
  }
  throw new Error('What the test waits for has not happened.');
};
