import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../src/task/failures.ts';
import { failingStep, lettersOf } from './failing-steps.ts';
import { items } from './items.ts';
import { modelled, perKey } from './ordered-steps.ts';
import { textOf } from './text.ts';
import { plainWay, resultsOf, streamingWay } from './ways.ts';

const texts = (list: readonly unknown[]): readonly string[] => list.map(textOf).toSorted();

describe('a record that fails', () => {
  it('goes to the dead letters and leaves nothing else, wherever batches are cut, whatever is chained, and in any number of slots', async () => {
    await fc.assert(
      fc.asyncProperty(
        items(40),
        failingStep,
        fc.array(streamingWay, { minLength: 2, maxLength: 2 }),
        async (given, step, ways) => {
          const good = modelled(step, given);
          for (const how of [plainWay, ...ways]) {
            const letters: DeadLetter[] = [];
            const results = await resultsOf((world) => step.apply(world.source(given).keyBy('key')), how, {
              sourceParallelism: 1,
              options: {
                deadLetterPolicy: 'deadLetter',
                deadLetters: (letter) => void letters.push(letter),
              },
            });
            const came = results.map(({ item }) => item);
            expect(perKey(came, how), JSON.stringify(how)).toEqual(perKey(good, how));
            expect(texts(letters.map(({ record }) => record))).toEqual(texts(lettersOf(step, given)));
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});
