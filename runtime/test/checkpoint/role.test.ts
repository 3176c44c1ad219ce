import { describe, expect, it } from 'vitest';
import { decide, type Me, type Wish } from '../../src/checkpoint/decide.ts';
import { type Role, roleOf } from '../../src/checkpoint/role.ts';
import { blue, claimWish, logOf, one, publish, two } from './entries.ts';

type Step = readonly [Me, Wish];
const own: Wish = { kind: 'claim', attempt: 'next', own: true };
const started: readonly Step[] = [[one, claimWish]];
const handedOver: readonly Step[] = [
  ...started,
  [one, publish(1, 1, { kind: 'cut' })],
  [one, { kind: 'handOver', to: 'blue' }],
];
const held: readonly Step[] = [...handedOver, [blue, claimWish], [blue, publish(2, 2)]];
const released: readonly Step[] = [...held, [blue, { kind: 'released' }]];
const promoted: readonly Step[] = [...released, [blue, { kind: 'promoted' }]];
/** The cut is entry 2. */
const givenBack: readonly Step[] = [...held, [blue, { kind: 'rolledBack', to: 2, owner: 'green' }]];
/** So much later that the hand-over is not in the log any more. */
const givenBackLate: readonly Step[] = [
  ...released,
  ...[3, 4, 5, 6].map((id): Step => [blue, publish(id, 2)]),
  [blue, { kind: 'rolledBack', to: 10, owner: 'green' }],
];
const takenBack: readonly Step[] = [...held, [two, claimWish]];

/** The roles of the deployments green, blue and red, and which of them may claim the job. */
const cases: readonly (readonly [string, readonly Step[], readonly Role[], string])[] = [
  ['is nowhere', [], ['leading', 'leading', 'leading'], 'green blue red'],
  ['runs', started, ['leading', 'standby', 'standby'], 'green'],
  [
    'was stopped',
    [...started, [one, { kind: 'stopped', how: 'suspended' }]],
    ['leading', 'leading', 'leading'],
    'green blue red',
  ],
  ['was handed over', handedOver, ['handedOver', 'leading', 'standby'], 'green blue'],
  ['is on trial elsewhere', held, ['handedOver', 'leading', 'standby'], 'green blue'],
  ['is released elsewhere', released, ['handedOver', 'leading', 'standby'], 'blue'],
  ['was promoted elsewhere', promoted, ['standby', 'leading', 'standby'], 'blue'],
  ['was given back', givenBack, ['leading', 'standby', 'standby'], 'green'],
  ['was given back late', givenBackLate, ['leading', 'standby', 'standby'], 'green'],
  ['was taken back half', takenBack, ['leading', 'standby', 'standby'], 'green'],
];

describe('the role of a deployment', () => {
  it.each(cases)('follows from the log alone when the job %s', (_, steps, roles) => {
    const { standing } = logOf(steps);
    expect(['green', 'blue', 'red'].map((name) => roleOf(standing, name))).toEqual(roles);
  });

  it.each(cases)('decides who may claim it of its own accord when it %s', (_, steps, __, allowed) => {
    const { standing } = logOf(steps);
    const may = ['green', 'blue', 'red'].filter(
      (deployment) => decide(standing, { writer: 'new', deployment }, own).do === 'put',
    );
    expect(may.join(' ')).toBe(allowed);
  });
});
