import { describe, expect, it } from 'vitest';
import { checkConservation, checkOutput, checkSingleWriter } from '../../sim/checkers/output.ts';
import type { PublishedRow, Row } from '../../sim/workload/outlet.ts';

const row = (key: string, value: string): Row => ({ key, value });
const rows = [row('a', '1'), row('a', '2'), row('b', '1')];

describe('the checker of the output', () => {
  it('is content with the same rows in another order', () => {
    expect(checkOutput('counts', rows.toReversed(), rows)).toEqual([]);
  });

  it.each([
    ['a lost row', rows.slice(1), 'counts: a = 1 is there 0 times instead of 1'],
    ['a row that came twice', [...rows, row('b', '1')], 'counts: b = 1 is there 2 times instead of 1'],
    ['a row too many', [...rows, row('c', '1')], 'counts: c = 1 is there 1 times instead of 0'],
  ])('sees %s', (_, published, what) => {
    expect(checkOutput('counts', published, rows)).toEqual([{ checker: 'output', what }]);
  });

  it('sees a row with another value as one that is lost and one too many', () => {
    expect(checkOutput('counts', [row('a', '3'), ...rows.slice(1)], rows)).toHaveLength(2);
  });
});

describe('the checker of writers', () => {
  const published = (key: string, attempt: number, value = '1'): PublishedRow => ({
    key,
    value,
    attempt,
    sink: 'windows',
    checkpointId: attempt,
    transaction: `${attempt}`,
  });

  it('lets attempts publish different windows', () => {
    expect(checkSingleWriter([published('a', 1), published('b', 2), published('a', 1)])).toEqual([]);
  });

  it.each([['1'], ['2']])(
    'sees a window that two attempts have published, the second with the value %s',
    (value) => {
      expect(checkSingleWriter([published('a', 1), published('a', 2, value)])).toEqual([
        { checker: 'single-writer', what: 'windows: a was published by attempt 1 and by attempt 2' },
      ]);
    },
  );
});

describe('the checker of conservation', () => {
  it('adds up what windows say that they have seen', () => {
    const windows = [row('a', '3 records, 70'), row('b', '4 records, 1')];
    expect(checkConservation(windows, 7)).toEqual([]);
    expect(checkConservation(windows, 8)).toEqual([
      { checker: 'conservation', what: '8 records went into windows and 7 came out' },
    ]);
  });
});
