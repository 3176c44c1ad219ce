import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PlainError } from '../../src/worker/plain-error.ts';
import { frozenJob } from './frozen-job.ts';

const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

interface Outcome {
  readonly state: string;
  readonly attempts: number;
  readonly error?: PlainError;
  readonly letters: readonly unknown[];
}

/** Runs a job as the command does, in a process of its own: only there threads find everything. */
const run = async (job: string, parallelism: number, more = ''): Promise<Outcome> => {
  const { path, sha256, folder } = await frozenJob(job);
  const program = `
    import { resolveMillraceToThisRuntime } from ${source('artifact/resolve.ts')};
    import { createThreadedJob } from ${source('coordinator/threads.ts')};
    import { createNodeSystem } from ${source('sys/node-system.ts')};
    import { createLogger } from ${source('telemetry/logger.ts')};
    import { toPlainError } from ${source('worker/plain-error.ts')};
    // As the command does.
    process.setSourceMapsEnabled(true);
    resolveMillraceToThisRuntime();
    const system = createNodeSystem();
    const letters = [];
    const job = await createThreadedJob(${JSON.stringify({ path, sha256 })}, {
      system, logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
      jobName: 'job', args: {}, parallelism: ${parallelism}, mode: 'Streaming', restart: { strategy: 'None' },
      deadLetterPolicy: 'fail', deadLetters: (letter) => letters.push(letter), baseDirectory: ${JSON.stringify(folder)},
      ${more}
    });
    job.start();
    const { state, attempts, error } = await job.ended;
    process.stdout.write(JSON.stringify({ state, attempts, error: error && toPlainError(error), letters }));
  `;
  writeFileSync(join(folder, 'run.ts'), program);
  const words = ['--conditions=millrace-source', join(folder, 'run.ts')];
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, words, (error, out) =>
      error === null ? resolve(JSON.parse(out) as Outcome) : reject(error),
    );
  });
};

const job = (body: string): string => `
  import { collection } from 'millrace/connectors/collection';
  import { blackhole } from 'millrace/connectors/blackhole';
  let calls = 0;
  export default (env) => void env.fromSource(collection([1, 2, 3, 4])).map((n) => {
    calls++;
    ${body}
    return n;
  }).name('step').sinkTo(blackhole());
`;

describe('a job on threads', () => {
  it.each([1, 2])('is over in %i slots when its input is, and its process ends by itself', async (slots) => {
    expect(await run(job(''), slots)).toEqual({ state: 'finished', attempts: 1, letters: [] });
  });

  it.each([1, 2])('tells where its code failed (%i slots)', async (slots) => {
    const { state, error } = await run(job('if (n === 3) throw new RangeError("three");'), slots);
    expect(state).toBe('failed');
    expect(error).toMatchObject({
      code: 'user-code',
      message: 'The transform “step” failed on a record: three',
      where: { transform: 'step', at: expect.stringMatching(/job\.ts:\d+:\d+$/) as string, record: '3' },
      hint: expect.stringContaining('dead letter') as string,
      cause: { name: 'RangeError', message: 'three' },
    });
  });

  it('may keep their state on disk, of which nothing is left at the end', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-threads-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const visits = `
      import { valueState } from 'millrace';
      import { collection } from 'millrace/connectors/collection';
      import { blackhole } from 'millrace/connectors/blackhole';
      const [keys, rounds] = [500, 4];
      const remember = () => {
        let visits;
        let done = 0;
        return {
          open: (context) => { visits = context.state(valueState('visits')); },
          process: ({ key }, _context, output) => {
            const known = visits.value() ?? { count: 0, key };
            if (known.key !== key) throw new Error('this is what was remembered of another key');
            known.count += 1;
            if (known.count === rounds) done += 1;
            visits.update(known);
            output.emit(known.count);
          },
          // Of the two slots each has about half of the keys.
          close: () => { if (done < keys / 4) throw new Error('only ' + done + ' keys were remembered to the end'); },
        };
      };
      const records = Array.from({ length: keys * rounds }, (_, i) => ({ key: i % keys }));
      export default (env) => void env.fromSource(collection(records)).keyBy('key').process(remember())
        .sinkTo(blackhole());
    `;
    const stateDisk = JSON.stringify({ directory, heldBytes: 1000 });
    const outcome = await run(visits, 2, `stateDisk: ${stateDisk},`);
    expect(outcome).toEqual({ state: 'finished', attempts: 1, letters: [] });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('names the slot whose thread user code has ended', async () => {
    const { state, error } = await run(job('if (n === 3) process.exit(5);'), 2);
    expect(state).toBe('failed');
    expect(error).toMatchObject({
      code: 'resource',
      message: expect.stringMatching(/^The thread of slot [01] ended: it exited with code 5\.$/) as string,
      hint: expect.stringContaining('process.exit') as string,
    });
  });

  it.each([1, 2])('begins each attempt with fresh variables (%i slots)', async (slots) => {
    const restart = `restart: { strategy: 'FixedDelay', attempts: 2, delayMs: 0 },`;
    // The second attempt would not fail if it saw what the first has counted.
    const { state, attempts } = await run(job('if (calls === 1) throw new Error("first");'), slots, restart);
    expect([state, attempts]).toEqual(['failed', 3]);
  });

  it('is refused at once, however often it may restart, when a thread builds another graph', async () => {
    const odd = `
      import { isMainThread } from 'node:worker_threads';
      import { collection } from 'millrace/connectors/collection';
      import { blackhole } from 'millrace/connectors/blackhole';
      export default (env) => void env.fromSource(collection([1])).map((n) => n)
        .name(isMainThread ? 'main' : 'thread').sinkTo(blackhole());
    `;
    const restart = `restart: { strategy: 'FixedDelay', attempts: 5, delayMs: 0 },`;
    const { state, attempts, error } = await run(odd, 2, restart);
    expect([state, attempts]).toEqual(['failed', 1]);
    expect(error).toMatchObject({
      code: 'job-invalid',
      message: expect.stringContaining('another graph in') as string,
      hint: expect.stringContaining('Build the same graph at every call') as string,
    });
  });
});
