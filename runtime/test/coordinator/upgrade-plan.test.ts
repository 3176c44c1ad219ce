import { describe, expect, it } from 'vitest';
import type { JobState } from '../../src/checkpoint/compare-states.ts';
import type { CheckpointManifest } from '../../src/checkpoint/manifest.ts';
import type { NextRevision } from '../../src/coordinator/next-revision.ts';
import { planOf } from '../../src/coordinator/upgrade-plan.ts';

/** A checkpoint of a job with a source, a function with a state, and a sink without any. */
const manifest = {
  transforms: [
    { uid: 'clicks', kind: 'source' },
    { uid: 'count', kind: 'keyedProcess' },
    { uid: 'file', kind: 'sink' },
  ],
  schemas: [{ uid: 'count', name: 'total', kind: 'value' }],
  sources: [{ uid: 'clicks' }],
} as unknown as CheckpointManifest;

const total: JobState = { uid: 'count', name: 'total', kind: 'value' };

const plan = (
  states: readonly JobState[],
  kinds: Readonly<Record<string, string>> = {},
  renamed = new Map(),
) => {
  const transforms = { clicks: 'source', count: 'keyedProcess', file: 'sink', ...kinds };
  return planOf(manifest, {
    name: 'next',
    deployment: 'next',
    revision: { checkpoints: { renamed } },
    states: { transforms: Object.entries(transforms).map(([uid, kind]) => ({ uid, kind })), states },
    trial: {},
    allowRemoved: false,
    waitsForApproval: false,
  } as unknown as NextRevision);
};

describe('the plan of an upgrade', () => {
  it('can be taken back where the code before has a place for all that the next one writes', () => {
    expect(plan([total])).toMatchObject({ isReversible: true, needsApproval: false });
    expect(plan([total]).differences.map(({ change }) => change)).toEqual(['same']);
  });

  it.each([
    ['a newer version of a state', [{ ...total, fields: { version: '2' }, migrates: true }], {}],
    ['a state more', [total, { ...total, name: 'other' }], {}],
    ['a transform with state more', [total, { ...total, uid: 'more' }], { more: 'keyedProcess' }],
  ] as const)('cannot be taken back with %s', (_what, states, kinds) => {
    expect(plan(states, kinds).isReversible).toBe(false);
  });

  it('cannot be taken back under other uids, which the code before does not know', () => {
    expect(plan([total], {}, new Map([['old', 'count']])).isReversible).toBe(false);
  });

  it('needs approval where state is left behind', () => {
    expect(plan([])).toMatchObject({ needsApproval: true });
  });
});
