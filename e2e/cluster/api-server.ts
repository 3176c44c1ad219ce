/**
 * `cluster` is a real Kubernetes for tests. Here are etcd and the API server alone, as ordinary processes of an ordinary user: objects are
 * admitted, stored and watched as anywhere, and no controller and no kubelet does anything about them.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Program, startProgram } from '../harness/program.ts';
import { apiServerTool, demand, etcdTool, type Tool } from '../harness/tools.ts';
import { kubeconfigText } from './kubeconfig.ts';

/** What a suite needs that starts an API server: the last one that `npm run cluster:build` would leave. */
export const apiServerTools: readonly Tool[] = [etcdTool, apiServerTool];

export interface ApiServerSettings {
  /** Further flags of kube-apiserver, `--audit-log-path=…` say. */
  readonly flags?: readonly string[];
  /** Tokens of further users by their names; a user has no rights but those that RBAC gives it. */
  readonly users?: readonly string[];
}

/** An API server with an etcd of its own, in a folder of its own. */
export interface ApiServer {
  readonly url: string;
  /** A file for clients: of the administrator. */
  readonly kubeconfig: string;
  /** The same for one of the further users. */
  kubeconfigOf(user: string): string;
  /** SIGKILL: open watches break off. What was answered is kept by etcd. */
  kill(): Promise<void>;
  /** At the same address with the same objects, after `kill`. */
  restart(): Promise<void>;
  /** Forgets old revisions: watches that start before them are told that they are gone. */
  compact(): Promise<void>;
  /** Puts objects under their keys straight into etcd, a hundred times as fast as by the API server, which hears of them at once. */
  store(objects: ReadonlyMap<string, object>): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

const administrator = 'admin';
const limitMs = 90_000;

const isReady = (url: string, token: string): Promise<boolean> =>
  new Promise((resolve) => {
    const settings = {
      rejectUnauthorized: false,
      agent: false,
      headers: { authorization: `Bearer ${token}` },
    } as const;
    https
      .get(`${url}/readyz`, settings, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .on('error', () => resolve(false));
  });

const startEtcd = async (folder: string): Promise<{ readonly program: Program; readonly url: string }> => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const program = await startProgram({
    name: etcdTool.name,
    command: etcdTool.path,
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ],
    environment: {},
    logFile: join(folder, 'etcd.log'),
    ready: async () => {
      const response = await fetch(`${url}/health`).catch(() => undefined);
      return response?.ok ?? false;
    },
    limitMs,
  });
  return { program, url };
};

/** By the gateway that etcd serves beside gRPC. */
const askEtcd = async (url: string, path: string, body: object): Promise<unknown> => {
  const response = await fetch(`${url}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd refuses ${path}: ${response.status} ${await response.text()}`);
  return await response.json();
};

const compactEtcd = async (url: string): Promise<void> => {
  const answer = await askEtcd(url, 'range', { key: btoa('/') });
  const { header } = answer as { readonly header: { readonly revision: string } };
  await askEtcd(url, 'compaction', { revision: header.revision, physical: true });
};

/** Of one transaction of etcd, at most. */
const mostPuts = 100;

const storeInEtcd = async (url: string, objects: ReadonlyMap<string, object>): Promise<void> => {
  const puts = [...objects].map(([key, object]) => ({
    requestPut: { key: btoa(key), value: Buffer.from(JSON.stringify(object)).toString('base64') },
  }));
  for (let from = 0; from < puts.length; from += mostPuts)
    await askEtcd(url, 'txn', { success: puts.slice(from, from + mostPuts) });
};

const writeKeys = (folder: string, tokens: ReadonlyMap<string, string>): void => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(join(folder, 'accounts.key'), privateKey, { mode: 0o600 });
  const lines = [...tokens].map(([user, token]) =>
    [token, user, user, ...(user === administrator ? ['"system:masters"'] : [])].join(','),
  );
  writeFileSync(join(folder, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
};

const flagsOf = (folder: string, etcdUrl: string, port: number): readonly string[] => [
  `--etcd-servers=${etcdUrl}`,
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  `--cert-dir=${join(folder, 'certificates')}`,
  '--endpoint-reconciler-type=none',
  '--service-cluster-ip-range=198.19.0.0/16',
  '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  `--service-account-key-file=${join(folder, 'accounts.key')}`,
  `--service-account-signing-key-file=${join(folder, 'accounts.key')}`,
  `--token-auth-file=${join(folder, 'tokens.csv')}`,
  '--authorization-mode=RBAC',
  // Who would make the account that every pod is to have?
  '--disable-admission-plugins=ServiceAccount',
  '--max-requests-inflight=800',
  '--max-mutating-requests-inflight=400',
  '--shutdown-delay-duration=0s',
  '--profiling=false',
];

/**
 * Starts etcd and an API server on free ports and waits until it is ready.
 * @throws Error with the end of a log when one does not come up.
 */
export const startApiServer = async ({
  flags = [],
  users = [],
}: ApiServerSettings = {}): Promise<ApiServer> => {
  for (const tool of apiServerTools) demand(tool);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-api-server-'));
  const tokens = new Map([administrator, ...users].map((user) => [user, randomBytes(16).toString('hex')]));
  writeKeys(folder, tokens);
  const etcd = await startEtcd(folder);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const start = (): Promise<Program> =>
    startProgram({
      name: apiServerTool.name,
      command: apiServerTool.path,
      args: [...flagsOf(folder, etcd.url, port), ...flags],
      environment: {},
      logFile: join(folder, 'api-server.log'),
      ready: () => isReady(url, tokens.get(administrator) ?? ''),
      limitMs,
    });
  let program = await start();
  const kubeconfigOf = (user: string): string => {
    const path = join(folder, `${user}.kubeconfig`);
    const authority = join(folder, 'certificates/apiserver.crt');
    writeFileSync(path, kubeconfigText({ url, authority, token: tokens.get(user) ?? '' }), { mode: 0o600 });
    return path;
  };
  return {
    url,
    kubeconfig: kubeconfigOf(administrator),
    kubeconfigOf,
    kill: () => program.end('SIGKILL'),
    restart: async () => {
      program = await start();
    },
    compact: () => compactEtcd(etcd.url),
    store: (objects) => storeInEtcd(etcd.url, objects),
    close: async () => {
      await program.end('SIGKILL');
      await etcd.program.end('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
};
