import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import type { KubeError } from '../../src/kube/errors.ts';
import type { KubeObject, ResourceType } from '../../src/kube/objects.ts';
import type { CallReport, Transport } from '../../src/kube/transport.ts';
import { ScriptedServer, statusBody } from './scripted-server.ts';

interface Thing extends KubeObject {
  readonly kind: 'Thing';
  readonly spec?: { readonly size: number };
  readonly status?: object;
}
const things: ResourceType<Thing> = { group: 'example.org', version: 'v1', kind: 'Thing', plural: 'things' };
const at = { namespace: 'shop', name: 'one' };
const thing: Thing = { apiVersion: 'example.org/v1', kind: 'Thing', metadata: at, spec: { size: 3 } };
const stored = { ...thing, metadata: { ...at, uid: 'u1', resourceVersion: '7' } };
const root = '/apis/example.org/v1/namespaces/shop/things';

let server: ScriptedServer;
let client: Transport;
let reports: CallReport[];

beforeEach(async () => {
  server = await ScriptedServer.start();
  reports = [];
  client = server.client({ onCall: (report) => reports.push(report) });
});
afterEach(() => server.stop());

const failure = (call: Promise<unknown>): Promise<KubeError> =>
  call.then(
    () => expect.fail('the call was not refused'),
    (error: KubeError) => error,
  );

describe('what a call asks', () => {
  it('is the object by its path, with credentials', async () => {
    server.replies.push({ body: stored });
    expect(await client.get(things, at)).toEqual(stored);
    expect(server.asked[0]).toMatchObject({
      method: 'GET',
      path: `${root}/one`,
      headers: { authorization: 'Bearer secret', accept: 'application/json' },
    });
    expect(reports).toMatchObject([{ verb: 'get', resource: 'things', status: 200 }]);
  });

  it('is a creation in the name of the operator', async () => {
    server.replies.push({ status: 201, body: stored });
    expect(await client.create(things, thing)).toEqual(stored);
    expect(server.asked[0]).toMatchObject({ method: 'POST', path: root, body: thing });
    expect(server.asked[0]?.query.toString()).toBe('fieldManager=millrace');
  });

  it('is a forced apply that carries uid and version', async () => {
    server.otherwise = { body: stored };
    await client.apply(things, thing, { uid: 'u1', resourceVersion: '7' });
    await client.applyStatus(things, { ...thing, status: { ready: true } }, { uid: 'u1' });
    const [object, status] = server.asked;
    expect(object).toMatchObject({ method: 'PATCH', path: `${root}/one`, body: stored });
    expect(object?.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(object?.query.toString()).toBe('fieldManager=millrace&force=true');
    expect(status?.path).toBe(`${root}/one/status`);
    expect(status?.body).toEqual({
      ...thing,
      metadata: { ...at, uid: 'u1' },
      status: { ready: true },
    });
  });

  it('is a merge patch that holds only for the object that was read', async () => {
    server.replies.push({ body: stored });
    await client.patch(things, at, { metadata: { finalizers: [] } }, { uid: 'u1', resourceVersion: '7' });
    expect(server.asked[0]?.headers['content-type']).toBe('application/merge-patch+json');
    expect(server.asked[0]?.body).toEqual({ metadata: { finalizers: [], uid: 'u1', resourceVersion: '7' } });
  });

  it('is a deletion in the background of that object and no other', async () => {
    server.replies.push({ body: { kind: 'Status', status: 'Success' } });
    await client.remove(things, at, { uid: 'u1', resourceVersion: '7' });
    expect(server.asked[0]).toMatchObject({
      method: 'DELETE',
      body: { propagationPolicy: 'Background', preconditions: { uid: 'u1', resourceVersion: '7' } },
    });
  });

  it('is a page of a list, whose items say what they are', async () => {
    const { apiVersion: _version, kind: _kind, ...bare } = stored;
    server.replies.push({ body: { metadata: { resourceVersion: '9', continue: 'more' }, items: [bare] } });
    server.replies.push({ body: { metadata: { resourceVersion: '9' }, items: null } });
    const page = await client.list(things, { labelSelector: 'a=b,c', limit: 1 });
    expect(page).toEqual({ items: [stored], resourceVersion: '9', continue: 'more' });
    expect(await client.list(things, { namespace: 'shop', continue: 'more' })).toEqual({
      items: [],
      resourceVersion: '9',
    });
    expect(server.asked[0]?.path).toBe('/apis/example.org/v1/things');
    expect(server.asked[0]?.query.get('labelSelector')).toBe('a=b,c');
    expect(server.asked[0]?.query.has('resourceVersion')).toBe(false);
    expect(server.asked[1]).toMatchObject({ path: root });
    expect(server.asked[1]?.query.get('continue')).toBe('more');
  });

  it('is whether the kind is served', async () => {
    server.replies.push({ body: { resources: [{ name: 'things' }, { name: 'things/status' }] } });
    server.replies.push({ body: { resources: [{ name: 'others' }] } });
    server.replies.push({ status: 404, body: '404 page not found' });
    expect(await client.serves(things)).toBe(true);
    expect(await client.serves(things)).toBe(false);
    expect(await client.serves(things)).toBe(false);
    expect(server.asked[0]?.path).toBe('/apis/example.org/v1');
  });
});

describe('an apply of what was created', () => {
  const owner = (manager: string, operation: string, subresource?: string) => ({
    manager,
    operation,
    ...(subresource === undefined ? {} : { subresource }),
    fieldsV1: { [`f:${manager}-${operation}`]: {} },
  });
  const withOwners = (version: string, ...managedFields: object[]): object => ({
    ...stored,
    metadata: { ...stored.metadata, resourceVersion: version, managedFields },
  });

  it('makes the fields of the creation its own, so that it can take them away', async () => {
    const theirs = owner('kube-controller-manager', 'Update', 'status');
    const created = owner('millrace', 'Update');
    const status = owner('millrace', 'Apply', 'status');
    server.replies.push({ body: withOwners('8', theirs, created, owner('millrace', 'Apply'), status) });
    server.replies.push({ body: withOwners('9', theirs) });
    server.replies.push({ body: withOwners('10', theirs, owner('millrace', 'Apply')) });
    const applied = await client.apply(things, thing, { uid: 'u1', resourceVersion: '7' });
    expect(applied.metadata.resourceVersion).toBe('10');
    expect(server.asked.map(({ body }) => (body as Thing).metadata)).toEqual([
      { ...at, uid: 'u1', resourceVersion: '7' },
      {
        managedFields: [theirs, status, { ...created, operation: 'Apply' }],
        uid: 'u1',
        resourceVersion: '8',
      },
      { ...at, uid: 'u1', resourceVersion: '9' },
    ]);
  });

  it('is one call where that was done before', async () => {
    server.replies.push({
      body: withOwners('8', owner('millrace', 'Apply'), owner('kubectl-edit', 'Update')),
    });
    await client.apply(things, thing, { uid: 'u1', resourceVersion: '7' });
    expect(server.asked).toHaveLength(1);
  });
});

describe('an answer that is no success', () => {
  it('is nothing when the object is not there, and an error when the kind is not', async () => {
    expect(await client.get(things, at)).toBeUndefined();
    await client.remove(things, at, { uid: 'u1' });
    server.otherwise = { status: 404, body: '404 page not found' };
    expect(await failure(client.get(things, at))).toMatchObject({ code: 'notFound' });
    expect(await failure(client.remove(things, at, { uid: 'u1' }))).toMatchObject({ code: 'notFound' });
  });

  it.each([
    [400, 'BadRequest', 'invalid', false],
    [403, 'Forbidden', 'forbidden', false],
    [408, 'Timeout', 'unavailable', true],
    [409, 'AlreadyExists', 'alreadyExists', false],
    [409, 'Conflict', 'conflict', true],
    [410, 'Expired', 'gone', false],
    [422, 'Invalid', 'invalid', false],
    [429, 'TooManyRequests', 'throttled', true],
    [500, 'InternalError', 'unavailable', true],
    [503, 'ServiceUnavailable', 'unavailable', true],
    [504, 'Timeout', 'unavailable', true],
  ] as const)('of %i %s is %s', async (status, reason, code, isRetryable) => {
    server.otherwise = { status, body: statusBody(status, reason, 'the reason in words') };
    const error = await failure(client.create(things, thing));
    expect(error).toMatchObject({ code, status, isRetryable });
    expect(error.message).toBe(
      `The API server refused to create Thing shop/one (${status} ${reason}): the reason in words`,
    );
  });

  it('is a conflict when a patch was meant for another object of that name', async () => {
    const causes = [{ reason: 'FieldValueInvalid', field: 'metadata.uid' }];
    server.otherwise = { status: 422, body: statusBody(422, 'Invalid', 'field is immutable', { causes }) };
    expect(await failure(client.patch(things, at, {}, { uid: 'u1' }))).toMatchObject({ code: 'conflict' });
  });

  it('says when to come back, in its body or its head', async () => {
    server.replies.push({
      status: 429,
      headers: { 'retry-after': '1' },
      body: statusBody(429, 'TooManyRequests', 'later', { retryAfterSeconds: 5 }),
    });
    server.replies.push({ status: 503, headers: { 'retry-after': '2' }, body: 'busy' });
    server.replies.push({ status: 503, headers: { 'retry-after': 'Sat, 1 Jan' }, body: 'busy' });
    expect((await failure(client.list(things))).retryAfterMs).toBe(5000);
    expect(await failure(client.list(things))).toMatchObject({
      retryAfterMs: 2000,
      message: 'The API server refused to list things (503): busy',
    });
    expect((await failure(client.list(things))).retryAfterMs).toBeUndefined();
  });

  it('is an error without an end when it is no JSON', async () => {
    server.replies.push({ body: '<html>a portal of the hotel' });
    server.replies.push({ status: 502, body: `<html>${'x'.repeat(5000)}` });
    expect(await failure(client.list(things))).toMatchObject({ code: 'unavailable' });
    const error = await failure(client.list(things));
    expect(error).toMatchObject({ code: 'unavailable', status: 502 });
    expect(error.message.length).toBeLessThan(1200);
  });
});

describe('an answer that does not come', () => {
  it('is waited for no longer than the limit', async () => {
    server.otherwise = () => undefined;
    const hasty = server.client({ callTimeoutMs: 30 });
    expect(await failure(hasty.get(things, at))).toMatchObject({
      code: 'unavailable',
      status: 0,
      message: 'The API server did not answer to get Thing shop/one: it took more than 30 ms',
    });
  });

  it('is an error when it breaks off in the middle, or the server is not there', async () => {
    server.replies.push((response, { socket }) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('{"half":', () => socket.destroy());
    });
    expect(await failure(client.get(things, at))).toMatchObject({ code: 'unavailable' });
    await server.stop();
    const gone = server.client({
      access: {
        current: async () => ({ origin: 'http://127.0.0.1:1', headers: {} }),
        refused: () => undefined,
      },
    });
    expect(await failure(gone.get(things, at))).toMatchObject({ code: 'unavailable', status: 0 });
  });

  it('is asked for again on a connection that was just being closed, when nothing can have been changed', async () => {
    const slam = (_: unknown, { socket }: { socket: { destroy(): void } }): void => socket.destroy();
    server.replies.push({ body: stored }, slam, { body: stored });
    await client.get(things, at);
    expect(await client.get(things, at)).toEqual(stored);
    server.replies.push(slam, { body: stored });
    expect(await failure(client.create(things, thing))).toMatchObject({ code: 'unavailable' });
    expect(server.asked).toHaveLength(4);
  });
});

describe('credentials that are refused', () => {
  const sourceOf = (tokens: string[]): { readonly client: Transport; readonly refusals: () => number } => {
    let refusals = 0;
    const access = {
      current: async () => ({ origin: server.origin, headers: { authorization: `Bearer ${tokens[0]}` } }),
      refused: () => {
        refusals++;
        tokens.shift();
      },
    };
    return { client: server.client({ access }), refusals: () => refusals };
  };

  it('are made anew once, and the call is made again', async () => {
    const { client: renewing, refusals } = sourceOf(['old', 'new']);
    server.otherwise = (response, { headers }) => {
      const good = headers.authorization === 'Bearer new';
      response.writeHead(good ? 200 : 401);
      response.end(JSON.stringify(good ? stored : statusBody(401, 'Unauthorized', 'who are you')));
    };
    expect(await renewing.create(things, thing)).toEqual(stored);
    expect(refusals()).toBe(1);
  });

  it('are told when new ones are refused too, or cannot be had', async () => {
    const { client: renewing } = sourceOf(['old', 'older', 'oldest']);
    server.otherwise = { status: 401, body: statusBody(401, 'Unauthorized', 'who are you') };
    expect(await failure(renewing.get(things, at))).toMatchObject({ code: 'unauthorized', status: 401 });
    expect(server.asked).toHaveLength(2);
    const current = (): Promise<never> => Promise.reject(new Error('no such file'));
    const without = server.client({ access: { current, refused: () => undefined } });
    expect(await failure(without.get(things, at))).toMatchObject({
      code: 'unauthorized',
      message: 'There are no credentials to get Thing shop/one: no such file',
    });
  });

  it('of TLS make a connection of their own, and what is under way on the old one goes on', async () => {
    let serverName = 'one';
    const access = {
      current: async () => ({ origin: server.origin, headers: {}, tls: { serverName } }),
      refused: () => undefined,
    };
    const changing = server.client({ access, system: createNodeSystem() });
    let finish = (): void => undefined;
    server.replies.push((response) => {
      finish = () => response.end(JSON.stringify(stored));
    });
    const slow = changing.get(things, at);
    await server.whenAsked(1);
    serverName = 'two';
    server.replies.push({ body: stored });
    expect(await changing.get(things, at)).toEqual(stored);
    finish();
    expect(await slow).toEqual(stored);
    expect(server.connections).toBe(2);
  });
});
