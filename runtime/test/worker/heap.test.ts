import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlainError } from '../../src/worker/plain-error.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-heap-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/** A program that runs a job with 300 MiB a slot and prints how it ended. */
const program = (parallelism: number): string => `
  import { freezeJob } from ${source('artifact/freeze.ts')};
  import { resolveMillraceToThisRuntime } from ${source('artifact/resolve.ts')};
  import { createThreadedJob } from ${source('coordinator/threads.ts')};
  import { createNodeSystem } from ${source('sys/node-system.ts')};
  import { createLogger } from ${source('telemetry/logger.ts')};
  import { toPlainError } from ${source('worker/plain-error.ts')};
  resolveMillraceToThisRuntime();
  const system = createNodeSystem();
  const artifact = await freezeJob(system, ${JSON.stringify(join(folder, 'job.ts'))}, ${JSON.stringify(folder)});
  const job = await createThreadedJob(artifact, {
    system, logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
    jobName: 'hoard', args: {}, parallelism: ${parallelism}, mode: 'Streaming',
    restart: { strategy: 'None' }, deadLetterPolicy: 'drop', deadLetters: () => undefined,
    baseDirectory: ${JSON.stringify(folder)}, memoryBytes: ${parallelism * 300} * 2 ** 20,
  });
  job.start();
  const { state, error } = await job.ended;
  process.stdout.write(JSON.stringify({ state, error: error && toPlainError(error) }));
`;

/** A job that keeps what \`keep\` makes of each record in a variable. */
const job = (keep: string, count: number): string => `
  import { generator } from 'millrace/connectors/generator';
  import { blackhole } from 'millrace/connectors/blackhole';
  export default (env) => {
    const kept = [];
    env.fromSource(generator({ count: ${count}, generate: (i) => i }))
      .map((i) => { kept.push(${keep}); return kept.length; })
      .name('hoarder').sinkTo(blackhole());
  };
`;

interface Outcome {
  readonly state: string;
  readonly error?: PlainError;
}

const run = (what: string, parallelism: number): Promise<Outcome> => {
  writeFileSync(join(folder, 'job.ts'), what);
  writeFileSync(join(folder, 'run.ts'), program(parallelism));
  const words = ['--conditions=millrace-source', join(folder, 'run.ts')];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, (error, out) =>
      error === null ? resolve(JSON.parse(out) as Outcome) : reject(error),
    );
  });
};

describe('a job that keeps more than its heap', () => {
  it('fails by name on the main thread, long before the engine ends the process', async () => {
    const { state, error } = await run(job("{ i, text: 'record ' + i }", 30_000_000), 1);
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'resource', where: { slot: 0 } });
    expect(error?.message).toMatch(
      /^The heap of slot 0 outgrew the memory: \d+ MiB of \d+ MiB are in use\.$/,
    );
    expect(error?.hint).toContain('Raise spec.resources.memory');
  });

  it('fails by name on a thread of its own', async () => {
    const { state, error } = await run(job("{ i, text: 'record ' + i }", 30_000_000), 2);
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'resource', where: { slot: expect.any(Number) as number } });
    // Either it is seen after a collection, or the thread fills its heap before the next one.
    expect(error?.message).toMatch(
      /^The heap of slot \d outgrew the memory: |^The heap of \d+ MiB of slot \d ran out, and its thread was ended\.$/,
    );
  });

  it('fails by name when it fills the heap within one record', async () => {
    const { state, error } = await run(
      job('(() => { let chain; for (let n = 0; n < 1e8; n++) chain = { chain, n }; return chain; })()', 10),
      2,
    );
    expect(state).toBe('failed');
    expect(error?.message).toMatch(/^The heap of \d+ MiB of slot \d ran out, and its thread was ended\.$/);
  });

  it('fails by name when it keeps arrays that nobody counts', async () => {
    const { state, error } = await run(job('new Float64Array(1000)', 3_000_000), 1);
    expect(state).toBe('failed');
    expect(error?.message).toMatch(/^State and batches in typed arrays of slot 0 outgrew the memory: /);
  });
});

describe('a job that makes much and keeps little', () => {
  it('does not fail, however much garbage there is', async () => {
    const what = job(
      'Array.from({ length: 20 }, (_, n) => ({ n, i }))); kept.splice(0, kept.length - 9',
      1_000_000,
    );
    expect(await run(what, 1)).toEqual({ state: 'finished' });
    expect(await run(what, 2)).toEqual({ state: 'finished' });
  });
});
