import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatRanges, parseRanges } from '../../src/checkpoint/key-group-ranges.ts';

fc.configureGlobal({ seed: 41_002 });

it('writes numbers as ranges', () => {
  expect(formatRanges([])).toBe('');
  expect(formatRanges([40, 0, 1, 2, 3, 1, 41])).toBe('0-3,40-41');
  expect(formatRanges([7])).toBe('7');
});

it('reads what it writes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(300)), (numbers) => {
      expect(parseRanges(formatRanges(numbers), 301)).toEqual([...numbers].sort((one, other) => one - other));
    }),
  );
});

it.each(['a', '1-', '-1', '3-1', '5,4', '1,1', '1-3,2', '0-128', '128', ' 1', '1,', '1e3', '9999999999'])(
  'refuses what is no list of ranges below the bound: “%s”',
  (text) => {
    expect(parseRanges(text, 128)).toBeUndefined();
  },
);
