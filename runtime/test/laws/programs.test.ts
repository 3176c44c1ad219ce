import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { items, timed } from './items.ts';
import { joinStep } from './join-steps.ts';
import { keyedStep } from './keyed-steps.ts';
import { recordStep } from './record-steps.ts';
import type { Step } from './step.ts';
import { plainWay, resultsOf, timedText, way } from './ways.ts';

const named = (steps: readonly Step[]): readonly Step[] =>
  Object.assign(steps, { [fc.toStringMethod]: () => `[${steps.map(({ name }) => name).join(' → ')}]` });

/** Programs of a few steps with at most one join, so that what comes out stays small. */
const program = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: recordStep }, { weight: 2, arbitrary: keyedStep }), {
      maxLength: 3,
    }),
    fc.option(joinStep),
    fc.array(fc.oneof(recordStep, keyedStep), { maxLength: 2 }),
  )
  .map(([before, join, after]) => named([...before, ...(join === null ? [] : [join]), ...after]));

describe('the results of a program', () => {
  it('are those of a plain model, wherever batches are cut, whatever is chained, and in any number of slots', async () => {
    await fc.assert(
      fc.asyncProperty(
        items(40),
        program,
        fc.array(way, { minLength: 3, maxLength: 3 }),
        async (given, steps, ways) => {
          const modelled = steps.reduce((records, step) => step.model(records), timed(given));
          fc.pre(modelled.length < 3000);
          const expected = modelled.map(timedText).toSorted();
          for (const how of [plainWay, ...ways]) {
            const results = await resultsOf(
              (world) => steps.reduce((stream, step) => step.apply(stream, world), world.source(given)),
              how,
            );
            expect(results.map(timedText).toSorted(), JSON.stringify(how)).toEqual(expected);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
