import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneByOne } from '../testing/breadth/one-by-one.ts';
import { items } from './items.ts';
import { lateProgram, settings } from './late-windows.ts';
import { timedText } from './text.ts';
import { plainWay, type Results, runProgram, streamingWay, type Way } from './ways.ts';

const texts = (results: Results): readonly (readonly string[])[] =>
  results.map((stream) => stream.map(timedText));

const ofOneSlot = (how: Way): Way => ({ ...how, parallelism: 1 });

describe('windows of records that come too late, in one slot', () => {
  it('fire the same in the same order, wherever batches are cut, whatever is chained, and however loops are run', async () => {
    let lateRecords = 0;
    await fc.assert(
      fc.asyncProperty(
        items(30),
        settings,
        fc.array(streamingWay.map(ofOneSlot), { minLength: 2, maxLength: 2 }),
        async (given, chosen, ways) => {
          const expected = texts(await runProgram(lateProgram(oneByOne(given), chosen), plainWay));
          lateRecords += expected[1]?.length ?? 0;
          for (const how of ways) {
            expect(
              texts(await runProgram(lateProgram(oneByOne(given), chosen), how)),
              JSON.stringify(how),
            ).toEqual(expected);
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(lateRecords).toBeGreaterThan(50);
  });
});
