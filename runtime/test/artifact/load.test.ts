import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Job, StreamEnvironment } from '../../src/api/environment.ts';
import { buildGraph, loadJob } from '../../src/artifact/load.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { print } from '../../src/connectors/print/index.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { folderWith } from './folder.ts';

const load = (text: string): ReturnType<typeof loadJob> =>
  loadJob(join(folderWith({ 'job.mjs': text }), 'job.mjs'));

describe('loading a job', () => {
  it('gives its default export', async () => {
    const job = await load("export default () => { throw new Error('called'); };");
    expect(() => job({} as StreamEnvironment, {})).toThrow('called');
  });

  it('waits for what the module awaits at its top', async () => {
    const job = await load(
      'const text = await Promise.resolve("ready");\nexport default (env) => { env.text = text; };',
    );
    const seen = {} as StreamEnvironment & { text?: string };
    job(seen, {});
    expect(seen.text).toBe('ready');
  });

  it.each([
    ['nothing', 'export {};'],
    ['something else', 'export const job = () => {};'],
    ['a value', 'export default { run: () => {} };'],
  ])('refuses a module whose default export is %s', async (_what, text) => {
    await expect(load(text)).rejects.toMatchObject({
      code: 'job-invalid',
      message: 'The job has no default export that is a function.',
      hint: 'Write: export default (env: StreamEnvironment) => { … }',
    });
  });

  it('tells why a module fails while it loads, and what lies behind that', async () => {
    const text =
      "throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:9') });\n";
    await expect(load(text)).rejects.toMatchObject({
      code: 'job-invalid',
      message: "The job's module failed while loading: fetch failed: connect ECONNREFUSED 127.0.0.1:9",
      hint: 'Correct what the module does or imports at its top.',
      cause: { name: 'TypeError' },
    });
  });

  it('takes what is thrown although it is no error', async () => {
    await expect(load("throw 'a text';")).rejects.toThrow("The job's module failed while loading: a text");
  });
});

const plan = (job: Parameters<typeof buildGraph>[0], args = {}): ReturnType<typeof buildGraph> =>
  buildGraph(job, args, { parallelism: 2 });

const numbers = (env: StreamEnvironment): void => {
  env.fromSource(collection([1, 2, 3])).sinkTo(print());
};

describe('building the graph of a job', () => {
  it('plans what the function describes, with the slots that are asked for', () => {
    const graph = plan(numbers);
    expect(graph.slots).toBe(2);
    expect(graph.tasks.map((task) => task.chain.length)).toEqual([2]);
  });

  it('gives the same hash at every call, and another one for another graph', () => {
    expect(plan(numbers).hash).toBe(plan(numbers).hash);
    const mapped = plan(
      (env) =>
        void env
          .fromSource(collection([1]))
          .map((n) => n)
          .sinkTo(print()),
    );
    expect(mapped.hash).not.toBe(plan(numbers).hash);
  });

  it('hands the arguments to the function', () => {
    const seen: unknown[] = [];
    plan(
      (env, args) => {
        seen.push(args);
        numbers(env);
      },
      { day: 'monday' },
    );
    expect(seen).toEqual([{ day: 'monday' }]);
  });

  it('neither opens nor reads anything', () => {
    const opened: string[] = [];
    plan((env) => {
      const source = collection([1]);
      const watched = {
        ...source,
        createEnumerator: (...all: Parameters<typeof source.createEnumerator>) => {
          opened.push('enumerator');
          return source.createEnumerator(...all);
        },
      };
      env
        .fromSource(watched)
        .map({ open: () => void opened.push('map'), map: (n) => n })
        .sinkTo(print());
    });
    expect(opened).toEqual([]);
  });

  it('tells why the function fails, with what lies behind and what to do', () => {
    const cause = new Error('no such region');
    const job = (): void => {
      throw new RangeError('bad arguments', { cause });
    };
    expect(() => plan(job)).toThrow(
      expect.objectContaining({
        code: 'job-invalid',
        message: "The job's function failed: bad arguments: no such region",
        hint: 'Correct the function; it only describes the graph, with the arguments that it is given.',
      }),
    );
  });

  it('keeps an error of ours as it is: it says more', () => {
    const error = new MillraceError('job-invalid', 'The options are wrong.');
    const job = (): void => {
      throw error;
    };
    expect(() => plan(job)).toThrow(error);
  });

  it('refuses a function that is asynchronous', () => {
    expect(() => plan((async () => {}) as unknown as Job)).toThrow(
      expect.objectContaining({
        message: "The job's function returned a promise.",
        hint: 'Describe the graph at once; use top-level await for what must be loaded first.',
      }),
    );
  });

  it('refuses a job that describes nothing', () => {
    expect(() => plan(() => undefined)).toThrow('The job has no source and no sink.');
  });
});
