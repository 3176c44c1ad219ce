import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkStreamJob } from '../../../../runtime/src/contract/check-stream-job.ts';
import type { PodSpec } from '../../../src/kube/kinds.ts';
import { identityOf } from '../../../src/streamjob/names.ts';
import { specReader } from '../../../src/streamjob/observe.ts';
import { type RevisionData, renderRevision } from '../../../src/streamjob/resources/revision-objects.ts';
import { hashing, jobWith, renderSettings, revisionNameOf, written } from '../job-table.ts';

const rendered = (spec: unknown): RevisionData => {
  const job = jobWith(spec);
  const wanted = specReader(job, hashing)(spec);
  if (!wanted.ok) throw new Error(wanted.reason);
  return renderRevision(identityOf(job), revisionNameOf(spec), wanted, renderSettings);
};

type Container = {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom?: readonly object[];
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string }[];
};
const containersOf = (spec: PodSpec): readonly Container[] => [
  ...((spec['initContainers'] as readonly Container[] | undefined) ?? []),
  ...(spec.containers as unknown as readonly Container[]),
];

const rich = written('one', {
  env: [
    { name: 'MILLRACE_JOB_UID', value: 'forged' },
    { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    { from: { configMapRef: { name: 'settings' } }, prefix: 'APP_' },
  ],
  podTemplate: {
    labels: { team: 'a', 'millrace.dev/job-uid': 'forged' },
    volumes: [{ name: 'data', emptyDir: {} }],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
    sidecars: [{ name: 'proxy', image: 'localhost/proxy:1' }],
    tolerations: [{ key: 'spot', operator: 'Exists' }],
    nodeSelector: { disk: 'fast' },
  },
});

describe('the objects of a revision', () => {
  it('are the same for the same spec', () => {
    expect(rendered(rich)).toEqual(rendered(rich));
  });

  it('fetch the code of a bundle before the coordinator starts, which may not change it', () => {
    const bundle = { url: 'https://example.org/counts.tgz', sha256: 'a'.repeat(64) };
    const { coordinator, worker } = rendered(
      written('one', { job: { entry: 'job.ts', code: { bundle } } }),
    ).objects;
    const { spec } = coordinator.spec.template;
    const [certificate, code, main] = containersOf(spec);
    expect([certificate?.name, code?.name, main?.name]).toEqual(['certificate', 'code', 'coordinator']);
    expect(code).toMatchObject({
      image: renderSettings.runtimeImage,
      command: ['node', '/opt/millrace/bin/fetch-bundle.js'],
      env: [
        { name: 'MILLRACE_BUNDLE_URL', value: bundle.url },
        { name: 'MILLRACE_BUNDLE_SHA256', value: bundle.sha256 },
        { name: 'MILLRACE_CODE_DIRECTORY', value: '/opt/job' },
      ],
      volumeMounts: [{ name: 'code', mountPath: '/opt/job' }],
    });
    expect(main?.volumeMounts).toContainEqual({ name: 'code', mountPath: '/opt/job', readOnly: true });
    expect(worker.spec.template.spec['initContainers']).toBeUndefined();
  });

  it('hold a manifest that the runtime takes', () => {
    const { data } = rendered(rich).objects.configMap;
    expect(checkStreamJob(parse(data['job.yaml'] ?? ''))).toMatchObject({ ok: true });
  });

  it('select exactly their own pods', () => {
    const { coordinator, worker, service } = rendered(rich).objects;
    for (const set of [coordinator, worker])
      expect(set.spec.template.metadata.labels).toMatchObject(set.spec.selector.matchLabels);
    expect(coordinator.spec.selector).not.toEqual(worker.spec.selector);
    expect(coordinator.spec.template.metadata.labels).toMatchObject(service.spec['selector'] as object);
  });

  it('run without root, privileges, a token, or files that can be changed', () => {
    for (const { spec } of Object.values(rendered(rich).objects).flatMap((object) =>
      object.kind === 'ReplicaSet' ? [object.spec.template] : [],
    )) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const { securityContext } of containersOf(spec))
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  it('mount only volumes that are there', () => {
    for (const object of Object.values(rendered(rich).objects)) {
      if (object.kind !== 'ReplicaSet') continue;
      const { spec } = object.spec.template;
      const volumes = (spec['volumes'] as readonly { readonly name: string }[]).map(({ name }) => name);
      expect(new Set(volumes).size).toBe(volumes.length);
      for (const { volumeMounts = [] } of containersOf(spec))
        for (const { name } of volumeMounts) expect(volumes).toContain(name);
    }
  });

  it('keep what the user says about pods, and nobody can say who a pod is', () => {
    const { worker } = rendered(rich).objects;
    const { metadata, spec } = worker.spec.template;
    expect(metadata.labels).toMatchObject({ team: 'a', 'millrace.dev/job-uid': 'uid-1' });
    expect(spec).toMatchObject({ nodeSelector: { disk: 'fast' } });
    const [main, sidecar] = containersOf(spec);
    expect(sidecar?.name).toBe('proxy');
    expect(main?.envFrom).toEqual([{ configMapRef: { name: 'settings', optional: false }, prefix: 'APP_' }]);
    expect(main?.env.findLast(({ name }) => name === 'MILLRACE_JOB_UID')?.value).toBe('uid-1');
  });

  it('take the image of the job where it has one, for every container of ours', () => {
    const spec = written('one', { job: { entry: 'job.ts', code: { image: 'localhost/mine:1' } } });
    const { coordinator, worker } = rendered(spec).objects;
    for (const set of [coordinator, worker])
      for (const { image } of containersOf(set.spec.template.spec)) expect(image).toBe('localhost/mine:1');
  });
});
