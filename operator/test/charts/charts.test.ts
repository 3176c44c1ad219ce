import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** Keys are made anew by each render. */
const withoutSecrets = (text: string): string =>
  text.replaceAll(/^( +(?:ca\.crt|tls\.crt|tls\.key|secretAccessKey): ).*$/gm, '$1random');

const optionalKinds = ['ServiceMonitor', 'PodMonitor', 'FlowSchema', 'PersistentVolumeClaim'];

const highlyAvailable = [
  '--set',
  'operator.replicas=3,operator.priorityClassName=system-cluster-critical',
  '--set-json',
  'operator.topologySpreadConstraints=[{"maxSkew":1,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule"}]',
];

const everything = [
  '--set',
  'serviceMonitor.enabled=true,podMonitor.enabled=true,flowSchema.enabled=true,commonLabels.team=streams',
  '--set',
  'minio.enabled=true,minio.storage=1Gi,watchNamespaces={a,b}',
  '--set-json',
  'networkPolicy.metricsFrom=[{"namespaceSelector":{"matchLabels":{"name":"monitoring"}}}]',
];

/** What a cluster lets nobody change of an object that is there. */
const fixedOf = (object: Rendered): unknown => {
  const spec = (object['spec'] ?? {}) as Readonly<Record<string, unknown>>;
  switch (object.kind) {
    case 'Deployment':
      return spec['selector'];
    case 'Service':
      return spec['clusterIP'];
    case 'PersistentVolumeClaim':
      return spec;
    default:
      return [object['roleRef'], object['type']];
  }
};

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

  it.each([
    ['operator.replica=3', "additional properties 'replica' not allowed"],
    ['operator.replicas=70', 'maximum: got 70, want 5'],
    ['operator.imagePullPolicy=Sometimes', "value must be one of 'Always', 'IfNotPresent', 'Never'"],
    ['operator.image=', 'minLength: got 0, want 1'],
    ['watchNamespaces={A}', "'A' does not match pattern"],
    ['serviceMonitor.interval=often', "'often' does not match pattern"],
    ['flowSchema.matchingPrecedence=0', 'minimum: got 0, want 1'],
  ])('refuse %s with a sentence', (value, sentence) => {
    const place = value.slice(0, value.search(/[=.]/));
    expect(() => template('millrace', '--set', value)).toThrow(sentence);
    expect(() => template('millrace', '--set', value)).toThrow(`/${place}`);
  });

  it('leave out what is not asked for', () => {
    const kinds = render('millrace').map(({ kind }) => kind);
    expect(kinds).not.toContain('ServiceMonitor');
    for (const kind of optionalKinds) expect(kinds).not.toContain(kind);
    expect(render('millrace', ...everything).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([...optionalKinds]),
    );
  });
});

describe.skipIf(isSkipped(helmTool))(`what the charts render (${getting(helmTool)})`, () => {
  it.each([
    ['defaults', []],
    ['highly-available', highlyAvailable],
    ['everything', everything],
  ])('render what was looked at: %s', async (name, options) => {
    await expect(withoutSecrets(template('millrace', ...options))).toMatchFileSnapshot(`golden/${name}.yaml`);
  });

  it('change nothing of the release before that a cluster would not let change', () => {
    const file = readFileSync(new URL('previous/millrace-0.1.0.yaml', import.meta.url), 'utf8');
    const before = parseAllDocuments(file).map((document) => document.toJS() as Rendered);
    const now = render('millrace', ...everything);
    for (const object of before) {
      const same = now.find((other) => namesOf([other])[0] === namesOf([object])[0]);
      expect(same, `${object.kind} ${object.metadata.name}`).toBeDefined();
      if (same !== undefined) expect(fixedOf(same)).toEqual(fixedOf(object));
    }
  });

  it('have a test that asks the operator whether it is ready', () => {
    const pod = render('millrace').find(({ kind }) => kind === 'Pod');
    expect(pod?.metadata).toMatchObject({ annotations: { 'helm.sh/hook': 'test' } });
    expect(JSON.stringify(pod)).toContain('http://millrace-metrics.millrace:8080/ready');
  });

  it('put the labels of a person on everything of the operator', () => {
    const options = ['--set', 'commonLabels.team=streams'];
    for (const { kind, metadata } of render('millrace', ...options)) {
      if (kind !== 'Pod') expect(metadata, kind).toMatchObject({ labels: { team: 'streams' } });
    }
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
