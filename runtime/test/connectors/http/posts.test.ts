import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseBody } from '../../../src/connectors/http/parse-body.ts';
import { RecordQueue } from '../../../src/connectors/http/record-queue.ts';
import { type Listener, listen } from './post-to-job.ts';

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const badLines = ['{', '[1', '{"a":}', '01', 'nope', '"', '{"a":1}}', "{'a':1}", '\u0001'];
const line = fc.oneof(
  { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '\t', '\r') },
  { weight: 1, arbitrary: fc.constantFrom(...badLines) },
);

/** What a body comes to, line by line, by JSON.parse alone. */
const byJsonParse = (
  lines: readonly string[],
): { readonly texts: readonly string[]; readonly badLine: number } => {
  const texts: string[] = [];
  for (const [i, text] of lines.entries()) {
    if (text.trim() === '') continue;
    try {
      texts.push(JSON.stringify(JSON.parse(text)));
    } catch {
      return { texts: [], badLine: i + 1 };
    }
  }
  return { texts, badLine: 0 };
};

describe('the body of a post', () => {
  it('is what JSON.parse makes of its lines, or refused at its first bad line', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (...given) => {
          const [lines, lineEnd, ended] = given;
          const body = parseBody(bytesOf(lines.join(lineEnd) + (ended ? lineEnd : '')), undefined);
          const expected = byJsonParse(lines);
          if (body.ok) expect(body.records.map((record) => JSON.stringify(record))).toEqual(expected.texts);
          else expect(body.line).toBe(expected.badLine);
          expect(body.ok).toBe(expected.badLine === 0);
        },
      ),
      { seed: 81, numRuns: 1000 },
    );
  });

  it('is what the schema makes of its lines, or refused at the first that does not fit, with the field', () => {
    const schema = z.object({ n: z.number(), tags: z.array(z.string()).default([]) });
    const record = fc.oneof(
      fc.record({ n: fc.integer() }),
      fc.record({ n: fc.string(), tags: fc.constant([]) }),
    );
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), (records) => {
        const body = parseBody(bytesOf(records.map((one) => JSON.stringify(one)).join('\n')), schema);
        const bad = records.findIndex(({ n }) => typeof n === 'string');
        if (bad < 0) expect(body).toEqual({ ok: true, records: records.map(({ n }) => ({ n, tags: [] })) });
        else
          expect(body).toMatchObject({
            ok: false,
            line: bad + 1,
            reason: expect.stringMatching(/^field n: /) as string,
          });
      }),
      { seed: 82 },
    );
  });
});

describe('the queue of records that were posted', () => {
  it('takes a post whole or not at all, keeps the order, and is never fuller than it may be but by one post', () => {
    const step = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant('take' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (steps, most) => {
        const queue = new RecordQueue(most);
        const model: number[][] = [];
        let next = 0;
        for (const action of steps) {
          const held = model.flat().length;
          expect(queue.length).toBe(held);
          if (action === 'take') {
            expect(queue.take()).toEqual(model.shift());
            continue;
          }
          const post = Array.from({ length: action }, () => next++);
          const taken = queue.offer(post);
          expect(taken).toBe(held === 0 || held + action <= most);
          if (taken && action > 0) model.push(post);
        }
      }),
      { seed: 83 },
    );
  });

  it('can be emptied after it was closed', () => {
    const queue = new RecordQueue(10);
    queue.offer([1, 2]);
    queue.close();
    expect([queue.isOpen, queue.take(), queue.take()]).toEqual([false, [1, 2], undefined]);
  });
});

describe('programs that post to a job', () => {
  let job: Listener;
  beforeEach(async () => {
    job = await listen({ maximumQueuedRecords: 20, maximumBodyBytes: 2000, token: 'a secret of the test' });
  });
  afterEach(() => job.close());
  const authorized = { authorization: 'Bearer a secret of the test' };

  it('and send again what was refused get every record in once, in their order, whatever is refused', async () => {
    const posts = Array.from({ length: 30 }, (_, post) => Array.from({ length: 7 }, (__, i) => post * 7 + i));
    const taken: unknown[] = [];
    const statuses = new Set<number>();
    for (const post of posts) {
      for (let sent = false; !sent; ) {
        const answer = await job.post(post.join('\n'), { headers: authorized });
        statuses.add(answer.status);
        sent = answer.status === 202;
        if (!sent) {
          expect(answer).toMatchObject({
            status: 429,
            body: { error: expect.stringContaining('behind') as string },
          });
          expect(answer.headers.get('retry-after')).toBe('1');
          taken.push(...job.take().records);
        }
      }
    }
    for (let polled = job.take(); polled.result === 'more'; polled = job.take())
      taken.push(...polled.records);
    expect([...statuses].sort()).toEqual([202, 429]);
    expect(taken).toEqual(posts.flat());
  });

  it.each<[string, number, RequestInit & { readonly body: string | Uint8Array<ArrayBuffer> }]>([
    ['without a token', 401, { body: '1' }],
    ['with another token', 401, { body: '1', headers: { authorization: 'Bearer a secret of the tes' } }],
    ['with a bad line', 400, { body: '1\n{', headers: authorized }],
    ['with bytes that are no text', 400, { body: Uint8Array.of(0xff), headers: authorized }],
    ['with too many bytes', 413, { body: 'x'.repeat(2001), headers: authorized }],
    [
      'with too many bytes once unpacked',
      413,
      {
        body: new Uint8Array(gzipSync(`"${'x'.repeat(50_000)}"`)),
        headers: { ...authorized, 'content-encoding': 'gzip' },
      },
    ],
    [
      'packed in a way that nobody knows',
      415,
      { body: '1', headers: { ...authorized, 'content-encoding': 'rot13' } },
    ],
    ['packed badly', 400, { body: 'no gzip', headers: { ...authorized, 'content-encoding': 'gzip' } }],
  ])(
    '%s are told %i, leave nothing, and the next post is taken',
    async (_name, status, { body, ...init }) => {
      const answer = await job.post(body, init);
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ error: expect.stringMatching(/\w/) as string });
      expect(job.wakes()).toBe(0);
      expect(job.take()).toEqual({ result: 'waiting', records: [] });
      expect(await job.post('7', { headers: authorized })).toMatchObject({ status: 202 });
      expect(job.take().records).toEqual([7]);
    },
  );

  it('at the same time are each taken whole', async () => {
    const posts = Array.from({ length: 8 }, (_, post) => [post * 2, post * 2 + 1]);
    await Promise.all(posts.map((post) => job.post(post.join('\n'), { headers: authorized })));
    const batches: (readonly unknown[])[] = [];
    for (let polled = job.take(); polled.result === 'more'; polled = job.take()) batches.push(polled.records);
    expect(batches.map((batch) => batch.length)).toEqual(posts.map(() => 2));
    for (const batch of batches) expect(posts).toContainEqual(batch);
    expect(
      batches
        .flat()
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(posts.flat());
  });

  it('when it stops are told so, and what was taken is given before the end', async () => {
    await job.post('1\n2', { headers: authorized });
    job.stop();
    expect(await job.post('3', { headers: authorized })).toMatchObject({ status: 503 });
    expect(job.take()).toEqual({ result: 'more', records: [1, 2] });
    expect(job.take()).toEqual({ result: 'end', records: [] });
  });
});
