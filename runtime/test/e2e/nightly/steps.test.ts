import { describe, expect, it } from 'vitest';
import { countsIn, lineOf, stepsOf } from '../../../../e2e/nightly/steps.ts';

describe('a round of the night', () => {
  it('begins everything that is random from its seed', () => {
    const lines = stepsOf(77).map(lineOf);
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/(?:--from|--seed|CRASH_SEED=) ?77\b/);
  });

  it('adds up what the last line of a step says', () => {
    expect(countsIn('1 passed, 0 failed\nmore\n12 passed, 3 failed\n')).toEqual({ passed: 12, failed: 3 });
    expect(countsIn('5 passed, 0 failed, 2 skipped')).toEqual({ passed: 5, failed: 0 });
  });

  it('counts a step that has not come to its end as failed', () => {
    expect(countsIn('Segmentation fault')).toEqual({ passed: 0, failed: 1 });
  });
});
