import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type HttpIngestOptions, httpIngest } from '../../../src/connectors/http/index.ts';
import { type Listener, listen } from './post-to-job.ts';

const listeners: Listener[] = [];
const start = async (options: Partial<HttpIngestOptions<unknown>> = {}): Promise<Listener> => {
  const listener = await listen(options);
  listeners.push(listener);
  return listener;
};

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

describe('what is posted to a job', () => {
  it('becomes records, one a line, in the order of the posts', async () => {
    const job = await start();
    expect(await job.post('{"a":1}\n{"a":2}\n')).toMatchObject({ status: 202, body: { accepted: 2 } });
    expect(await job.post('\r\n  \n[3]\n"four"')).toMatchObject({ status: 202, body: { accepted: 2 } });
    expect(job.wakes()).toBe(2);
    expect(job.take()).toEqual({ result: 'more', records: [{ a: 1 }, { a: 2 }] });
    expect(job.take()).toEqual({ result: 'more', records: [[3], 'four'] });
    expect(job.take()).toEqual({ result: 'waiting', records: [] });
  });

  it('may be empty, and may be compressed', async () => {
    const job = await start();
    expect(await job.post('')).toMatchObject({ status: 202, body: { accepted: 0 } });
    const headers = { 'content-encoding': 'gzip' };
    expect(await job.post(new Uint8Array(gzipSync('{"a":1}\n')), { headers })).toMatchObject({ status: 202 });
    expect(job.take().records).toEqual([{ a: 1 }]);
  });

  it('is whatever the schema makes of it', async () => {
    const job = await start({
      schema: z.object({ price: z.number(), tags: z.array(z.string()).default([]) }),
    });
    expect((await job.post('{"price":1,"other":2}')).status).toBe(202);
    expect(job.take().records).toEqual([{ price: 1, tags: [] }]);
  });

  it('keeps a field called __proto__ a field', async () => {
    const job = await start();
    expect((await job.post('{"__proto__":{"admin":true}}')).status).toBe(202);
    const [record] = job.take().records as [Record<string, unknown>];
    expect(Object.keys(record)).toEqual(['__proto__']);
    expect(record['admin']).toBeUndefined();
  });
});

describe('a post that is refused leaves nothing of itself, and is told why:', () => {
  it('a malformed line by its number', async () => {
    const job = await start();
    const answer = await job.post('{"a":1}\n\n{"a":}\n');
    expect(answer).toMatchObject({ status: 400, body: { line: 3 } });
    expect((answer.body as { error: string }).error).toContain('JSON');
    expect(job.take()).toEqual({ result: 'waiting', records: [] });
  });

  it('a record that does not fit the schema by line and field', async () => {
    const job = await start({
      schema: z.object({ price: z.number(), size: z.object({ width: z.number() }) }),
    });
    const body = '{"price":1,"size":{"width":1}}\n{"price":1,"size":{"width":"wide"}}';
    const answer = await job.post(body);
    expect(answer).toMatchObject({ status: 400, body: { line: 2 } });
    expect((answer.body as { error: string }).error).toMatch(/^field size\.width: /);
    expect(await job.post('7')).toMatchObject({ status: 400, body: { line: 1 } });
    expect(job.take().records).toEqual([]);
  });

  it('bytes that are not UTF-8', async () => {
    const job = await start();
    const answer = await job.post(Uint8Array.of(0x22, 0xff, 0x22));
    expect(answer).toMatchObject({ status: 400, body: { error: 'the body is not valid UTF-8' } });
  });

  it('a record nested deeper than a record may be', async () => {
    const job = await start();
    const answer = await job.post(`{"a":1}\n${'['.repeat(5000)}${']'.repeat(5000)}`);
    expect(answer).toMatchObject({ status: 400, body: { line: 2 } });
    expect((await job.post('['.repeat(200_000))).status).toBe(400);
    expect(job.take().records).toEqual([]);
  });

  it('a body over the limit, also when it is small only while compressed', async () => {
    const job = await start({ maximumBodyBytes: 1000 });
    expect((await job.post(`"${'x'.repeat(998)}"`)).status).toBe(202);
    const answer = await job.post(`"${'x'.repeat(999)}"`);
    expect(answer).toMatchObject({ status: 413, body: { error: 'a body may have 1000 bytes' } });
    const headers = { 'content-encoding': 'gzip' };
    const bomb = new Uint8Array(gzipSync(`"${'x'.repeat(100_000)}"`));
    expect(bomb.length).toBeLessThan(1000);
    expect((await job.post(bomb, { headers })).status).toBe(413);
  });

  it('an unknown compression, and bytes that are not what they say', async () => {
    const job = await start();
    expect((await job.post('{}', { headers: { 'content-encoding': 'rot13' } })).status).toBe(415);
    expect((await job.post('{}', { headers: { 'content-encoding': 'gzip' } })).status).toBe(400);
  });

  it('another method or path', async () => {
    const job = await start();
    const answer = await job.request('/records');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await job.request('/elsewhere', { method: 'POST', body: '{}' })).status).toBe(404);
  });

  it('a missing or wrong token', async () => {
    const token = 'a-token-of-some-length';
    const job = await start({ token, path: '/in' });
    const answer = await job.post('{"a":1}');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    const withToken = (text: string): RequestInit => ({ headers: { authorization: `Bearer ${text}` } });
    expect((await job.post('{"a":1}', withToken('a-token-of-some-lengt'))).status).toBe(401);
    expect(job.take().records).toEqual([]);
    expect((await job.post('{"a":1}', withToken(token))).status).toBe(202);
    expect(job.take().records).toEqual([{ a: 1 }]);
  });
});

describe('a job that is behind', () => {
  it('answers 429 and when to come again, takes nothing of the post, and takes it later', async () => {
    const job = await start({ maximumQueuedRecords: 3 });
    expect((await job.post('1\n2')).status).toBe(202);
    const answer = await job.post('3\n4');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await job.post('5')).status).toBe(202);
    expect(job.take().records).toEqual([1, 2]);
    expect((await job.post('3\n4')).status).toBe(202);
    expect([job.take().records, job.take().records]).toEqual([[5], [3, 4]]);
  });

  it('takes a post larger than its queue when it is empty, so that no post is refused for ever', async () => {
    const job = await start({ maximumQueuedRecords: 2 });
    expect((await job.post('1\n2\n3')).status).toBe(202);
    expect((await job.post('4')).status).toBe(429);
    expect(job.take().records).toEqual([1, 2, 3]);
  });

  it('tells how many records wait', async () => {
    const job = await start();
    await job.post('1\n2');
    expect(await job.request('/health')).toMatchObject({ status: 200, body: { queuedRecords: 2 } });
    job.take();
    expect(await job.request('/health')).toMatchObject({ body: { queuedRecords: 0 } });
  });
});

describe('a job that stops', () => {
  it('still takes what it said it has, and refuses what comes after', async () => {
    const job = await start();
    await job.post('1');
    await job.post('2');
    job.stop();
    expect((await job.post('3')).status).toBe(503);
    expect([job.take(), job.take(), job.take()]).toEqual([
      { result: 'more', records: [1] },
      { result: 'more', records: [2] },
      { result: 'end', records: [] },
    ]);
  });

  it('lets go of its port', async () => {
    const job = await listen();
    await job.post('1');
    await job.close();
    await expect(fetch(job.url)).rejects.toThrow('fetch failed');
  });
});

describe('httpIngest', () => {
  it('listens only to this machine unless told otherwise', async () => {
    expect((await start()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/records$/);
  });

  it('says what to do when its port is taken', async () => {
    const { port } = new URL((await start()).url);
    await expect(listen({ port: Number(port) })).rejects.toMatchObject({
      code: 'io',
      hint: 'Give another port, or 0 for a free one.',
      where: { transform: 'httpIngest' },
    });
  });

  it('refuses acknowledgement by checkpoint by name, and other options that cannot be', () => {
    const create = (options: object) => () => httpIngest({ port: 0, ...options });
    expect(create({ ack: 'checkpoint' })).toThrow(/ack: checkpoint needs checkpoints/);
    expect(create({ port: 70_000 })).toThrow(/port/);
    expect(create({ path: 'records' })).toThrow(/a path like \/records/);
    expect(create({ token: 'short' })).toThrow(/at least 16 characters/);
    expect(create({ maximumBodyBytes: 0 })).toThrow(/maximumBodyBytes/);
    expect(create({ shema: {} })).toThrow(/shema/);
  });
});
