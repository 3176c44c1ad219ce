import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { getting, goTool, isSkipped } from '../../../e2e/harness/tools.ts';
import type { ObservedJob } from '../../src/streamjob/observed.ts';
import { statusOf } from '../../src/streamjob/status.ts';
import {
  jobWith,
  observedWith,
  planOf,
  revisionWith,
  standbyView,
  viewOf,
  written,
} from '../streamjob/job-table.ts';

const job = jobWith(written());
const running = revisionWith(job, job.spec, { view: viewOf() });
const suspended = jobWith(written('one', { state: 'Suspended' }));
const changed = jobWith(written('two'));
const nonsense = jobWith(written('one', { parallelism: -1 }));

/** Jobs as they may be found, and what people who wait for them are to be told. */
const table: readonly (readonly [string, ObservedJob, string])[] = [
  ['starts', observedWith(job), 'InProgress Progressing'],
  ['runs', observedWith(job, [running]), 'Current Healthy'],
  [
    'restarts',
    observedWith(job, [revisionWith(job, job.spec, { view: viewOf({ state: 'restarting' }) })]),
    'InProgress Progressing',
  ],
  [
    'has failed',
    observedWith(job, [revisionWith(job, job.spec, { view: viewOf({ state: 'failed' }) })]),
    'Failed Degraded',
  ],
  [
    'has come to its end',
    observedWith(job, [revisionWith(job, job.spec, { view: viewOf({ state: 'finished' }) })]),
    'Current Healthy',
  ],
  [
    'is suspended',
    observedWith(suspended, [
      revisionWith(suspended, job.spec, {
        view: viewOf({ state: 'suspended' }),
        coordinators: 0,
        workers: 0,
      }),
    ]),
    'Current Suspended',
  ],
  ['makes no sense', observedWith(nonsense, [running]), 'Failed Degraded'],
  [
    'is upgraded',
    observedWith(changed, [
      revisionWith(changed, job.spec, { view: viewOf() }),
      revisionWith(changed, changed.spec, { view: standbyView('preparing') }, 2),
    ]),
    'InProgress Progressing',
  ],
  [
    'is to become what does not fit',
    observedWith(changed, [
      revisionWith(changed, job.spec, { view: viewOf() }),
      revisionWith(
        changed,
        changed.spec,
        { view: standbyView('planned', { compatibility: 'incompatible' }) },
        2,
      ),
    ]),
    'Failed Degraded',
  ],
];

/** As people put it into the configuration of Argo CD. */
const healthScript = (): string => {
  const file = readFileSync(new URL('../../../charts/gitops/argocd-health.yaml', import.meta.url), 'utf8');
  const { data } = parse(file) as { readonly data: Readonly<Record<string, string>> };
  return data['resource.customizations.health.millrace.dev_StreamJob'] ?? '';
};

describe.skipIf(isSkipped(goTool))(`what kstatus and Argo CD make of a job (${getting(goTool)})`, () => {
  it('is what its status means', { timeout: 600_000 }, () => {
    const objects = table.map(([, observed]) => ({
      ...observed.job,
      status: statusOf(observed, planOf(observed)),
    }));
    const said = execFileSync(goTool.path, ['run', '.', healthScript()], {
      cwd: new URL('.', import.meta.url).pathname,
      env: {
        ...process.env,
        GOTOOLCHAIN: 'local',
        GOFLAGS: '-mod=readonly -buildvcs=false',
        CGO_ENABLED: '0',
      },
      input: objects.map((object) => JSON.stringify(object)).join('\n'),
      encoding: 'utf8',
    });
    const lines = said.trim().split('\n');
    expect(table.map(([name], i) => `${name}: ${lines[i]}`)).toEqual(
      table.map(([name, , wanted]) => `${name}: ${wanted}`),
    );
  });
});
