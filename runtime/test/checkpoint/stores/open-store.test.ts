import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/checkpoint/stores/open-store.ts';
import { TestSystem } from '../../../src/testing/test-system.ts';
import { text } from './conformance.ts';
import { FakeS3, s3Refusal } from './fake-s3.ts';
import { impatientSystem, openS3, s3At } from './s3-support.ts';

let directory: string;
let server: FakeS3;
let endpoint: string;
const system = impatientSystem();

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-open-'));
  server = new FakeS3();
  endpoint = await server.listen();
});
afterEach(async () => {
  rmSync(directory, { recursive: true });
  await server.close();
});

describe('a directory', () => {
  it('is relative to the manifest, made when it is not there, and free of old leftovers', async () => {
    const { system: early } = new TestSystem({ startMs: 0 });
    const { system: late } = new TestSystem({ startMs: Date.UTC(2100, 0) });
    const surroundings = { baseDirectory: directory, environment: {} };
    const store = await openStore(early, { directory: 'snapshots/here' }, surroundings);
    expect(store.place).toBe(join(directory, 'snapshots/here'));
    const leftovers = join(store.place, '.temporary');
    writeFileSync(join(leftovers, 'left'), '');
    await openStore(early, { directory: 'snapshots/here' }, surroundings);
    expect(readdirSync(leftovers)).toEqual(['left']);
    await openStore(late, { directory: 'snapshots/here' }, surroundings);
    expect(readdirSync(leftovers)).toEqual([]);
  });
});

describe('credentials from the environment', () => {
  it('are used with a session token', async () => {
    server.sessionToken = 'the-token';
    const environment = {
      AWS_ACCESS_KEY_ID: 'the-access-key',
      AWS_SECRET_ACCESS_KEY: 'the-very-secret',
      AWS_SESSION_TOKEN: 'the-token',
    };
    const store = await openS3(system, s3At(endpoint), { environment });
    await store.close();
    expect(server.seen[0]?.headers['x-amz-security-token']).toBe('the-token');
  });

  it('are asked for when there are none', async () => {
    await expect(openS3(system, s3At(endpoint), { environment: {} })).rejects.toMatchObject({
      message: `There are no credentials for the store ${endpoint}/bucket/some/prefix/.`,
      where: { store: `${endpoint}/bucket/some/prefix/` },
      hint: expect.stringContaining('Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'),
    });
  });
});

describe('credentials from a Secret', () => {
  const credentials = { secretName: 'store', accessKeyId: 'user', secretAccessKey: 'password' };
  const write = (user: string): void => {
    writeFileSync(join(directory, 'user'), `${user}\n`);
    writeFileSync(join(directory, 'password'), 'the-very-secret');
  };

  it('are read again when they change, without a restart', async () => {
    write('the-access-key');
    const surroundings = { credentialsDirectory: directory, environment: {} };
    const store = await openS3(system, s3At(endpoint, { credentials }), surroundings);
    server.accessKeyId = 'the-new-key';
    await expect(store.get('a')).rejects.toThrow('it does not know the access key');
    write('the-new-key');
    await store.put('a', text('a'));
    await store.close();
  });

  it('are missed by name', async () => {
    const surroundings = { credentialsDirectory: directory };
    await expect(openS3(system, s3At(endpoint, { credentials }), surroundings)).rejects.toMatchObject({
      message: `The credentials of the store lack user: it cannot be read in ${directory}.`,
      where: { file: join(directory, 'user'), reason: 'ENOENT' },
    });
    write('');
    await expect(openS3(system, s3At(endpoint, { credentials }), surroundings)).rejects.toThrow(
      'lack user: the file is empty',
    );
  });
});

describe('credentials of the pod', () => {
  const environment = (): Record<string, string> => ({
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/jobs',
    AWS_WEB_IDENTITY_TOKEN_FILE: join(directory, 'token'),
  });
  const granted = (token: string, expires: Date) => ({
    kind: 'answer' as const,
    status: 200,
    body: `<AssumeRoleWithWebIdentityResponse><Credentials><AccessKeyId>the-access-key</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${expires.toISOString()}</Expiration></Credentials></AssumeRoleWithWebIdentityResponse>`,
  });
  const isToken = ({ method, key }: { method: string; key: string }): boolean =>
    method === 'POST' && key === '';
  const tokensAsked = (): number => server.seen.filter(isToken).length;

  beforeEach(() => writeFileSync(join(directory, 'token'), 'the-identity\n'));

  it('are got in exchange for its token, kept while they last, and renewed before they expire', async () => {
    const machine = impatientSystem();
    const expires = (): Date => new Date(machine.clock.nowMs() + 3_600_000);
    server.sessionToken = 'one';
    server.fault = (request) =>
      isToken(request) ? granted(server.sessionToken ?? '', expires()) : undefined;
    const store = await openS3(machine, s3At(endpoint), { environment: environment() });
    await store.put('a', text('a'));
    expect(tokensAsked()).toBe(1);
    const asked = new URLSearchParams(server.seen.find(isToken)?.body.toString());
    expect(Object.fromEntries(asked)).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: 'arn:aws:iam::1:role/jobs',
      WebIdentityToken: 'the-identity',
    });
    machine.timers.after(3_400_000, () => {});
    await store.put('a', text('b'));
    expect(tokensAsked()).toBe(2);
    server.sessionToken = 'two';
    await store.put('a', text('c'));
    expect(tokensAsked()).toBe(3);
    await store.close();
  });

  it('are used to their end when no others can be had', async () => {
    const machine = impatientSystem();
    server.sessionToken = 'one';
    let well = true;
    server.fault = (request) => {
      if (!isToken(request)) return undefined;
      return well
        ? granted('one', new Date(machine.clock.nowMs() + 3_600_000))
        : s3Refusal(500, 'InternalFailure');
    };
    const store = await openS3(machine, s3At(endpoint), { environment: environment() });
    well = false;
    machine.timers.after(3_400_000, () => {});
    await store.put('a', text('a'));
    machine.timers.after(300_000, () => {});
    await expect(store.put('a', text('b'))).rejects.toThrow('InternalFailure');
    await store.close();
  });

  it('are refused with the reason', async () => {
    server.fault = () => s3Refusal(400, 'InvalidIdentityToken');
    await expect(openS3(system, s3At(endpoint), { environment: environment() })).rejects.toMatchObject({
      message: expect.stringContaining('it does not accept the web identity token (InvalidIdentityToken)'),
      hint: expect.stringContaining('Check the role'),
    });
    rmSync(join(directory, 'token'));
    await expect(openS3(system, s3At(endpoint), { environment: environment() })).rejects.toThrow(
      'The web identity token of this pod cannot be read',
    );
  });
});

describe('an endpoint', () => {
  it('has no path', async () => {
    await expect(openS3(system, s3At(`${endpoint}/bucket`))).rejects.toMatchObject({
      code: 'manifest-invalid',
      message: `The endpoint ${endpoint}/bucket of the store has a path.`,
    });
  });

  it('at which nobody answers is given up after ten seconds, however long calls are tried later', async () => {
    const machine = impatientSystem();
    await server.close();
    const retry = { budgetMs: 3_600_000, firstDelayMs: 100, longestDelayMs: 1000 };
    await expect(openS3(machine, s3At(endpoint), { retry })).rejects.toThrow(
      'it does not answer (ECONNREFUSED',
    );
    expect(machine.waitedMs().reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(10_000);
    server = new FakeS3();
  });

  it('that speaks no TLS is told from one that does not answer', async () => {
    const wrong = s3At(endpoint.replace('http:', 'https:'));
    await expect(openS3(system, wrong)).rejects.toMatchObject({
      hint: expect.stringContaining('Write http://'),
    });
  });

  it('has an authority of its own, which must be readable', async () => {
    const certificateAuthority = { configMapName: 'authority', key: 'ca.crt' };
    const surroundings = { authorityDirectory: directory };
    await expect(
      openS3(system, s3At(endpoint, { certificateAuthority }), surroundings),
    ).rejects.toMatchObject({
      message: `The certificates that vouch for the store cannot be read: ${join(directory, 'ca.crt')}.`,
      where: { reason: 'ENOENT' },
    });
    expect(existsSync(directory)).toBe(true);
  });
});
