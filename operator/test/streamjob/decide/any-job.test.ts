import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NextDeployment } from '../../../../runtime/src/contract/control/deployment.ts';
import type { JobStatus } from '../../../../runtime/src/contract/control/status.ts';
import { streamJobStatusSchema } from '../../../../runtime/src/contract/status.ts';
import { statusOf } from '../../../src/streamjob/status.ts';
import {
  jobWith,
  nextDeployment,
  observedWith,
  planOf,
  revisionNameOf,
  revisionWith,
  viewOf,
  written,
} from '../job-table.ts';

/** Values that no schema would take, put anywhere into a spec. */
const absurd = fc.oneof(
  fc.constantFrom(null, '', [], {}, -1, 1e9, Number.NaN, '465458732Gi', '__proto__', 'x'.repeat(10_000)),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
);
const fields = [
  'job',
  'parallelism',
  'maxParallelism',
  'args',
  'env',
  'mode',
  'checkpoint',
  'state',
  'stateBackend',
  'restart',
  'upgrade',
  'resources',
  'podTemplate',
  'deletion',
  'network',
  'serviceAccount',
  'slotsPerWorker',
  'restore',
  'savepoints',
  'nonsense',
];
const absurdSpec = fc
  .dictionary(fc.constantFrom(...fields), absurd, { maxKeys: 4 })
  .map((more) => written('one', more));

const phases = [
  'none',
  'planned',
  'preparing',
  'prepared',
  'awaitingApproval',
  'activating',
  'held',
  'released',
  'promoted',
  'rolledBack',
  'stalled',
] as const satisfies readonly NextDeployment['phase'][];
const states = [
  'created',
  'deploying',
  'running',
  'restarting',
  'stopping',
  'suspended',
  'finished',
  'stopped',
  'cancelled',
  'failed',
  'handedOver',
] as const satisfies readonly JobStatus['state'][];

const view = fc.option(
  fc
    .record({
      state: fc.constantFrom(...states),
      role: fc.constantFrom('leading', 'standby', 'handedOver'),
      attempt: fc.nat(3),
      phase: fc.constantFrom(...phases),
      compatibility: fc.constantFrom('compatible', 'needsApproval', 'incompatible', null),
      silentSinceMs: fc.option(fc.nat(100_000), { nil: undefined }),
    })
    .map(({ phase, compatibility, silentSinceMs, ...status }) =>
      viewOf(
        status as Partial<JobStatus>,
        nextDeployment(phase, { compatibility } as Partial<NextDeployment>),
        { silentSinceMs },
      ),
    ),
  { nil: undefined },
);

const metadata = fc.record({
  generation: fc.nat(5),
  annotations: fc.dictionary(
    fc.constantFrom('millrace.dev/approve', 'millrace.dev/retry'),
    fc.constantFrom(revisionNameOf(written('one')), revisionNameOf(written('two')), 'nonsense'),
  ),
});

const found = fc.record({
  spec: fc.oneof(
    absurdSpec,
    fc.constantFrom(written('one'), written('two'), written('two', { state: 'Suspended' })),
  ),
  metadata,
  deleted: fc.boolean(),
  views: fc.tuple(view, view),
  revisions: fc.nat(2),
  coordinators: fc.tuple(fc.nat(1), fc.nat(1)),
  current: fc.option(fc.constantFrom('one', 'two'), { nil: undefined }),
});

describe('whatever a job looks like', () => {
  it('there is a plan and a status that its schema takes, and no exception', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(found, ({ spec, metadata: more, deleted, views, revisions, coordinators, current }) => {
        const job = jobWith(spec, {
          ...more,
          ...(deleted ? { deletionTimestamp: new Date(90_000).toISOString() } : {}),
        });
        const observed = observedWith(
          job,
          ['one', 'two']
            .slice(0, revisions)
            .map((version, i) =>
              revisionWith(
                jobWith(written(version)),
                written(version),
                { view: views[i], coordinators: coordinators[i] },
                i + 1,
              ),
            ),
          current === undefined
            ? undefined
            : ({ revision: { current: revisionNameOf(written(current)) }, attempt: 1 } as never),
        );
        const plan = planOf(observed);
        const status = statusOf(observed, plan);
        expect(streamJobStatusSchema.parse(status)).toEqual(status);
        expect(JSON.stringify(status).length).toBeLessThan(16_384);
        // Never more than two revisions with pods, and never one deployed and withdrawn at once.
        const deployed = plan.actions.flatMap((action) =>
          action.kind === 'deploy' ? [action.deployment.revision] : [],
        );
        const withdrawn = plan.actions.flatMap((action) =>
          action.kind === 'withdraw' ? [action.revision.name] : [],
        );
        expect(new Set(deployed).size).toBe(deployed.length);
        expect(deployed.length).toBeLessThanOrEqual(2);
        for (const { name, view: heard } of observed.revisions)
          if (heard?.next?.phase === 'held') expect(withdrawn).not.toContain(name);
        expect(deployed.filter((name) => withdrawn.includes(name))).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });
});
