import { describe, expect, it } from 'vitest';
import {
  compareStates,
  formatDifferences,
  type JobState,
  refusedDifferences,
  requireCompatible,
  type StateDifference,
} from '../../src/checkpoint/compare-states.ts';
import type { StateSchema } from '../../src/checkpoint/manifest.ts';

const uid = 'count';
const transform = (kind: string, name: string = uid) => ({
  uid: name,
  name,
  kind,
  task: 'task',
  parallelism: 1,
});
const stored = (state: Partial<StateSchema>): StateSchema => ({
  uid,
  name: 'total',
  kind: 'value',
  ...state,
});
const now = (state: Partial<JobState>): JobState => ({ uid, name: 'total', kind: 'value', ...state });

/** What becomes of one state of one transform. */
const compare = (before: Partial<StateSchema>, after: Partial<JobState>): readonly StateDifference[] =>
  compareStates(
    { transforms: [transform('keyedProcess')], schemas: [stored(before)] },
    { transforms: [transform('keyedProcess')], states: [now(after)] },
  );

describe('a state of a transform', () => {
  it.each<[string, Partial<StateSchema>, Partial<JobState>, string, RegExp]>([
    ['has not changed', {}, {}, 'same', /^$/],
    ['of numbers has not changed', { type: 'number' }, { type: 'number' }, 'same', /^$/],
    [
      'of numbers takes any values',
      { type: 'number' },
      {},
      'widened',
      /was value of number and is value now/,
    ],
    ['of any values takes numbers', {}, { type: 'number' }, 'incompatible', /is value of number now/],
    [
      'has a new version and migrate',
      {},
      { fields: { version: '2' }, migrates: true },
      'converted',
      /was value and is value, version 2 now/,
    ],
    ['has a new version only', {}, { fields: { version: '2' } }, 'incompatible', /it has no migrate/],
    [
      'was written by a newer version',
      { fields: { version: '3' } },
      { fields: { version: '2' }, migrates: true },
      'incompatible',
      /was value, version 3/,
    ],
    ['became a list', {}, { kind: 'list' }, 'incompatible', /was value and is list now/],
    [
      'became a list, with migrate',
      {},
      { kind: 'list', fields: { version: '2' }, migrates: true },
      'incompatible',
      /is list/,
    ],
    ['became reducing', {}, { kind: 'reducing' }, 'incompatible', /is reducing now/],
    [
      'became reducing, with migrate',
      {},
      { kind: 'reducing', fields: { version: '2' }, migrates: true },
      'converted',
      /reducing/,
    ],
    ['expires now', {}, { fields: { timeToLive: '5ms' } }, 'same', /it expires 5ms after the restore/],
    [
      'expires later',
      { fields: { timeToLive: '4ms' } },
      { fields: { timeToLive: '5ms' } },
      'same',
      /lives 5ms instead of 4ms/,
    ],
    ['expires no more', { fields: { timeToLive: '4ms' } }, {}, 'same', /does not expire any more/],
  ])('%s', (_, before, after, change, why) => {
    const [difference, ...others] = compare(before, after);
    expect(others).toEqual([]);
    expect(difference).toMatchObject({ uid, state: 'total', change });
    expect(difference?.why ?? '').toMatch(why);
    expect(difference?.next === undefined).toBe(change !== 'incompatible');
  });

  it('is found under its old name, whatever else it became', () => {
    expect(compare({ name: 'sum' }, { renamedFrom: 'sum' })).toEqual([
      { uid, state: 'sum', change: 'renamed', why: 'it is called “total” now' },
    ]);
    expect(compare({ name: 'sum', type: 'number' }, { renamedFrom: 'sum' })[0]?.change).toBe('widened');
    expect(compare({ name: 'sum' }, { renamedFrom: 'sum', kind: 'map' })[0]?.change).toBe('incompatible');
  });

  it('keeps its name when there is an old one too', () => {
    expect(compare({}, { renamedFrom: 'sum' })).toEqual([{ uid, state: 'total', change: 'same' }]);
  });

  it('is removed and another added when no name says that they are one', () => {
    const changes = compare({ name: 'sum' }, {}).map(({ state, change }) => [state, change]);
    expect(changes).toEqual([
      ['sum', 'removed'],
      ['total', 'added'],
    ]);
  });

  it('of windows must have the same windows and contents', () => {
    const fields = { windows: 'tumbling of event time, 10ms every 10ms from 0ms', contents: 'count' };
    const window = { name: 'windows', kind: 'window', type: 'slices', fields } as const;
    expect(compare(window, window)[0]?.change).toBe('same');
    expect(compare(window, { ...window, fields: { ...fields, contents: 'count, sum' } })[0]).toMatchObject({
      change: 'incompatible',
      why: 'contents: was count and is count, sum now',
    });
    expect(compare(window, { ...window, type: 'panes' })[0]?.change).toBe('incompatible');
  });
});

describe('a transform', () => {
  const states = [now({})];
  const schemas = [stored({})];
  const changeOf = (before: string, after: string): string | undefined =>
    compareStates({ transforms: [transform(before)], schemas }, { transforms: [transform(after)], states })[0]
      ?.change;

  it('keeps its state while it keeps it in one form', () => {
    expect(changeOf('keyedProcess', 'keyedProcess')).toBe('same');
    expect(changeOf('keyedProcess', 'keyedCoProcess')).toBe('same');
    expect(changeOf('process', 'coProcess')).toBe('same');
    expect(changeOf('keyedProcess', 'window')).toBe('incompatible');
    expect(changeOf('source files', 'source kafka')).toBe('incompatible');
    expect(changeOf('process', 'keyedProcess')).toBe('incompatible');
  });

  it('is removed, or has another uid when that is said', () => {
    const before = { transforms: [transform('keyedProcess')], schemas };
    const job = {
      transforms: [transform('keyedProcess', 'tally')],
      states: [{ ...now({ type: 'number' }), uid: 'tally' }],
    };
    expect(compareStates(before, job).map(({ uid: of, change }) => [of, change])).toEqual([
      ['count', 'removed'],
      ['tally', 'added'],
    ]);
    const renamed = compareStates(before, job, new Map([['count', 'tally']]));
    expect(renamed.map(({ state, change }) => [state, change])).toEqual([
      [undefined, 'renamed'],
      ['total', 'incompatible'],
    ]);
  });
});

describe('a job', () => {
  const differences = compareStates(
    {
      transforms: [transform('keyedProcess'), transform('window', 'old')],
      schemas: [stored({ type: 'number' })],
    },
    { transforms: [transform('keyedProcess')], states: [now({})] },
  );

  it('may leave state behind only when that is allowed', () => {
    expect(refusedDifferences(differences, true)).toEqual([]);
    expect(refusedDifferences(differences, false).map((difference) => difference.uid)).toEqual(['old']);
    expect(() => requireCompatible(differences, true, 'savepoint a')).not.toThrow();
    expect(() => requireCompatible(differences, false, 'savepoint a')).toThrow(
      /^The job cannot go on from savepoint a:\nremoved {2}old: the job has no such transform any more\n/,
    );
  });

  it('is compared in words, with advice where it is refused', () => {
    expect(formatDifferences(differences)).toBe(
      [
        'widened  count / total: was value of number and is value now',
        'removed  old: the job has no such transform any more',
        '         Allow that its state is left behind (--allow-removed), or say where it is now: its uid (--rename OLD=NEW), or renamedFrom of a descriptor.',
      ].join('\n'),
    );
    expect(formatDifferences([])).toBe('');
  });
});
