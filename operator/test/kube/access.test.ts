import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestSystem } from '../../../runtime/src/testing/test-system.ts';
import { rereadAccess } from '../../src/kube/access.ts';
import { inClusterAccess, isInCluster } from '../../src/kube/in-cluster.ts';
import { kubeConfigAccess } from '../../src/kube/kube-config.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-access-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const put = (name: string, text: string): void => writeFileSync(join(directory, name), text);

describe('credentials that change', () => {
  it('are read again after a minute, after a refusal, and after a failure', async () => {
    const test = createTestSystem();
    let reads = 0;
    let fails = false;
    const source = rereadAccess(test.system.clock, async () => {
      reads++;
      if (fails) throw new Error('not now');
      return { origin: `${reads}`, headers: {} };
    });
    const origin = async (): Promise<string> => (await source.current()).origin;
    expect(await Promise.all([origin(), origin()])).toEqual(['1', '1']);
    test.advance(59_999);
    expect(await origin()).toBe('1');
    test.advance(1);
    expect(await origin()).toBe('2');
    source.refused();
    fails = true;
    await expect(origin()).rejects.toThrow('not now');
    fails = false;
    expect(await origin()).toBe('4');
  });
});

describe('the access of a pod', () => {
  const variables = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };

  it('is the service account that the kubelet keeps fresh', async () => {
    const test = createTestSystem();
    put('token', 'first\n');
    put('ca.crt', 'an authority');
    const source = inClusterAccess(test.system, variables, directory);
    expect(isInCluster(variables)).toBe(true);
    expect(isInCluster({})).toBe(false);
    expect(await source.current()).toEqual({
      origin: 'https://[fd00::1]:443',
      headers: { authorization: 'Bearer first' },
      tls: { authority: 'an authority' },
    });
    put('token', 'second');
    test.advance(60_000);
    expect((await source.current()).headers).toEqual({ authorization: 'Bearer second' });
  });

  it('that has no service account says what to do', async () => {
    await expect(
      inClusterAccess(createTestSystem().system, variables, directory).current(),
    ).rejects.toMatchObject({ code: 'io', hint: expect.stringContaining('automountServiceAccountToken') });
  });
});

describe('the access of a kubeconfig', () => {
  it('says which file cannot be read, and what to give instead', async () => {
    const { current } = kubeConfigAccess({ clock: createTestSystem().system.clock }, { path: 'nowhere' });
    await expect(current()).rejects.toMatchObject({
      message: expect.stringContaining('The kubeconfig cannot be read: ENOENT'),
      hint: expect.stringContaining('config get-contexts'),
    });
  });

  const config = (user: object, cluster: object = {}): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'usual',
      contexts: [
        { name: 'usual', context: { cluster: 'here', user: 'me' } },
        { name: 'broken', context: { cluster: 'nowhere', user: 'me' } },
      ],
      clusters: [{ name: 'here', cluster: { server: 'https://10.0.0.1:6443/', ...cluster } }],
      users: [{ name: 'me', user }],
    });
  const access = (context?: string): ReturnType<typeof kubeConfigAccess> =>
    kubeConfigAccess(createTestSystem().system, { path: join(directory, 'config'), context });

  it('is a certificate and an authority', async () => {
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    put(
      'config',
      config(
        { 'client-certificate-data': base64('mine'), 'client-key-data': base64('secret') },
        { 'certificate-authority-data': base64('theirs'), 'tls-server-name': 'kubernetes' },
      ),
    );
    expect(await access().current()).toEqual({
      origin: 'https://10.0.0.1:6443',
      headers: {},
      tls: {
        authority: 'theirs',
        certificate: 'mine',
        key: 'secret',
        serverName: 'kubernetes',
        unverified: false,
      },
    });
  });

  it('is a token or a password, and what it says is read again after a refusal', async () => {
    put('config', config({ token: 'first' }, { 'insecure-skip-tls-verify': true }));
    const source = access();
    expect(await source.current()).toMatchObject({
      headers: { authorization: 'Bearer first' },
      tls: { unverified: true },
    });
    put('config', config({ username: 'me', password: 'secret' }));
    source.refused();
    expect((await source.current()).headers).toEqual({ authorization: 'Basic bWU6c2VjcmV0' });
  });

  it('is refused when it names no cluster or goes through a proxy', async () => {
    put('config', config({}, { 'proxy-url': 'http://proxy:3128' }));
    await expect(access('broken').current()).rejects.toMatchObject({
      code: 'io',
      message: 'The context “broken” names no cluster.',
    });
    await expect(access().current()).rejects.toMatchObject({ code: 'unsupported' });
  });
});
