import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { kubectl, tryKubectl } from '../../../e2e/cluster/kubectl.ts';
import { apiServerTool, getting, helmTool, isSkipped } from '../../../e2e/harness/tools.ts';
import { operatorVariables } from '../../src/configuration.ts';
import { rights } from '../../src/kube/rights.ts';
import { startWithDefinitions } from '../crds/support.ts';

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
  readonly [field: string]: unknown;
}

const charts = new URL('../../../charts/', import.meta.url).pathname;

const helm = (...args: readonly string[]): string =>
  execFileSync(helmTool.path, args, { cwd: charts, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const template = (chart: string, ...args: readonly string[]): string =>
  helm('template', 'millrace', chart, '--namespace', 'millrace', '--kube-version', '1.36.0', ...args);

const render = (chart: string, ...args: readonly string[]): readonly Rendered[] =>
  parseAllDocuments(template(chart, ...args))
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);

const namesOf = (objects: readonly Rendered[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`).sort();

describe.skipIf(isSkipped(helmTool))(`the charts (${getting(helmTool)})`, () => {
  it.each(['millrace', 'millrace-crds'])('are found good by helm lint: %s', (chart) => {
    expect(helm('lint', chart, '--strict')).toContain('0 chart(s) failed');
  });

  it('keep the definitions when they are uninstalled', () => {
    for (const { metadata } of render('millrace-crds'))
      expect(metadata).toMatchObject({ annotations: { 'helm.sh/resource-policy': 'keep' } });
  });

  it('give rights in all namespaces, or in those that are named', () => {
    const everywhere = namesOf(render('millrace'));
    expect(everywhere).toContain('ClusterRole /millrace-jobs');
    const some = namesOf(
      render('millrace', '--set', 'watchNamespaces={a,b}', '--set', 'rbac.aggregate=false'),
    );
    expect(some.filter((name) => /Role/.test(name))).toEqual([
      'ClusterRole /millrace-release',
      'ClusterRoleBinding /millrace-release',
      'Role /millrace-leader',
      'Role a/millrace-jobs',
      'Role b/millrace-jobs',
      'RoleBinding /millrace-leader',
      'RoleBinding a/millrace-jobs',
      'RoleBinding b/millrace-jobs',
    ]);
  });

  it('give the rights that the code declares, and none on Secrets or logs', () => {
    const roles = render('millrace', '--set', 'rbac.aggregate=false').filter(
      ({ rules }) => rules !== undefined,
    );
    const resources = roles.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.resources));
    expect(resources).toHaveLength(rights.length);
    expect(resources.filter((name) => /secret|log|exec|namespaces|nodes/.test(name))).toEqual([]);
    expect(JSON.stringify(roles)).not.toContain('*');
  });

  it('tell the operator all that it asks for, by its names', () => {
    const deployment = render('millrace').find(({ kind }) => kind === 'Deployment');
    const told = [...JSON.stringify(deployment).matchAll(/"(MILLRACE_[A-Z_]+)"/g)].map(([, name]) => name);
    expect(told.sort()).toEqual(Object.values(operatorVariables).sort());
  });

  it('refuse values that are no values of theirs', () => {
    expect(() => template('millrace', '--set', 'operator.replica=3')).toThrow(/replica/);
  });

  it('leave out what is not asked for', () => {
    const kinds = render('millrace').map(({ kind }) => kind);
    expect(kinds).not.toContain('ServiceMonitor');
    expect(kinds).not.toContain('PersistentVolumeClaim');
    const all = ['--set', 'serviceMonitor.enabled=true,minio.enabled=true,minio.storage=1Gi'];
    expect(render('millrace', ...all).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['ServiceMonitor', 'PersistentVolumeClaim']),
    );
  });
});

describe.skipIf(isSkipped(helmTool) || isSkipped(apiServerTool))(
  `what the charts render, in a real API server (${getting(apiServerTool)})`,
  () => {
    it('is taken where pods are restricted', async () => {
      const server = await startWithDefinitions();
      try {
        const call = (args: readonly string[], input = '') => tryKubectl(server.kubeconfig, args, input);
        await kubectl(server.kubeconfig, ['create', 'namespace', 'millrace']);
        const level = 'pod-security.kubernetes.io/warn=restricted';
        await kubectl(server.kubeconfig, ['label', 'namespace', 'millrace', level]);
        const text = template('millrace', '--set', 'minio.enabled=true');
        const answer = await call(['apply', '--namespace=millrace', '--server-side', '-f', '-'], text);
        expect(answer).toMatchObject({ code: 0, errors: '' });
      } finally {
        await server.close();
      }
    }, 180_000);
  },
);
