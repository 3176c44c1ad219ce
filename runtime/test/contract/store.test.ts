import { describe, expect, it } from 'vitest';
import { type Data, problemsOfSpec, specOf, testField } from './support.ts';

const stored = (store: unknown): Data => ({ checkpoint: { store } });
const s3 =
  (field: string) =>
  (value: unknown): Data =>
    stored({ s3: { bucket: 'snapshots', [field]: value } });
const at = 'spec.checkpoint.store';

describe('the store of checkpoints', () => {
  it('is a directory or a bucket', () => {
    expect(problemsOfSpec(stored({ directory: './snapshots' }))).toEqual([]);
    expect(problemsOfSpec(stored({ s3: { bucket: 'snapshots' } }))).toEqual([]);
    expect(problemsOfSpec(stored({ directory: 'a', s3: { bucket: 'snapshots' } }))).toEqual([
      `${at}.s3: expected exactly one of directory, s3, found directory and s3`,
    ]);
  });

  it.each([
    ['path', 'directory'],
    ['file', 'directory'],
    ['minio', 's3'],
  ])('is not called %s but %s', (name, meant) => {
    expect(problemsOfSpec(stored({ directory: 'a', [name]: 'x' }))).toEqual([
      `${at}.${name}: there is no such field → Did you mean ${meant}?`,
    ]);
  });

  it('may be any directory that has a name', () => {
    for (const directory of ['a', '../snapshots', '/var/lib/snapshots', 'a b', 'x'.repeat(1024)]) {
      expect(problemsOfSpec(stored({ directory }))).toEqual([]);
    }
    expect(problemsOfSpec(stored({ directory: '' }))).toEqual([
      `${at}.directory: expected a text of 1 to 1024 characters, found an empty text`,
    ]);
  });
});

describe('a bucket', () => {
  it('alone gets all defaults', () => {
    expect(specOf(stored({ s3: { bucket: 'snapshots' } })).checkpoint?.store.s3).toEqual({
      bucket: 'snapshots',
      prefix: 'millrace',
      region: 'us-east-1',
      pathStyle: true,
    });
  });

  it('keeps everything that is said', () => {
    const everything = {
      endpoint: 'https://minio.example.com:9000',
      bucket: 'snapshots',
      prefix: 'team-a/jobs',
      region: 'eu-central-1',
      pathStyle: false,
      credentials: {
        secretName: 'minio',
        accessKeyId: 'id',
        secretAccessKey: 'key',
        sessionToken: 'session',
      },
      certificateAuthority: { configMapName: 'ca', key: 'bundle.pem' },
    };
    expect(specOf(stored({ s3: everything })).checkpoint?.store.s3).toEqual(everything);
  });

  const bucket = `${at}.s3.bucket: expected the name of a bucket, of 3 to 63 characters, found`;
  testField(`${at}.s3.bucket`, (value) => stored({ s3: { bucket: value } }), {
    good: ['abc', 'my-bucket.2', '0bucket0', 'b'.repeat(63)],
    bad: [
      ['ab', `${bucket} the text "ab"`],
      ['My-Bucket', `${bucket} the text "My-Bucket"`],
      ['bucket/', `${bucket} the text "bucket/"`],
      ['-bucket', `${bucket} the text "-bucket"`],
      ['s3://bucket', `${bucket} the text "s3://bucket"`],
      ['b'.repeat(64), `${bucket} a text of 64 characters`],
    ],
  });

  const prefix = `${at}.s3.prefix: expected a prefix of letters, digits, -, _, ., =, + and /, at most 512 characters, found`;
  testField(`${at}.s3.prefix`, s3('prefix'), {
    good: ['', 'a', 'a/b/', 'team=a/jobs+1', 'a..b', 'x'.repeat(512)],
    bad: [
      ['/a', `${prefix} the text "/a" → Remove the leading /: a prefix is the beginning of a name, no path.`],
      ['a/../b', `${prefix} the text "a/../b" → Write it without . and ..`],
      ['./a', `${prefix} the text "./a" → Write it without . and ..`],
      ['a b', `${prefix} the text "a b"`],
      ['x'.repeat(513), `${prefix} a text of 513 characters`],
    ],
  });

  const endpoint = `${at}.s3.endpoint: expected an address that starts with http:// or https://, found`;
  testField(`${at}.s3.endpoint`, s3('endpoint'), {
    good: [
      'http://minio:9000',
      'https://s3.eu-central-1.amazonaws.com',
      'http://[::1]:9000',
      'http://10.0.0.1/a@b',
    ],
    bad: [
      ['minio:9000', `${endpoint} the text "minio:9000"`],
      ['s3://bucket', `${endpoint} the text "s3://bucket"`],
      ['http://', `${endpoint} the text "http://"`],
      [
        'http://user:hunter2@minio:9000',
        `${endpoint} an address with a user or password in it → Remove what stands before the @ and keep it in a Secret: manifests are no place for credentials.`,
      ],
    ],
  });

  testField(`${at}.s3.region`, s3('region'), {
    good: ['eu-central-1', 'minio', 'r'.repeat(64)],
    bad: [
      [
        'EU West',
        `${at}.s3.region: expected the name of a region, such as eu-central-1, found the text "EU West"`,
      ],
    ],
  });

  testField(`${at}.s3.pathStyle`, s3('pathStyle'), {
    good: [true, false],
    bad: [
      [
        'no',
        `${at}.s3.pathStyle: expected true or false, found the text "no" → YAML 1.2 knows true and false only.`,
      ],
    ],
  });
});

describe('the credentials of a bucket', () => {
  it('are named, never written', () => {
    expect(specOf(s3('credentials')({ secretName: 'minio' })).checkpoint?.store.s3?.credentials).toEqual({
      secretName: 'minio',
      accessKeyId: 'accessKeyId',
      secretAccessKey: 'secretAccessKey',
    });
    expect(problemsOfSpec(s3('credentials')({}))).toEqual([
      `${at}.s3.credentials.secretName: expected the name of a Kubernetes object: lower-case letters, digits, - and ., at most 253 characters, but it is missing`,
    ]);
  });

  it.each(['accessKey', 'accessKeyId', 'secretKey', 'secretAccessKey', 'secretRef'])(
    'are not given beside the bucket as %s',
    (name) => {
      expect(problemsOfSpec(s3(name)('x'))).toEqual([
        `${at}.s3.${name}: there is no such field → Did you mean credentials?`,
      ]);
    },
  );

  it.each(['Minio', 'a_b', '', 'a'.repeat(254)])('are not in a Secret called %j', (secretName) => {
    expect(problemsOfSpec(s3('credentials')({ secretName }))).toHaveLength(1);
  });

  it('are not under a key that no Secret can have', () => {
    expect(problemsOfSpec(s3('credentials')({ secretName: 'a', accessKeyId: 'a/b+c==' }))).toEqual([
      `${at}.s3.credentials.accessKeyId: expected a key of letters, digits, -, _ and ., at most 253 characters, found the text "a/b+c=="`,
    ]);
  });
});

describe('the authority that vouches for a bucket', () => {
  it('is a ConfigMap, by default under the usual key', () => {
    const { certificateAuthority } =
      specOf(s3('certificateAuthority')({ configMapName: 'ca' })).checkpoint?.store.s3 ?? {};
    expect(certificateAuthority).toEqual({ configMapName: 'ca', key: 'ca.crt' });
  });

  it.each(['ca', 'caCert', 'caBundle'])('is not called %s', (name) => {
    expect(problemsOfSpec(s3(name)('x'))).toEqual([
      `${at}.s3.${name}: there is no such field → Did you mean certificateAuthority?`,
    ]);
  });
});
