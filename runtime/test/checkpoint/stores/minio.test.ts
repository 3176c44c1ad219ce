import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Minio, startMinio } from '../../../../e2e/harness/minio.ts';
import { startProxy } from '../../../../e2e/harness/proxy.ts';
import { getting, isSkipped, minioTool } from '../../../../e2e/harness/tools.ts';
import type { ObjectStore } from '../../../src/checkpoint/object-store.ts';
import type { StoreSurroundings } from '../../../src/checkpoint/stores/open-store.ts';
import type { S3Store } from '../../../src/contract/store.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { itIsAStore, text } from './conformance.ts';
import { openS3, s3At } from './s3-support.ts';

const retry = { budgetMs: 30_000, firstDelayMs: 20, longestDelayMs: 200 };
let prefixes = 0;

const openAt = (
  minio: Minio,
  s3: Partial<S3Store> = {},
  more: Partial<StoreSurroundings> = {},
): Promise<ObjectStore> => {
  const environment = {
    AWS_ACCESS_KEY_ID: minio.accessKeyId,
    AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
  };
  prefixes += 1;
  const place = s3At(minio.endpoint, { prefix: `test/${prefixes}`, ...s3 });
  return openS3(createNodeSystem(), place, { environment, retry, ...more });
};

describe.skipIf(isSkipped(minioTool))(`a real MinIO (${getting(minioTool)})`, () => {
  let minio: Minio;
  beforeAll(async () => {
    minio = await startMinio({ buckets: ['bucket'] });
  }, 60_000);
  afterAll(() => minio.close());

  itIsAStore(
    'MinIO',
    async () => {
      const store = await openAt(minio);
      return { store, close: () => store.close() };
    },
    { runs: 10 },
  );

  it('keeps what it said was written when it is killed, and is waited for until it is back', async () => {
    const store = await openAt(minio);
    const objects = Array.from({ length: 20 }, (_, number) => new Uint8Array(100_000).fill(number));
    for (const [number, bytes] of objects.entries()) await store.put(`state/${number}`, bytes);
    await minio.kill();
    const claim = store.putIfAbsent('log/1', text('by me'));
    const reads = objects.map((_, number) => store.get(`state/${number}`));
    await minio.restart();
    expect(await claim).toBe('written');
    expect(await Promise.all(reads)).toEqual(objects);
    expect(await store.putIfAbsent('log/1', text('by another'))).toBe('exists');
    await store.close();
  });

  it('gets all objects through a network that resets connections in the middle of them', async () => {
    const proxy = await startProxy(Number(new URL(minio.endpoint).port));
    const store = await openAt({ ...minio, endpoint: `http://127.0.0.1:${proxy.port}` });
    const bytes = new Uint8Array(1_000_000).fill(7);
    const puts = Array.from({ length: 12 }, (_, number) => store.putIfAbsent(`state/${number}`, bytes));
    proxy.resetAfterBytes(300_000);
    expect(await Promise.race([Promise.all(puts), proxy.resets(20)])).toBeUndefined();
    proxy.resetAfterBytes(undefined);
    expect(await Promise.all(puts)).toEqual(puts.map(() => 'written'));
    expect(await store.list('state/')).toHaveLength(12);
    await store.close();
    await proxy.close();
  });

  it('resolves every claim, also of writers whose answers were lost when it was killed', async () => {
    const store = await openAt(minio);
    const claims = Array.from({ length: 60 }, async (_, number) => {
      const key = `log/${number % 20}`;
      const mine = text(`writer ${number}`);
      return { key, mine, answer: await store.putIfAbsent(key, mine) };
    });
    await minio.kill();
    await minio.restart();
    const winners = new Set<string>();
    for (const { key, mine, answer } of await Promise.all(claims)) {
      const kept = await store.get(key);
      expect(answer).toBe(Buffer.compare(kept ?? text(''), mine) === 0 ? 'written' : 'exists');
      if (answer === 'written') winners.add(key);
    }
    expect(winners.size).toBe(20);
    await store.close();
  });
});

describe.skipIf(isSkipped(minioTool))(`what a real MinIO refuses (${getting(minioTool)})`, () => {
  let minio: Minio;
  beforeAll(async () => {
    minio = await startMinio({ buckets: ['bucket'] });
  }, 60_000);
  afterAll(() => minio.close());

  it('is told: credentials and bucket', async () => {
    const keys = (AWS_ACCESS_KEY_ID: string, AWS_SECRET_ACCESS_KEY: string) => ({
      environment: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
    });
    await expect(openAt(minio, {}, keys('nobody', minio.secretAccessKey))).rejects.toThrow(
      'it does not know the access key (InvalidAccessKeyId',
    );
    await expect(openAt(minio, {}, keys(minio.accessKeyId, 'wrong-password'))).rejects.toThrow(
      'the secret access key does not fit the access key (SignatureDoesNotMatch',
    );
    await expect(openAt(minio, { bucket: 'no-such' })).rejects.toThrow(
      'there is no such bucket (NoSuchBucket',
    );
  });

  it('is told: clocks that are an hour apart', async () => {
    const store = await openAt(minio);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    try {
      await expect(store.get('a')).rejects.toMatchObject({
        message: expect.stringContaining('the clock of this machine and that of the store are too far apart'),
        hint: expect.stringContaining('NTP'),
      });
    } finally {
      vi.useRealTimers();
      await store.close();
    }
  });
});

describe.skipIf(isSkipped(minioTool))(`a real MinIO with TLS (${getting(minioTool)})`, () => {
  let directory: string;
  let minio: Minio;
  const certificateAuthority = { configMapName: 'authority', key: 'ca.crt' };

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-authority-'));
    const [certificate, key] = [join(directory, 'ca.crt'), join(directory, 'ca.key')];
    execFileSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      certificate,
      '-subj',
      '/CN=store',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ]);
    minio = await startMinio({ buckets: ['bucket'], tls: { certificate, key } });
  }, 60_000);
  afterEach(async () => {
    await minio.close();
    rmSync(directory, { recursive: true });
  });

  it('is believed by the authority that the manifest names, and by no other', async () => {
    const store = await openAt(minio, { certificateAuthority }, { authorityDirectory: directory });
    await store.put('a', text('a'));
    expect(await store.get('a')).toEqual(text('a'));
    await store.close();
    await expect(openAt(minio)).rejects.toMatchObject({
      message: expect.stringContaining('its certificate is not signed by an authority that is trusted here'),
      hint: expect.stringContaining('certificateAuthority'),
    });
  });
});
