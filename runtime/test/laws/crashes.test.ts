import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crashes, runCrashing } from './crashing.ts';
import { givenItems, modelOf, mostResults, program } from './program.ts';
import { timedText } from './text.ts';
import { way } from './ways.ts';

/** More by hand: `CRASH_RUNS=2000 CRASH_SEED=1`. */
const runs = Number(process.env['CRASH_RUNS'] ?? 100);
const seed = process.env['CRASH_SEED'];

describe('a program with checkpoints', () => {
  it('shows the results of a plain model once, wherever it fails, is killed or stopped, and however many slots it goes on with', async () => {
    await fc.assert(
      fc.asyncProperty(givenItems, program, way, crashes, async (given, steps, how, plan) => {
        const modelled = modelOf(steps, given);
        fc.pre(modelled.length < mostResults);
        const [results = []] = await runCrashing(
          (world) => [
            steps.reduce(
              (stream, step) => world.fragile(step.apply(stream, world)),
              world.fragile(world.source(given)),
            ),
          ],
          how,
          plan,
        );
        expect(results.map(timedText).toSorted()).toEqual(modelled.map(timedText).toSorted());
      }),
      { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) },
    );
  }, 600_000);
});
