import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { build, givenItems, modelOf, mostResults, program } from './program.ts';
import { timedText } from './text.ts';
import { plainWay, resultsOf, way } from './ways.ts';

describe('the results of a program', () => {
  it('are those of a plain model, wherever batches are cut, whatever is chained, and in any number of slots', async () => {
    await fc.assert(
      fc.asyncProperty(
        givenItems,
        program,
        fc.array(way, { minLength: 3, maxLength: 3 }),
        async (given, steps, ways) => {
          const modelled = modelOf(steps, given);
          fc.pre(modelled.length < mostResults);
          const expected = modelled.map(timedText).toSorted();
          for (const how of [plainWay, ...ways]) {
            const results = await resultsOf((world) => build(steps, given, world), how);
            expect(results.map(timedText).toSorted(), JSON.stringify(how)).toEqual(expected);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
