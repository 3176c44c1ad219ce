import { describe, expect, it } from 'vitest';
import { problemsOfSpec, specOf, testField } from './support.ts';

const withId = (target: object): object => ({ restore: { id: 'a', ...target } });

describe('restore', () => {
  it('goes back to nothing, and goes on from what it finds, where nothing is said', () => {
    expect(specOf({}).restore).toEqual({ previous: 'Resume' });
    expect(specOf({ restore: { previous: 'Ignore' } }).restore).toEqual({ previous: 'Ignore' });
  });

  it.each([
    [{ savepoint: 'before-migration' }],
    [{ checkpoint: 17 }],
    [{ time: '2026-11-26T10:00:00Z' }],
    [{ lastGood: true }],
  ])('goes back to %j once, under an id', (target) => {
    expect(problemsOfSpec(withId(target) as never)).toEqual([]);
    expect(problemsOfSpec({ restore: target })).toEqual([
      `spec.restore: expected an id beside ${Object.keys(target)[0]}, found none → Give it any text that was not used before, such as a date: the job goes back once for each id.`,
    ]);
  });

  it('goes back to one thing at a time', () => {
    expect(problemsOfSpec(withId({ checkpoint: 17, lastGood: true }) as never)).toEqual([
      'spec.restore.lastGood: expected at most one of savepoint, checkpoint, time, lastGood, found checkpoint and lastGood',
    ]);
  });

  it('has no id for nothing', () => {
    expect(problemsOfSpec({ restore: { id: 'a' } })).toEqual([
      'spec.restore.id: expected an id only beside one of savepoint, checkpoint, time, lastGood, found id alone',
    ]);
  });

  const time = 'spec.restore.time: expected a time such as 2026-11-26T10:00:00Z, found';
  testField('spec.restore.time', (value) => withId({ time: value }) as never, {
    good: ['2026-11-26T10:00:00Z', '2026-11-26T10:00:00.5+02:00', '2024-02-29T23:59:59Z'],
    bad: [
      ['2026-11-26', `${time} the text "2026-11-26" → Write the date, a T, the time, and Z for UTC.`],
      [
        '2026-13-26T10:00:00Z',
        `${time} the text "2026-13-26T10:00:00Z" → Write the date, a T, the time, and Z for UTC.`,
      ],
      [
        '2026-11-26 10:00:00',
        `${time} the text "2026-11-26 10:00:00" → Write the date, a T, the time, and Z for UTC.`,
      ],
      [1_764_000_000, `${time} the number 1764000000 → Write it in quotes: "1764000000".`],
    ],
  });

  const checkpoint = 'spec.restore.checkpoint: expected a whole number from 1 to 2147483647, found';
  testField('spec.restore.checkpoint', (value) => withId({ checkpoint: value }) as never, {
    good: [1, 2_147_483_647],
    bad: [
      [0, `${checkpoint} the number 0`],
      ['17', `${checkpoint} the text "17" → Write it without quotes.`],
    ],
  });

  testField('spec.restore.lastGood', (value) => withId({ lastGood: value }) as never, {
    good: [true],
    bad: [[false, 'spec.restore.lastGood: expected true, found false']],
  });
});
