/**
 * `scale` measures the operator, as it was built, on a real API server without nodes: what it writes and how soon, and what it takes to look
 * after thousands of jobs. Here is what all measures begin with.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { kubeConfigAccess } from '../../operator/src/kube/kube-config.ts';
import { Transport } from '../../operator/src/kube/transport.ts';
import { createNodeSystem } from '../../runtime/src/sys/node-system.ts';
import { type ApiServer, startApiServer } from '../cluster/api-server.ts';
import { kubectl } from '../cluster/kubectl.ts';
import { type AuditEvent, readAudit } from '../harness/audit.ts';
import { clusterFolder } from '../harness/tools.ts';

export const operatorUser = 'operator';
const operatorNamespace = 'millrace-system';

/** As the operator is told here. */
export const renderSettings = {
  runtimeImage: 'localhost/millrace-runtime:dev',
  imagePullPolicy: 'IfNotPresent',
  clusterId: 'scale',
  operatorNamespace,
} as const;

const dayMs = 86_400_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
const helm = join(clusterFolder, 'bin/helm');

/** Of each call who made it, when, and how it ended. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [
    { level: 'Metadata', users: [operatorUser] },
    { level: 'Metadata', verbs: ['create', 'patch'], resources: [{ group: 'millrace.dev' }] },
    { level: 'None' },
  ],
};

export interface ControlPlane {
  readonly server: ApiServer;
  /** Of the administrator. */
  readonly client: Transport;
  /** Where the operator finds what a pod has of its service account. */
  readonly accountFolder: string;
  readonly identityFolder: string;
  /** Has signed the certificate of the operator. */
  readonly operatorAuthority: string;
  readonly folder: string;
  /** What the API server has noted since it started. */
  audit(): readonly AuditEvent[];
  close(): Promise<void>;
}

/** The rights of the chart, given to a user instead of a service account: nobody makes tokens here. */
const rightsOf = (namespaces: readonly string[]): string => {
  const words = ['template', 'millrace', 'charts/millrace', '--namespace', operatorNamespace];
  const set = [`watchNamespaces={${namespaces.join(',')}}`, 'clusterId=scale'];
  const args = [...words, '--show-only', 'templates/rbac.yaml', ...set.flatMap((text) => ['--set', text])];
  const documents = execFileSync(helm, args, { cwd: root, encoding: 'utf8' }).split(/^---$/m);
  const items = documents.flatMap((text) => {
    const read = parse(text) as { readonly metadata: object; readonly subjects?: unknown } | null;
    if (read === null) return [];
    // Helm puts what names no namespace into its own.
    const object = { ...read, metadata: { namespace: operatorNamespace, ...read.metadata } };
    const subject = { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: operatorUser };
    return object.subjects === undefined ? [object] : [{ ...object, subjects: [subject] }];
  });
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
};

/** Who the operator is to coordinators: files as its chart mounts them. */
const writeIdentity = (folder: string): string => {
  const { certificates, clock } = createNodeSystem();
  const valid = { fromMs: clock.nowMs() - dayMs, untilMs: clock.nowMs() + dayMs };
  const authority = certificates.createAuthority('operator', valid);
  const own = certificates.issue({ subject: 'operator' }, valid, authority);
  mkdirSync(folder);
  writeFileSync(join(folder, 'ca.crt'), authority.certificate);
  writeFileSync(join(folder, 'tls.crt'), own.certificate);
  writeFileSync(join(folder, 'tls.key'), own.key);
  return authority.certificate;
};

/** An API server that knows the definitions, with these namespaces, in which the operator has the rights of its chart. */
export const startControlPlane = async (namespaces: readonly string[]): Promise<ControlPlane> => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-scale-'));
  const [policyFile, auditFile] = [join(folder, 'policy.json'), join(folder, 'audit.jsonl')];
  writeFileSync(policyFile, JSON.stringify(auditPolicy));
  const server = await startApiServer({
    users: [operatorUser],
    flags: [`--audit-policy-file=${policyFile}`, `--audit-log-path=${auditFile}`],
  });
  const ask = (words: readonly string[], input?: string): Promise<string> =>
    kubectl(server.kubeconfig, words, input);
  await ask(['apply', '-k', join(root, 'crds')]);
  await ask(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  for (const name of [operatorNamespace, ...namespaces]) await ask(['create', 'namespace', name]);
  await ask(['apply', '-f', '-'], rightsOf(namespaces));
  const accountFolder = join(folder, 'account');
  mkdirSync(accountFolder);
  const config = JSON.parse(readFileSync(server.kubeconfigOf(operatorUser), 'utf8')) as {
    readonly users: readonly [{ readonly user: { readonly token: string } }];
    readonly clusters: readonly [{ readonly cluster: { readonly 'certificate-authority': string } }];
  };
  writeFileSync(join(accountFolder, 'token'), config.users[0].user.token);
  writeFileSync(
    join(accountFolder, 'ca.crt'),
    readFileSync(config.clusters[0].cluster['certificate-authority']),
  );
  const identityFolder = join(folder, 'identity');
  const operatorAuthority = writeIdentity(identityFolder);
  const system = createNodeSystem();
  const client = new Transport({ system, access: kubeConfigAccess(system, { path: server.kubeconfig }) });
  return {
    server,
    client,
    accountFolder,
    identityFolder,
    operatorAuthority,
    folder,
    audit: () => readAudit(auditFile),
    close: async () => {
      client.close();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
};
