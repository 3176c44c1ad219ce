import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { items, timed } from './items.ts';
import { modelled, type OrderedStep, orderedStep, perKey } from './ordered-steps.ts';
import { linearStep } from './record-steps.ts';
import type { Step } from './step.ts';
import { textOf } from './text.ts';
import { plainWay, resultsOf, streamingWay } from './ways.ts';

interface Program {
  readonly before: readonly Step[];
  readonly keyed: OrderedStep;
}

const program: fc.Arbitrary<Program> = fc
  .record({ before: fc.array(linearStep, { maxLength: 3 }), keyed: orderedStep })
  .map(({ before, keyed }) => ({
    before,
    keyed,
    [fc.toStringMethod]: () => [...before, keyed].map(({ name }) => name).join(' → '),
  }));

describe('the results of a key', () => {
  it('come in the order of its records, wherever batches are cut, whatever is chained, and in any number of slots', async () => {
    await fc.assert(
      fc.asyncProperty(
        items(40),
        program,
        fc.array(streamingWay, { minLength: 3, maxLength: 3 }),
        async (given, { before, keyed }, ways) => {
          const records = before.reduce((list, step) => step.model(list), timed(given));
          const expected = modelled(
            keyed,
            records.map(({ item }) => item),
          );
          for (const how of [plainWay, ...ways]) {
            const results = await resultsOf(
              (world) => {
                const stream = before.reduce(
                  (from, step) => step.apply(from, world).setParallelism(1),
                  world.source(given),
                );
                return keyed.apply(stream.keyBy('key'));
              },
              how,
              { sourceParallelism: 1 },
            );
            const came = results.map(({ item }) => item);
            expect(perKey(came, how), JSON.stringify(how)).toEqual(perKey(expected, how));
            if (how.parallelism === 1) expect(came.map(textOf)).toEqual(expected.map(textOf));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
