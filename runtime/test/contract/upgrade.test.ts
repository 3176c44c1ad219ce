import { describe, expect, it } from 'vitest';
import { type Data, problemsOfSpec, specOf, testField } from './support.ts';

describe('an upgrade', () => {
  it('loses no state unless it is told to', () => {
    expect(specOf({}).upgrade.mode).toBe('Cut');
    expect(specOf({ upgrade: {} }).upgrade.mode).toBe('Cut');
    expect(specOf({ upgrade: { mode: 'Stateless' } }).upgrade.mode).toBe('Stateless');
  });

  it('keeps what is said and fills in the rest', () => {
    const upgrade = {
      strategy: 'Recreate',
      policy: 'Plan',
      stability: { held: 5 },
      rollback: { enabled: false },
      renames: { count: 'tally' },
    };
    expect(specOf({ upgrade }).upgrade).toEqual({
      mode: 'Cut',
      strategy: 'Recreate',
      policy: 'Plan',
      stability: { held: 5, window: '2m', maxRestarts: 0, lag: 'NotGrowing' },
      rollback: { enabled: false, timeout: '10m' },
      renames: { count: 'tally' },
      allowRemoved: false,
    });
  });

  const at =
    (...fields: readonly [string, ...string[]]) =>
    (value: unknown): Data => ({
      upgrade: fields.reduceRight<unknown>((inner, field) => ({ [field]: inner }), value),
    });

  testField('spec.upgrade.mode', at('mode'), {
    good: ['Cut', 'LatestCheckpoint', 'Stateless'],
    bad: [
      [
        'stateles',
        'spec.upgrade.mode: expected one of Cut, LatestCheckpoint, Stateless, found the text "stateles" → Did you mean Stateless?',
      ],
      [
        'savepoint',
        'spec.upgrade.mode: expected one of Cut, LatestCheckpoint, Stateless, found the text "savepoint"',
      ],
    ],
  });
  testField('spec.upgrade.renames', at('renames'), {
    good: [{}, { count: 'tally', 'a uid': 'another one' }],
    bad: [
      [
        ['count'],
        'spec.upgrade.renames: expected a mapping of at most 1000 entries, found a list of 1 entry',
      ],
    ],
  });
  testField('spec.upgrade.allowRemoved', at('allowRemoved'), {
    good: [true, false],
    bad: [
      [
        'yes',
        'spec.upgrade.allowRemoved: expected true or false, found the text "yes" → YAML 1.2 knows true and false only.',
      ],
    ],
  });
  testField('spec.upgrade.strategy', at('strategy'), {
    good: ['Standby', 'Recreate'],
    bad: [
      [
        'StandBy ',
        'spec.upgrade.strategy: expected one of Standby, Recreate, found the text "StandBy " → Did you mean Standby?',
      ],
      ['BlueGreen', 'spec.upgrade.strategy: expected one of Standby, Recreate, found the text "BlueGreen"'],
    ],
  });
  testField('spec.upgrade.policy', at('policy'), {
    good: ['Auto', 'Plan'],
    bad: [['manual', 'spec.upgrade.policy: expected one of Auto, Plan, found the text "manual"']],
  });
  testField('spec.upgrade.stability.held', at('stability', 'held'), {
    good: [0, 2, 100],
    bad: [[101, 'spec.upgrade.stability.held: expected a whole number from 0 to 100, found the number 101']],
  });
  testField('spec.upgrade.stability.window', at('stability', 'window'), {
    good: ['0s', '2m', '1d'],
    bad: [
      [
        120,
        'spec.upgrade.stability.window: expected a duration from 0s to 1d, such as 10s or 1h30m, found the number 120 → Add the unit: 120s, or 120ms.',
      ],
    ],
  });
  testField('spec.upgrade.stability.maxRestarts', at('stability', 'maxRestarts'), {
    good: [0, 1000],
    bad: [
      [-1, 'spec.upgrade.stability.maxRestarts: expected a whole number from 0 to 1000, found the number -1'],
    ],
  });
  testField('spec.upgrade.stability.lag', at('stability', 'lag'), {
    good: ['NotGrowing', 'Ignored'],
    bad: [
      [
        'ignore',
        'spec.upgrade.stability.lag: expected one of NotGrowing, Ignored, found the text "ignore" → Did you mean Ignored?',
      ],
    ],
  });
  testField('spec.upgrade.rollback.timeout', at('rollback', 'timeout'), {
    good: ['10s', '1d'],
    bad: [
      [
        '5s',
        'spec.upgrade.rollback.timeout: expected a duration from 10s to 1d, such as 10s or 1h30m, found the text "5s"',
      ],
    ],
  });
  testField('spec.upgrade.rollback', at('rollback'), {
    good: [{}, { enabled: true }],
    bad: [[false, 'spec.upgrade.rollback: expected a mapping with enabled, timeout, found false']],
  });

  it('has its wait for stability at one place', () => {
    expect(problemsOfSpec({ upgrade: { window: '1m' } })).toEqual([
      'spec.upgrade.window: there is no such field → Did you mean spec.upgrade.stability.window?',
    ]);
  });
});
