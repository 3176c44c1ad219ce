import { describe, expect, it } from 'vitest';
import { specOf, testField } from './support.ts';

describe('deletion', () => {
  it('takes a savepoint and keeps all data where nothing is said, for two minutes at most', () => {
    expect(specOf({}).deletion).toEqual({ savepoint: 'Take', data: 'Retain', timeout: '2m' });
    expect(specOf({ deletion: { data: 'Delete' } }).deletion).toEqual({
      savepoint: 'Take',
      data: 'Delete',
      timeout: '2m',
    });
  });

  testField('spec.deletion', (value) => ({ deletion: value }), {
    good: [{ savepoint: 'Skip' }, { timeout: '0s' }, { timeout: '1d' }],
    bad: [
      [{ savepoint: false }, 'spec.deletion.savepoint: expected one of Take, Skip, found false'],
      [{ data: 'Keep' }, 'spec.deletion.data: expected one of Retain, Delete, found the text "Keep"'],
      [
        { timeout: '2d' },
        'spec.deletion.timeout: expected a duration from 0s to 1d, such as 10s or 1h30m, found the text "2d"',
      ],
    ],
  });
});
