import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { callOf, createAsk } from '../../../src/contract/control/client.ts';
import { openApiDocument } from '../../../src/contract/control/openapi.ts';
import type { Operation, Operations } from '../../../src/contract/control/operations.ts';
import { problemSchema } from '../../../src/contract/control/problem.ts';
import { type Route, routes } from '../../../src/contract/control/routes.ts';
import { replies } from './fake-control.ts';
import { type Answer, type Served, serve } from './serve.ts';

/** One question to each operation. */
const requests: { readonly [O in Operation]: Operations[O]['request'] } = {
  getStatus: {},
  getGraph: {},
  listTasks: {},
  getTask: { task: 3 },
  listWorkers: {},
  listFailures: {},
  listCheckpoints: {},
  getCheckpoint: { checkpoint: 7 },
  triggerCheckpoint: {},
  listSavepoints: {},
  createSavepoint: { name: 'before' },
  getSavepoint: { savepoint: 'before' },
  disposeSavepoint: { savepoint: 'before' },
  getParallelism: {},
  setParallelism: { parallelism: 4, sequence: 9 },
  configure: {
    name: 's1',
    settings: { restart: { strategy: 'None' } },
    sequence: 9,
  },
  getNextDeployment: {},
  planDeployment: { revision: 'r2', artifact: 'ab'.repeat(32), sequence: 1 },
  prepareDeployment: { revision: 'r2' },
  approveDeployment: { revision: 'r2', sequence: 2 },
  rollBackDeployment: { revision: 'r1' },
  takeOver: { revision: 'r2', sequence: 3 },
  handOver: { to: 'r2', sequence: 3 },
  getHandOver: {},
  stop: { savepoint: true, name: 'last' },
  drain: { savepoint: false },
  suspend: {},
  resume: {},
  cancel: {},
  queryState: { transform: 'the counts/ü', state: 'total?', key: '{"user":"a&b"}' },
  profileSlot: { slot: 1, durationMs: 500 },
  dumpHeap: { slot: 0 },
};

const operations = Object.keys(requests) as Operation[];
const bodied = operations.filter((name) => ['post', 'put'].includes(routes[name].method));

let served: Served;
beforeEach(async () => {
  // Each test asks more often than a person.
  served = await serve({ rateLimit: { burst: 10_000, perSecond: 1 } });
});

const send = async (call: { method: string; path: string; body?: string }): Promise<Answer> =>
  served.ask(call.path, {
    method: call.method,
    ...(call.body === undefined ? {} : { body: call.body, headers: { 'content-type': 'application/json' } }),
  });

describe('every operation', () => {
  it.each(operations)(
    '%s reaches the job as it was asked, and its answer comes back as described',
    async (name) => {
      const answer = await send(callOf(name, requests[name]));
      const route = routes[name] as Route<unknown, unknown>;
      expect(answer.status, answer.text).toBe(route.status);
      expect(served.fake.asked).toEqual([{ operation: name, request: requests[name] }]);
      if (route.reply === 'download') return;
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(route.reply.parse(answer.json)).toEqual(replies[name]());
      expect(answer.json).toEqual(replies[name]());
    },
  );

  it.each(operations)('%s passes on what the job refuses, with code, hint and place', async (name) => {
    served.fake.refuseWith('conflict', 'It cannot be now.', { hint: 'Wait.', where: { checkpoint: 3 } });
    const answer = await send(callOf(name, requests[name]));
    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(problemSchema.parse(answer.json)).toEqual({
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: 'It cannot be now.',
      code: 'conflict',
      hint: 'Wait.',
      where: { checkpoint: 3 },
    });
  });

  it('can be asked by the client of the contract', async () => {
    const ask = createAsk(async (call) => {
      const { status, text } = await send(call);
      return { status, body: text };
    });
    expect(await ask('setParallelism', { parallelism: 3 })).toEqual(replies.setParallelism());
    served.fake.refuseWith('unsupported', 'Not in a local job.');
    await expect(ask('suspend', {})).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('a download', () => {
  it('comes as a file, in the parts in which it is made', async () => {
    const answer = await send(callOf('profileSlot', requests.profileSlot));
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename=profile.json');
    expect(answer.text).toBe('{"is":"profile"}');
  });

  it('that breaks off is cut off, so that nobody takes the half for the whole', async () => {
    served.fake.instead = () => ({
      fileName: 'half',
      chunks: (async function* () {
        yield Buffer.alloc(100_000);
        throw new Error('The slot is gone.');
      })(),
    });
    await expect(send(callOf('dumpHeap', { slot: 0 }))).rejects.toThrow('terminated');
    expect(served.log()).toContain('broke off');
  });
});

describe('a question that is not as described', () => {
  const refused = async (answer: Promise<Answer>, status: number, detail: RegExp): Promise<void> => {
    const { status: got, json, headers } = await answer;
    expect(problemSchema.parse(json)).toMatchObject({ status, detail: expect.stringMatching(detail) });
    expect([got, headers.get('content-type')]).toEqual([status, 'application/problem+json; charset=utf-8']);
    expect(served.fake.asked).toEqual([]);
  };

  it('is refused with the field that is wrong', async () => {
    await refused(served.send('PUT', '/v1/parallelism', { parallelism: 0 }), 400, /^parallelism: /);
    await refused(served.send('PUT', '/v1/parallelism', { parallelism: '4' }), 400, /^parallelism: /);
    await refused(served.send('PUT', '/v1/parallelism', {}), 400, /^parallelism: /);
    await refused(served.send('POST', '/v1/savepoints', { name: '../up' }), 400, /^name: .*letters/);
    await refused(served.send('POST', '/v1/cancel', { now: true }), 400, /"now"/);
    await refused(served.ask('/v1/tasks/one'), 400, /^task: expected a whole number/);
    await refused(served.ask('/v1/tasks/70000'), 400, /^task: /);
    await refused(served.ask('/v1/status?verbose=1'), 400, /"verbose"/);
    await refused(served.ask('/v1/state/a/b'), 400, /^key: /);
    await refused(served.ask('/v1/state/a/b?key=1&key=2'), 400, /^key: /);
    await refused(served.send('POST', '/v1/slots/1/heap-snapshot', { slot: 2 }), 400, /again beside it/);
  });

  it('is refused when its body is no JSON object', async () => {
    const post = (body: string, type = 'application/json') =>
      served.ask('/v1/cancel', { method: 'POST', body, headers: { 'content-type': type } });
    await refused(post('{"a":'), 400, /cannot be read/);
    await refused(post('[]'), 400, /must be a JSON object/);
    await refused(post('7'), 400, /cannot be read/);
    await refused(post('{}', 'text/plain'), 415, /compressed or in a character set|application\/json/);
    await refused(post('a=b', 'application/x-www-form-urlencoded'), 415, /./);
    await refused(post('{}', 'application/json; charset=klingon'), 415, /./);
    await refused(served.ask('/v1/cancel', { method: 'POST' }), 415, /./);
  });

  it('is refused when its body is too large or compressed', async () => {
    await refused(served.send('POST', '/v1/savepoints', { name: 'a'.repeat(70_000) }), 413, /larger/);
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    await refused(served.ask('/v1/cancel', { method: 'POST', body: 'x', headers }), 415, /compressed/);
  });

  it('is refused by name when there is no such thing, or not with this method', async () => {
    await refused(served.ask('/v1/unheard-of'), 404, /nothing at \/v1\/unheard-of/);
    await refused(served.ask('/'), 404, /nothing/);
    await refused(served.ask('/v1/../../etc/passwd'), 404, /nothing/);
    await refused(served.ask('/v1/savepoints/%2e%2e%2fetc'), 400, /^savepoint: /);
    await refused(served.ask('/v1/tasks/%E0%A4%A'), 400, /./);
    const answer = await served.ask('/v1/savepoints', { method: 'PATCH' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  it('never brings the server down, whatever the body holds', async () => {
    const json = fc.oneof(
      fc.json({ maxDepth: 6 }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '{"__proto__":{"a":1}}',
        '['.repeat(30_000),
        '{"constructor":1}',
        'null',
        '""',
        '{"a":1e999}',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bodied), json, async (name, body) => {
        served.fake.asked.length = 0;
        const { method, path } = callOf(name, requests[name]);
        const { status, json: answer } = await send({ method, path, body });
        if (status < 300) {
          expect(served.fake.asked).toHaveLength(1);
          return;
        }
        expect([400, 413, 415]).toContain(status);
        expect(problemSchema.parse(answer).status).toBe(status);
        expect(served.fake.asked).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect((await served.ask('/v1/status')).status).toBe(200);
  });
});

describe('what the job cannot answer', () => {
  it('in time is given up, so that nobody waits for ever', async () => {
    const asked = Promise.withResolvers<void>();
    served.fake.instead = () => {
      asked.resolve();
      return new Promise(() => undefined);
    };
    const answer = served.ask('/v1/graph');
    await asked.promise;
    served.machine.advance(30_000);
    expect((await answer).json).toMatchObject({ status: 503, code: 'unavailable' });
  });

  it('because of a defect goes to the log and tells nothing of it to who asked', async () => {
    served.fake.instead = () => {
      throw new TypeError('password hunter2 of undefined');
    };
    const answer = await served.ask('/v1/graph');
    expect(answer.json).toMatchObject({ status: 500, code: 'internal' });
    expect(answer.text).not.toContain('hunter2');
    expect(served.log()).toContain('hunter2');
  });
});

describe('every answer', () => {
  it('carries headers that keep browsers and caches from using it, and none that opens it to other origins', async () => {
    for (const path of ['/v1/status', '/v1/openapi.json', '/nothing', '/healthz', '/metrics']) {
      const { headers } = await served.ask(path, { headers: { origin: 'https://elsewhere.example' } });
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-powered-by')).toBeNull();
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    const preflight = await served.ask('/v1/cancel', { method: 'OPTIONS' });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is described in a document that the server hands out', async () => {
    const { json } = await served.ask('/v1/openapi.json');
    expect(json).toEqual(JSON.parse(JSON.stringify(openApiDocument('1.2.3'))));
  });
});
