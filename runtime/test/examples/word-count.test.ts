import { describe, expect, it } from 'vitest';
import job from '../../examples/word-count/job.ts';
import { runJob } from '../../src/testing/index.ts';
import { withOutput } from './support.ts';

describe('the example “word-count”', () => {
  it('prints how often each word has come so far', async () => {
    const { system, lines } = withOutput();
    expect(await runJob(job, { system })).toMatchObject({ state: 'finished' });
    const printed = lines();
    expect(printed).toHaveLength(33);
    expect(printed.filter((line) => line.startsWith('to '))).toEqual(['to 1', 'to 2', 'to 3', 'to 4']);
    expect(printed.filter((line) => line.startsWith('’tis '))).toEqual(['’tis 1']);
    expect(printed[0]).toBe('whether 1');
    expect(printed.at(-1)).toBe('sleep 1');
  });
});
