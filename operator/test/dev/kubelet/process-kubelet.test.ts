import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeSystem } from '../../../../runtime/src/sys/node-system.ts';
import { isReady } from '../../../src/dev/controllers/victims.ts';
import { ProcessKubelet } from '../../../src/dev/kubelet/process-kubelet.ts';
import { type Kind, kindOf, podKind } from '../../../src/dev/store/kinds.ts';
import { ObjectStore } from '../../../src/dev/store/object-store.ts';
import { type DevObject, type Fields, listAt, type Sent, valueAt } from '../../../src/dev/store/values.ts';
import { at } from '../support.ts';

interface Machine {
  readonly store: ObjectStore;
  readonly kubelet: ProcessKubelet;
  /** Makes the pod `p` of containers that run programs, which are given as texts. */
  create(containers: Readonly<Record<string, string>>, more?: Fields, container?: Fields): void;
  /** Resolves with the pod once it is so; undefined = it is gone. */
  until(holds: (pod: DevObject | undefined) => boolean): Promise<DevObject | undefined>;
}

const start = (): Machine => {
  const system = createNodeSystem();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-kubelet-'));
  const store = new ObjectStore(system);
  const kubelet = new ProcessKubelet({
    system,
    store,
    directory,
    codeDirectory: directory,
    programAt: (name) => join(directory, `${name}.mjs`),
    podAddress: (number) => `127.1.0.${number}`,
    serviceAt: (namespace, name) => `${namespace}.${name}`,
  });
  onTestFinished(() => {
    kubelet.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const create: Machine['create'] = (programs, more = {}, container = {}) => {
    const containers = Object.entries(programs).map(([name, text]) => {
      writeFileSync(join(directory, `${name}.mjs`), text);
      return { name, image: 'i', command: ['node', `/opt/millrace/bin/${name}.js`], ...container };
    });
    const [init, main] = [
      containers.filter(({ name }) => name.startsWith('init')),
      containers.filter(({ name }) => !name.startsWith('init')),
    ];
    const spec = { containers: main, ...(init.length === 0 ? {} : { initContainers: init }), ...more };
    const metadata = { name: 'p', namespace: 'default', labels: { color: 'blue' } };
    store.create(podKind, { apiVersion: 'v1', kind: 'Pod', metadata, spec } as Sent);
  };
  const until: Machine['until'] = (holds) =>
    new Promise((resolve) => {
      const look = (): void => {
        const pod = store.find(podKind, at('p'));
        if (!holds(pod)) return;
        stop();
        resolve(pod);
      };
      const stop = store.log.listen(() => look());
    });
  return { store, kubelet, create, until };
};

const containerOf = (pod: DevObject | undefined): Fields =>
  listAt(pod, 'status', 'containerStatuses')[0] ?? {};

const serving = `
  import { createServer } from 'node:http';
  createServer((request, response) => response.end()).listen(8080, process.env.HOST);
  process.on('SIGTERM', () => process.exit(0));
`;
const probed: Fields = {
  ports: [{ name: 'health', containerPort: 8080 }],
  readinessProbe: { httpGet: { path: '/readyz', port: 'health' }, periodSeconds: 1 },
  env: [{ name: 'HOST', value: '0.0.0.0' }],
};

describe('a pod that runs as processes', () => {
  it('has succeeded when it has done its work, where it is started again only on failure', async () => {
    const { create, until } = start();
    const text = `
      import { existsSync, writeFileSync } from 'node:fs';
      if (existsSync('tried')) process.exit(0);
      writeFileSync('tried', '');
      process.exit(1);
    `;
    create({ main: text }, { restartPolicy: 'OnFailure' });
    const pod = await until((now) => now?.status?.['phase'] === 'Succeeded');
    expect(containerOf(pod)).toMatchObject({ restartCount: 1, state: { terminated: { exitCode: 0 } } });
  });

  it('is ready when it says so at its own address, and is gone when it has ended as asked', async () => {
    const { create, until, store } = start();
    create({ main: serving }, {}, probed);
    const pod = await until((now) => now !== undefined && isReady(now));
    expect(pod?.status).toMatchObject({ phase: 'Running', podIP: '127.1.0.1' });
    store.remove(podKind, at('p'), {});
    expect(await until((now) => now === undefined)).toBeUndefined();
  });

  it('has its variables, with this machine in place of what only a cluster has', async () => {
    const { create, until, kubelet } = start();
    const env = [
      { name: 'A_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
      { name: 'A_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'A_COLOR', valueFrom: { fieldRef: { fieldPath: "metadata.labels['color']" } } },
      { name: 'A_LISTEN', value: '0.0.0.0:7000' },
      { name: 'A_SERVICE', value: 'words-1:7000' },
      { name: 'MILLRACE_LIVE', value: '127.0.0.1:8081' },
      { name: 'A_TEXT', value: 'as it is' },
    ];
    const text = `for (const [name, value] of Object.entries(process.env)) if (/^A_|LIVE$/.test(name)) console.log(name + '=' + value);`;
    create({ main: text }, { restartPolicy: 'Never' }, { env });
    const pod = await until((now) => now?.status?.['phase'] === 'Succeeded');
    let written = '';
    kubelet
      .find('default', 'p')
      ?.logOf(undefined)
      ?.read(
        false,
        (more) => {
          written += more;
        },
        () => undefined,
      );
    expect(written.trim().split('\n').toSorted()).toEqual([
      'A_COLOR=blue',
      'A_IP=127.1.0.1',
      'A_LISTEN=127.1.0.1:7000',
      'A_SERVICE=default.words-1:7000',
      'A_TEXT=as it is',
      `A_UID=${pod?.metadata.uid}`,
      'MILLRACE_LIVE=127.1.0.1:8081',
    ]);
  });

  it('runs its init containers first, and shows what they leave as a message', async () => {
    const { create, until } = start();
    const init = `
      import { readFileSync, writeFileSync } from 'node:fs';
      writeFileSync(process.env.INTO, 'ab:cd');
      writeFileSync(process.env.SHARED + '/made', 'by init');`;
    const main = `
      import { readFileSync } from 'node:fs';
      process.stdout.write(readFileSync(process.env.SHARED + '/made', 'utf8')); process.exit(3);`;
    const volumes = [{ name: 'shared', emptyDir: {} }];
    const container = {
      env: [
        { name: 'INTO', value: '/dev/termination-log' },
        { name: 'SHARED', value: '/var/shared' },
      ],
      volumeMounts: [{ name: 'shared', mountPath: '/var/shared' }],
      terminationMessagePolicy: 'FallbackToLogsOnError',
    };
    create({ init, main }, { volumes, restartPolicy: 'Never' }, container);
    const pod = await until((now) => now?.status?.['phase'] === 'Failed');
    const [made] = listAt(pod, 'status', 'initContainerStatuses');
    expect(made).toMatchObject({ ready: true, state: { terminated: { exitCode: 0, message: 'ab:cd' } } });
    expect(containerOf(pod)['state']).toMatchObject({ terminated: { exitCode: 3, message: 'by init' } });
  });

  it('waits for what its volumes are made of, and finds it as files', async () => {
    const { create, until, store } = start();
    const volumes = [{ name: 'code', configMap: { name: 'late' } }];
    const container = { volumeMounts: [{ name: 'code', mountPath: '/opt/job' }] };
    const text = `
      import { readFileSync } from 'node:fs';
      process.exit(readFileSync(process.argv[2], 'utf8') === 'x' ? 0 : 1);`;
    create({ main: text }, { volumes, restartPolicy: 'Never' }, { ...container, args: ['/opt/job/a.txt'] });
    const waiting = await until(
      (now) => valueAt(containerOf(now)['state'], 'waiting', 'message') !== undefined,
    );
    expect(containerOf(waiting)['state']).toEqual({
      waiting: { reason: 'CreateContainerConfigError', message: 'configmap "late" not found' },
    });
    const metadata = { name: 'late', namespace: 'default' };
    const configMaps = kindOf({ group: '', plural: 'configmaps' }) as Kind;
    store.create(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { 'a.txt': 'x' },
    } as Sent);
    await until((now) => now?.status?.['phase'] === 'Succeeded');
  });

  it('that ends is started again, and says how it ended', async () => {
    const { create, until } = start();
    create({ main: 'process.exit(7);' });
    const pod = await until((now) => Number(containerOf(now)['restartCount']) >= 2);
    expect(containerOf(pod)['lastState']).toMatchObject({ terminated: { exitCode: 7, reason: 'Error' } });
    expect(pod?.status?.['phase']).toBe('Running');
  });
});
