import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Minio, startMinio } from '../../../e2e/harness/minio.ts';
import { getting, isSkipped, minioTool } from '../../../e2e/harness/tools.ts';
import { FakeS3, type Fault, type SeenRequest, s3Refusal } from '../checkpoint/stores/fake-s3.ts';
import { folderWith, start } from './call-command.ts';
import { countingJob, expectRefused, lastTotal, manifestWith, runAWhile } from './stored-folder.ts';

const keys = (AWS_ACCESS_KEY_ID: string, AWS_SECRET_ACCESS_KEY: string) => ({
  AWS_ACCESS_KEY_ID,
  AWS_SECRET_ACCESS_KEY,
});

const manifestAt = (endpoint: string, bucket: string, more = ''): string =>
  manifestWith(`s3: { endpoint: '${endpoint}', bucket: ${bucket}, prefix: jobs-of-a-test }`, more);

const folderAt = (endpoint: string, bucket = 'bucket', more = ''): string =>
  folderWith({ 'job.ts': countingJob, 'job.yaml': manifestAt(endpoint, bucket, more) });

/** A module that sets the clock of a process. */
const skewedBy = (hours: number): string => `const Real = Date;
const now = () => Real.now() + ${hours} * 3_600_000;
globalThis.Date = class extends Real {
  constructor(...words) { super(...(words.length === 0 ? [now()] : words)); }
  static now() { return now(); }
};
`;

describe('a store that cannot be used', () => {
  let server: FakeS3;
  let endpoint: string;
  beforeEach(async () => {
    server = new FakeS3();
    endpoint = await server.listen();
  });
  afterEach(() => server.close());

  const environment = keys('the-access-key', 'the-very-secret');
  const refused = async (why: RegExp, advice: RegExp, bucket = 'bucket'): Promise<void> => {
    const folder = folderAt(endpoint, bucket);
    const { error } = await expectRefused(folder, { message: why, advice, environment });
    expect(error).toContain(`${endpoint}/${bucket}/jobs-of-a-test/`);
    expect(error).not.toContain('the-very-secret');
  };

  it('since it ignores the condition of a put', async () => {
    server.ignoresConditions = true;
    await refused(/ignores the condition \(If-None-Match\)/, /MinIO, Amazon S3 or a directory/);
  });

  it.each<[string, Fault, RegExp, RegExp]>([
    ['these credentials may not write', s3Refusal(403, 'AccessDenied'), /may not do that/, /s3:PutObject/],
    ['the secret is wrong', s3Refusal(403, 'SignatureDoesNotMatch'), /does not fit the access key/, /secret/],
    [
      'a proxy forbids it',
      { kind: 'answer', status: 403, body: '' },
      /may not do that \(HTTP 403/,
      /proxies/,
    ],
    ['it is full', s3Refusal(507, 'XMinioStorageFull'), /the store is full/, /Make room/],
    [
      'a quota is used up',
      s3Refusal(409, 'XMinioAdminBucketQuotaExceeded'),
      /the store is full/,
      /its quota/,
    ],
    ['clocks differ', s3Refusal(403, 'RequestTimeTooSkewed'), /clock of this machine and that of/, /NTP/],
    ['the bucket is missing', s3Refusal(404, 'NoSuchBucket'), /no such bucket/, /Create the bucket/],
  ])('since %s', async (_, fault, why, advice) => {
    server.fault = () => fault;
    await refused(why, advice);
    expect(server.keys()).toEqual([]);
  });

  it('since it does not know the access key', async () => {
    server.accessKeyId = 'another';
    await refused(/does not know the access key/, /mistyped, revoked/);
  });

  it('since nobody has said with which credentials', async () => {
    const folder = folderAt(endpoint);
    const { error } = await expectRefused(folder, {
      message: new RegExp(
        `^error: There are no credentials for the store ${endpoint}/bucket/jobs-of-a-test/`,
      ),
      advice: /^Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/,
      environment: keys('', ''),
    });
    expect(error).toMatch(/store +http/);
  });

  it('any more, since it is full meanwhile: the job goes on from what it had when there is room again', async () => {
    const more = '  restart:\n    strategy: None\n';
    const folder = folderAt(endpoint, 'bucket', more);
    writeFileSync(
      join(folder, 'job.yaml'),
      manifestAt(endpoint, 'bucket', more).replace(
        'interval: 100ms',
        'interval: 100ms\n    tolerableFailures: 0',
      ),
    );
    const first = await runAWhile(folder, environment);
    expect(first.code).toBe(0);
    const kept = server.keys();
    const isState = ({ method, key }: SeenRequest): boolean => method === 'PUT' && key.includes('/state/');
    server.fault = (request) => (isState(request) ? s3Refusal(507, 'XMinioStorageFull') : undefined);
    const { code, error } = await start({ folder, environment }, 'run', 'job.yaml').ended;
    expect(code).toBe(1);
    expect(error).toMatch(/the store is full \(XMinioStorageFull\)/);
    expect(error).toMatch(/what now +Make room in it/);
    server.fault = () => undefined;
    expect(kept.filter((key) => key.includes('/state/')).every((key) => server.keys().includes(key))).toBe(
      true,
    );
    const { out } = await runAWhile(folder, environment);
    expect(out).toContain(`total ${lastTotal(first.out) + 1};`);
  });
});

describe.skipIf(isSkipped(minioTool))(`a real MinIO refuses (${getting(minioTool)})`, () => {
  let minio: Minio;
  beforeAll(async () => {
    minio = await startMinio({ buckets: ['bucket'] });
  }, 60_000);
  afterAll(() => minio.close());

  it('wrong keys and a bucket that is not there; the state of a job in it is not lost by that', async () => {
    const environment = keys(minio.accessKeyId, minio.secretAccessKey);
    const folder = folderAt(minio.endpoint);
    const first = await runAWhile(folder, environment);
    expect(first).toMatchObject({ code: 0 });
    const store = new RegExp(`store +${minio.endpoint}/bucket/jobs-of-a-test/`);
    const wrongKey = { message: /does not know the access key/, advice: /mistyped/ };
    const nobody = await expectRefused(folder, {
      ...wrongKey,
      environment: keys('nobody', 'nothing-at-all'),
    });
    expect(nobody.error).toMatch(store);
    const wrongSecret = { message: /does not fit the access key/, advice: /a space or line end too many/ };
    const badly = keys(minio.accessKeyId, 'wrong-password');
    expect((await expectRefused(folder, { ...wrongSecret, environment: badly })).error).toMatch(store);
    writeFileSync(join(folder, 'job.yaml'), manifestAt(minio.endpoint, 'no-such'));
    await expectRefused(folder, { message: /no such bucket/, advice: /Millrace creates none/, environment });
    writeFileSync(join(folder, 'job.yaml'), manifestAt(minio.endpoint, 'bucket'));
    expect((await runAWhile(folder, environment)).out).toContain(`total ${lastTotal(first.out) + 1};`);
  });

  it('a clock that is an hour off', async () => {
    const folder = folderAt(minio.endpoint);
    writeFileSync(join(folder, 'skew.mjs'), skewedBy(1));
    const environment = {
      ...keys(minio.accessKeyId, minio.secretAccessKey),
      NODE_OPTIONS: '--import ./skew.mjs',
    };
    await expectRefused(folder, { message: /too far apart/, advice: /NTP/, environment });
  });
});
