import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../src/checkpoint/object-store.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { itIsAStore, text } from './conformance.ts';
import { FakeS3, type Fault, s3Refusal } from './fake-s3.ts';
import { impatientSystem, openS3, s3At } from './s3-support.ts';

itIsAStore('S3', async () => {
  const server = new FakeS3();
  const store = await openS3(createNodeSystem(), s3At(await server.listen(), { prefix: 'a/b=c+d' }));
  const close = async (): Promise<void> => {
    await store.close();
    await server.close();
  };
  return { store, close };
});

let server: FakeS3;
let endpoint: string;
let system: ReturnType<typeof impatientSystem>;
let store: ObjectStore;

beforeEach(async () => {
  server = new FakeS3();
  endpoint = await server.listen();
  system = impatientSystem();
  store = await openS3(system, s3At(endpoint));
  server.seen.length = 0;
});
afterEach(async () => {
  await store.close();
  await server.close();
});

/** Lets faults happen to the first requests, in this order; undefined = none. */
const letHappen = (...faults: readonly (Fault | undefined)[]): void => {
  server.fault = (_, number) => faults[number];
};

const failureOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a bucket', () => {
  it('keeps all objects under the prefix and sees no others', async () => {
    server.set('some/prefixed/a', 'another');
    server.set('b', 'another');
    await store.put('a', text('mine'));
    expect(server.keys()).toEqual(['b', 'some/prefix/a', 'some/prefixed/a']);
    expect((await store.list('')).map(({ key }) => key)).toEqual(['a']);
  });

  it('may be used without a prefix', async () => {
    const bare = await openS3(system, s3At(endpoint, { prefix: '' }));
    await bare.put('a', text('mine'));
    expect(server.keys()).toEqual(['a']);
    await bare.close();
  });

  it('gets each object in one request, which says that it must not replace another', async () => {
    await store.putIfAbsent('log/1', new Uint8Array(20_000_000));
    expect(server.seen.map(({ method, key, headers }) => [method, key, headers['if-none-match']])).toEqual([
      ['PUT', 'some/prefix/log/1', '*'],
    ]);
  });

  it('is asked for nothing but objects under the prefix and lists of them', async () => {
    server.pageSize = 2;
    for (const key of ['a', 'b', 'c', 'd', 'e']) await store.put(key, text(key));
    expect(await store.list('')).toHaveLength(5);
    await store.copy('a', 'f');
    await store.remove(['b', 'c']);
    for (const { key, query } of server.seen) {
      expect(key === '' ? query.get('prefix') : key).toMatch(/^some\/prefix\//);
    }
  });
});

describe('an answer that was lost', () => {
  it('is made up for by reading back: the object is ours', async () => {
    letHappen({ kind: 'resetAfter' });
    expect(await store.putIfAbsent('log/1', text('by me'))).toBe('written');
    expect(server.seen.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'GET']);
  });

  it('is made up for by reading back: the object is of another', async () => {
    server.fault = (_, number) => {
      if (number > 0) return undefined;
      server.set('some/prefix/log/1', 'by another');
      return { kind: 'resetBefore' };
    };
    expect(await store.putIfAbsent('log/1', text('by me'))).toBe('exists');
    expect(await store.get('log/1')).toEqual(text('by another'));
  });

  it('costs a second write when nothing was written', async () => {
    letHappen({ kind: 'resetBefore' }, s3Refusal(503, 'SlowDown'));
    expect(await store.putIfAbsent('log/1', text('by me'))).toBe('written');
  });

  it('is of no matter when the reading back needs tries too', async () => {
    letHappen({ kind: 'resetAfter' }, undefined, s3Refusal(500, 'InternalError'));
    expect(await store.putIfAbsent('log/1', text('by me'))).toBe('written');
  });

  it('is told of when the store does not come back: it may have been written', async () => {
    server.fault = () => ({ kind: 'resetAfter' });
    await expect(store.putIfAbsent('log/1', text('by me'))).rejects.toThrow(
      'Whether it was written is not known.',
    );
  });

  it('is not thought of when the first answer says that there is another', async () => {
    server.set('some/prefix/log/1', 'by me');
    expect(await store.putIfAbsent('log/1', text('by me'))).toBe('exists');
  });
});

describe('a store that is not well for a while', () => {
  it.each<[string, Fault]>([
    ['ends the connection before it has read', { kind: 'resetBefore' }],
    ['ends the connection before it has answered', { kind: 'resetAfter' }],
    ['answers half', { kind: 'truncate' }],
    ['answers 429', s3Refusal(429, 'TooManyRequests')],
    ['answers 500', s3Refusal(500, 'InternalError')],
    ['answers 502 with a page of a proxy', { kind: 'answer', status: 502, body: '<html>no</html>' }],
    ['answers 503', s3Refusal(503, 'SlowDown')],
    ['is in a conflict', s3Refusal(409, 'ConditionalRequestConflict')],
    ['did not get all in time', s3Refusal(400, 'RequestTimeout')],
  ])('is asked again when it %s', async (_, fault) => {
    await store.put('a', text('some words'));
    for (const act of [
      () => store.put('b', text('b')),
      () => store.get('a'),
      () => store.getRange('a', 5, 3),
      () => store.list(''),
      () => store.copy('a', 'c'),
      () => store.remove(['d']),
    ]) {
      server.seen.length = 0;
      letHappen(fault, fault);
      await act();
      expect(server.seen).toHaveLength(3);
    }
    server.fault = () => undefined;
    expect(await store.get('c')).toEqual(text('some words'));
  });

  it('is waited for longer each time, up to a bound, and not beyond the budget', async () => {
    server.fault = () => s3Refusal(503, 'SlowDown');
    const before = system.waitedMs().length;
    expect(await failureOf(store.get('a'))).toMatchObject({
      code: 'io',
      message: 'The store could not read a: it is too busy or not well (HTTP 503, at the last of 23 tries).',
      hint: expect.stringContaining('Look at its log'),
      where: { store: `${endpoint}/bucket/some/prefix/`, key: 'a' },
    });
    const waits = system.waitedMs().slice(before);
    expect(waits.slice(0, 6)).toEqual([50, 100, 200, 400, 500, 500]);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(10_000);
  });

  it('gets its connections back, so that many failures do not use them up', async () => {
    server.fault = (_, number) => (number % 2 === 0 ? s3Refusal(503, 'SlowDown') : undefined);
    for (let round = 0; round < 100; round++) await store.put(`a/${round}`, text('a'));
    expect(server.keys()).toHaveLength(100);
  });

  it('is not waited for when it is silent', async () => {
    const hasty = await openS3(system, s3At(endpoint), { idleTimeoutMs: 50 });
    server.seen.length = 0;
    letHappen({ kind: 'silence' });
    await hasty.put('a', text('a'));
    server.fault = () => ({ kind: 'silence' });
    await expect(hasty.get('a')).rejects.toThrow('The store could not read a: it does not answer (ETIMEDOUT');
    await hasty.close();
  });

  it('is not asked again after the store was closed', async () => {
    server.fault = () => {
      void store.close();
      return { kind: 'resetBefore' };
    };
    await expect(store.get('a')).rejects.toThrow('it ends connections before it has answered (ECONNRESET).');
    expect(server.seen).toHaveLength(1);
  });
});

describe('a store that will not', () => {
  it.each<[string, Fault, string, string]>([
    [
      'may not',
      s3Refusal(403, 'AccessDenied'),
      'these credentials may not do that (AccessDenied)',
      's3:PutObject',
    ],
    ['unknown key', s3Refusal(403, 'InvalidAccessKeyId'), 'it does not know the access key', 'mistyped'],
    [
      'wrong secret',
      s3Refusal(403, 'SignatureDoesNotMatch'),
      'the secret access key does not fit',
      'Check the secret',
    ],
    [
      'clock',
      s3Refusal(403, 'RequestTimeTooSkewed'),
      'the clock of this machine and that of the store',
      'NTP',
    ],
    ['no bucket', s3Refusal(404, 'NoSuchBucket'), 'there is no such bucket', 'Create the bucket'],
    ['full', s3Refusal(507, 'XMinioStorageFull'), 'the store is full', 'Make room'],
    ['quota', s3Refusal(400, 'XMinioAdminBucketQuotaExceeded'), 'the store is full', 'raise its quota'],
    ['quota of others', s3Refusal(403, 'QuotaExceeded'), 'the store is full', 'raise its quota'],
    ['too large', s3Refusal(400, 'EntityTooLarge'), 'the object is too large', '64 MiB'],
    [
      'region',
      s3Refusal(400, 'AuthorizationHeaderMalformed'),
      'the bucket is in another region',
      's3.region',
    ],
    [
      'moved',
      { kind: 'answer', status: 301, body: '' },
      'the bucket is in another region (HTTP 301)',
      's3.region',
    ],
    ['unknown', s3Refusal(418, 'ImATeapot'), 'ImATeapot: the words of ImATeapot', 'Look at the log'],
    ['no S3', { kind: 'answer', status: 404, body: '<html>' }, 'HTTP 404: the answer was 404', 'one of S3'],
  ])('is not asked twice (%s), and its reason told with what to do', async (_, fault, why, hint) => {
    server.fault = () => fault;
    const failure = await failureOf(store.put('a', text('a')));
    expect(failure).toMatchObject({
      code: 'io',
      message: expect.stringContaining(`The store could not write a: ${why}`),
      hint: expect.stringContaining(hint),
      where: { store: `${endpoint}/bucket/some/prefix/`, key: 'a' },
    });
    expect(server.seen).toHaveLength(1);
  });

  it('has no bucket: what is asked for is not thought to be missing', async () => {
    const lost = await failureOf(openS3(system, s3At(endpoint, { bucket: 'buckets' })));
    expect(lost).toMatchObject({ message: expect.stringContaining('there is no such bucket') });
    server.fault = () => s3Refusal(404, 'NoSuchBucket');
    for (const act of [
      () => store.get('a'),
      () => store.getRange('a', 0, 1),
      () => store.list(''),
      () => store.copy('a', 'b'),
      () => store.remove(['a']),
    ]) {
      await expect(act()).rejects.toThrow('there is no such bucket');
    }
  });

  it('begins well and fails in the end of a copy', async () => {
    await store.put('a', text('a'));
    server.fault = () => s3Refusal(200, 'AccessDenied');
    await expect(store.copy('a', 'b')).rejects.toThrow('these credentials may not do that');
  });

  it('never comes to the end of a list', async () => {
    server.fault = () => ({
      kind: 'answer',
      status: 200,
      body: '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a</NextContinuationToken></ListBucketResult>',
    });
    await expect(store.list('log/')).rejects.toThrow('it gives the same page again and again');
  });

  it('ignores conditions, and is refused when it is opened', async () => {
    server.ignoresConditions = true;
    await expect(openS3(system, s3At(endpoint))).rejects.toThrow('it ignores the condition (If-None-Match)');
  });

  it('is not there', async () => {
    await server.close();
    await expect(store.get('a')).rejects.toThrow(
      'The store could not read a: it does not answer (ECONNREFUSED',
    );
    server = new FakeS3();
  });
});

it('tells nothing secret in an error, however deep one looks', async () => {
  const echo = 'the-very-secret the-access-key';
  for (const fault of [
    s3Refusal(403, 'SignatureDoesNotMatch', `${echo}</Message><StringToSign>${echo}</StringToSign><Message>`),
    s3Refusal(403, 'InvalidAccessKeyId', `no ${echo}`),
    s3Refusal(503, 'SlowDown', echo),
    { kind: 'resetBefore' } as const,
  ]) {
    server.fault = () => fault;
    const failure = await failureOf(store.put('a', text('a')));
    const shown = inspect(failure, { depth: 20, showHidden: true }) + JSON.stringify(failure);
    expect(shown).not.toMatch(/the-very-secret|the-access-key|Signature=|authorization/);
  }
});
