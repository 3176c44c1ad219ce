import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { type DevCluster, startDevCluster } from '../../src/dev/cluster.ts';
import { isReady } from '../../src/dev/controllers/victims.ts';
import { podKind, replicaSetKind, serviceKind } from '../../src/dev/store/kinds.ts';
import type { Sent } from '../../src/dev/store/values.ts';
import { at, replicaSet } from './support.ts';

const program = `
  import { createServer } from 'node:net';
  createServer((socket) => socket.end('hello from ' + process.env.NAME)).listen(7000, process.env.HOST);
`;

const start = async (): Promise<{ readonly cluster: DevCluster; readonly directory: string }> => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-cluster-'));
  writeFileSync(join(directory, 'talk.mjs'), program);
  const cluster = await startDevCluster({
    system: createNodeSystem(),
    directory,
    codeDirectory: directory,
    programAt: (name) => join(directory, `${name}.mjs`),
    port: 0,
  });
  onTestFinished(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return { cluster, directory };
};

const talker = (): Sent => {
  const env = [
    { name: 'HOST', value: '0.0.0.0' },
    { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'CALL', value: 'talk:70' },
  ];
  const ports = [{ name: 'talk', containerPort: 7000 }];
  const container = { name: 'main', image: 'i', command: ['node', '/opt/millrace/bin/talk.js'], env, ports };
  const set = replicaSet('talk', 1);
  const template = { metadata: { labels: { app: 'talk' } }, spec: { containers: [container] } };
  return { ...set, spec: { ...set.spec, template } };
};

const service: Sent = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: at('talk'),
  spec: { selector: { app: 'talk' }, ports: [{ port: 7000, targetPort: 'talk' }] },
};

/** What is said at an address; a call that is cut off at once is tried again. */
const heard = async (host: string): Promise<string> => {
  for (;;) {
    const text = await new Promise<string>((resolve) => {
      let said = '';
      const socket = connect(7000, host);
      socket.setEncoding('utf8').on('data', (more: string) => {
        said += more;
      });
      socket.on('error', () => undefined).on('close', () => resolve(said));
    });
    if (text !== '') return text;
  }
};

describe('a cluster of this machine', () => {
  it('runs what its sets want, and passes on what is said to their service', async () => {
    const { cluster, directory } = await start();
    const { store } = cluster;
    const ready = new Promise<string>((resolve) => {
      store.log.listen(({ kind, after }) => {
        if (kind === podKind && after !== undefined && isReady(after)) resolve(after.metadata.name);
      });
    });
    store.create(serviceKind, service);
    store.create(replicaSetKind, talker());
    expect(await heard(cluster.addressOf('default', service.metadata.name) ?? '')).toBe(
      `hello from ${await ready}`,
    );
    expect(JSON.parse(readFileSync(join(directory, 'kubeconfig'), 'utf8'))).toMatchObject({ kind: 'Config' });
  });
});
