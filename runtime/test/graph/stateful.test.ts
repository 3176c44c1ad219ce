import { expect, it } from 'vitest';
import { readsSource } from '../../src/graph/stateful.ts';
import { graphOfTwo } from '../coordinator/control/graph-of-two.ts';

it('knows which tasks read sources', () => {
  expect(graphOfTwo.tasks.map(readsSource)).toEqual([true, false]);
  expect(readsSource(undefined)).toBe(false);
});
