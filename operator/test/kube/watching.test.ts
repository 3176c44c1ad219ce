import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchEvent, WatchListener } from '../../src/kube/client.ts';
import type { KubeError } from '../../src/kube/errors.ts';
import type { KubeObject, ResourceType } from '../../src/kube/objects.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { eventLines, ScriptedServer, statusBody } from './scripted-server.ts';

const things: ResourceType = { group: '', version: 'v1', kind: 'Thing', plural: 'things' };
const thing = (name: string, resourceVersion = '1'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, namespace: 'shop', uid: name, resourceVersion },
});

let server: ScriptedServer;
let client: Transport;
beforeEach(async () => {
  server = await ScriptedServer.start();
  client = server.client();
});
afterEach(() => server.stop());

/** Follows one watch and keeps what it tells. */
class Follower implements WatchListener<KubeObject> {
  readonly events: WatchEvent<KubeObject>[] = [];
  readonly ended: Promise<KubeError | undefined>;
  #end: (error: KubeError | undefined) => void = () => undefined;
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  ends = 0;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async whenTold(count: number): Promise<void> {
    if (this.events.length >= count) return;
    await new Promise<void>((resolve) => void this.#waiting.push({ count, resolve }));
  }

  onEvent(event: WatchEvent<KubeObject>): void {
    this.events.push(event);
    for (const { count, resolve } of this.#waiting) if (this.events.length >= count) resolve();
  }

  onEnded(error: KubeError | undefined): void {
    this.ends++;
    this.#end(error);
  }
}

const follow = (timeoutSeconds = 60, watching = client): Follower & { close(): void } => {
  const follower = new Follower();
  const options = { namespace: 'shop', labelSelector: 'a=b', resourceVersion: '5', timeoutSeconds };
  const watch = watching.watch(things, options, follower);
  return Object.assign(follower, { close: () => watch.close() });
};

/** Sends the bytes one by one, so that no character and no line comes whole. */
const dribble = async (response: ServerResponse, text: string): Promise<void> => {
  for (const byte of Buffer.from(text)) {
    await new Promise<void>((sent) => void response.write(Buffer.of(byte), () => sent()));
  }
};

describe('a watch', () => {
  it('asks for bookmarks and for what is newer than a version, and ends in good order', async () => {
    server.replies.push({
      body: eventLines(
        ['ADDED', thing('one', '6')],
        ['MODIFIED', thing('one', '7')],
        ['BOOKMARK', { kind: 'Thing', metadata: { resourceVersion: '9' } }],
        ['DELETED', thing('one', '10')],
      ),
    });
    const followed = follow();
    expect(await followed.ended).toBeUndefined();
    expect(followed.events).toEqual([
      { type: 'ADDED', object: thing('one', '6') },
      { type: 'MODIFIED', object: thing('one', '7') },
      { type: 'BOOKMARK', resourceVersion: '9' },
      { type: 'DELETED', object: thing('one', '10') },
    ]);
    expect(server.asked[0]?.path).toBe('/api/v1/namespaces/shop/things');
    expect(Object.fromEntries(server.asked[0]?.query ?? [])).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '5',
      timeoutSeconds: '60',
      labelSelector: 'a=b',
    });
  });

  it('tells each event when its line is there, however the bytes are cut', async () => {
    server.replies.push((response) => void dribble(response, eventLines(['ADDED', thing('größe-日本')])));
    const followed = follow();
    await followed.whenTold(1);
    expect(followed.events[0]).toEqual({ type: 'ADDED', object: thing('größe-日本') });
    followed.close();
  });

  it('tells nothing any more once it is closed', async () => {
    let send = (_text: string): void => undefined;
    server.replies.push((response) => {
      send = (text) => void response.write(text);
      send(eventLines(['ADDED', thing('one')]));
    });
    const followed = follow();
    await followed.whenTold(1);
    const gone = new Promise<void>((resolve) => void server.asked[0]?.socket.once('close', () => resolve()));
    followed.close();
    followed.close();
    send(eventLines(['ADDED', thing('two')]));
    await gone;
    expect(followed).toMatchObject({ events: { length: 1 }, ends: 0 });
  });

  it('that is closed before it has begun asks for nothing', async () => {
    const followed = follow();
    followed.close();
    await client.serves(things);
    expect(server.asked.map(({ path }) => path)).toEqual(['/api/v1']);
  });
});

describe('a watch that fails', () => {
  it('says that its version is forgotten, told in an event or at once', async () => {
    server.replies.push({
      body: eventLines(
        ['ADDED', thing('one')],
        ['ERROR', statusBody(410, 'Expired', 'too old')],
        ['ADDED', thing('two')],
      ),
    });
    const told = follow();
    expect(await told.ended).toMatchObject({ code: 'gone', status: 410 });
    expect(told.events).toHaveLength(1);
    server.replies.push({ status: 410, body: statusBody(410, 'Gone', 'too old') });
    expect(await follow().ended).toMatchObject({ code: 'gone' });
  });

  it('says so when it is refused, with the time to wait', async () => {
    server.replies.push({ status: 403, body: statusBody(403, 'Forbidden', 'not yours') });
    server.replies.push({ status: 429, headers: { 'retry-after': '3' }, body: 'too much' });
    server.replies.push({ status: 401, body: statusBody(401, 'Unauthorized', 'who') });
    expect(await follow().ended).toMatchObject({ code: 'forbidden' });
    expect(await follow().ended).toMatchObject({ code: 'throttled', retryAfterMs: 3000 });
    expect(await follow().ended).toMatchObject({ code: 'unauthorized' });
  });

  it('is no good end when the connection is reset, or an event is cut off', async () => {
    server.replies.push((response, { socket }) => {
      response.write(eventLines(['ADDED', thing('one')]), () => socket.destroy());
    });
    server.replies.push({ body: eventLines(['ADDED', thing('one')]).slice(0, -10) });
    expect(await follow().ended).toMatchObject({ code: 'unavailable' });
    const cut = follow();
    expect(await cut.ended).toMatchObject({
      code: 'unavailable',
      message: 'The API server did not answer to watch things in shop: it broke off within an event',
    });
    expect(cut.events).toHaveLength(0);
  });

  it.each([
    ['no JSON', 'oops\n'],
    ['an unknown type', eventLines(['REPLACED', thing('one')])],
    ['an event without an end', '{"type":"ADDED","object":"'.padEnd(17 * 1024 * 1024, 'x')],
  ])('ends at %s', async (_, body) => {
    server.replies.push({ body });
    expect(await follow().ended).toMatchObject({ code: 'unavailable' });
  });

  it('ends when the server never says that it has begun', async () => {
    server.replies.push(() => undefined);
    expect(await follow(60, server.client({ callTimeoutMs: 30 })).ended).toMatchObject({
      code: 'unavailable',
      message: 'The API server did not answer to watch things in shop: it took more than 30 ms',
    });
  });

  it('ends when there are no credentials', async () => {
    const current = (): Promise<never> => Promise.reject(new Error('no such file'));
    const without = server.client({ access: { current, refused: () => undefined } });
    expect(await follow(60, without).ended).toMatchObject({ code: 'unauthorized' });
  });
});
