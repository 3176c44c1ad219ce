import { describe, expect, it } from 'vitest';
import { checkFinished, checkNothingHidden, checkSoFar } from '../../../e2e/checkers/output.ts';
import { expectedOutput, type Output } from '../../../e2e/workload/records.ts';

const records = 1000;
const golden = expectedOutput(records);

const whats = (output: Partial<Output>): readonly string[] =>
  checkFinished({ ...golden, ...output }, golden).map(({ what }) => what);

describe('the checker of output', () => {
  it('finds nothing wrong with a run without failures, in whatever order', () => {
    expect(whats({ windows: golden.windows.toReversed(), counts: golden.counts.toReversed() })).toEqual([]);
  });

  it.each(['windows', 'counts', 'letters'] as const)('sees a row of %s that is missing', (place) => {
    expect(whats({ [place]: golden[place].slice(1) })[0]).toMatch(/is there 0 times instead of 1/);
  });

  it.each(['windows', 'counts', 'letters'] as const)('sees a row of %s that is there twice', (place) => {
    const [first] = golden[place];
    expect(whats({ [place]: [...golden[place], first!] })[0]).toMatch(/is there 2 times instead of 1/);
  });

  it('sees a window with a wrong count, also by the sum of all', () => {
    const [first, ...others] = golden.windows;
    const found = whats({ windows: [{ key: first!.key, value: '7 records, sum 7' }, ...others] });
    expect(found).toHaveLength(3);
    expect(found[2]).toMatch(/records went into windows and \d+ came out/);
  });

  it('takes a run that has not ended for what it is, and sees what is twice in it all the same', () => {
    const half = { windows: golden.windows.slice(0, 9), counts: golden.counts.slice(0, 9), letters: [] };
    expect(checkSoFar(half, golden)).toEqual([]);
    expect(checkSoFar({ ...half, counts: [...half.counts, half.counts[0]!] }, golden)).toHaveLength(1);
  });

  it('sees what was prepared and neither published nor removed', () => {
    expect(checkNothingHidden([])).toEqual([]);
    expect(checkNothingHidden(['the part .part-0'])[0]?.what).toBe('the part .part-0 was left behind');
  });
});
