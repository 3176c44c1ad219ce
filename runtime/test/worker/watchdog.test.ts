import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allocatePulses, Pulse } from '../../src/task/pulse.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { watchPulses } from '../../src/worker/watchdog.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-watchdog-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/** A program that runs a job whose function spins for so long on one record, under a watchdog of 150 ms. */
const program = (spinMs: number, parallelism: number): string => `
  import { freezeJob } from ${source('artifact/freeze.ts')};
  import { resolveMillraceToThisRuntime } from ${source('artifact/resolve.ts')};
  import { createThreadedJob } from ${source('coordinator/threads.ts')};
  import { createNodeSystem } from ${source('sys/node-system.ts')};
  import { createLogger } from ${source('telemetry/logger.ts')};
  resolveMillraceToThisRuntime();
  const system = createNodeSystem();
  const artifact = await freezeJob(system, ${JSON.stringify(join(folder, 'job.ts'))}, ${JSON.stringify(folder)});
  const job = await createThreadedJob(artifact, {
    system, logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
    jobName: 'spin', args: { spinMs: '${spinMs}' }, parallelism: ${parallelism}, mode: 'Streaming',
    restart: { strategy: 'None' }, deadLetterPolicy: 'fail', deadLetters: () => undefined,
    baseDirectory: ${JSON.stringify(folder)}, blockedAfterMs: 150,
    onBlocked: () => process.stdout.write('blocked '),
  });
  job.start();
  process.stdout.write((await job.ended).state);
`;

const job = `
  import { collection } from 'millrace/connectors/collection';
  import { blackhole } from 'millrace/connectors/blackhole';
  export default (env, { spinMs }) => {
    env.fromSource(collection([1])).map((n) => {
      const until = performance.now() + Number(spinMs);
      while (performance.now() < until);
      return n;
    }).name('spinner').sinkTo(blackhole());
  };
`;

const run = (
  spinMs: number,
  parallelism: number,
): Promise<{ readonly out: string; readonly errors: string }> => {
  writeFileSync(join(folder, 'job.ts'), job);
  writeFileSync(join(folder, 'run.ts'), program(spinMs, parallelism));
  const words = ['--conditions=millrace-source', join(folder, 'run.ts')];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, (error, out, errors) =>
      error === null ? resolve({ out, errors }) : reject(error),
    );
  });
};

describe('user code that blocks the loop', () => {
  it.each([1, 2])(
    'is named while it does, with what to do, and the job goes on after it (%i slots)',
    async (parallelism) => {
      const { out, errors } = await run(1000, parallelism);
      expect(errors).toMatch(/warning: the task “[^”]*spinner[^”]*” in slot \d has not returned for \d+ s/);
      expect(errors).toContain('mapAsync');
      expect(out).toContain('finished');
    },
  );

  it.each([1, 2])('is told to who runs the job as often as it is named (%i slots)', async (parallelism) => {
    const { out, errors } = await run(1000, parallelism);
    const named = errors.split('warning: ').length - 1;
    expect(named).toBeGreaterThan(0);
    expect(out.split('blocked').length - 1).toBe(named);
  });

  it('is not named when it is quick', async () => {
    expect(await run(1, 1)).toEqual({ out: 'finished', errors: '' });
  });
});

describe('pulses that a worker looks at on its main thread', () => {
  it('name a slot that does not return once, until nobody looks any more', () => {
    const test = createTestSystem();
    const pulses = allocatePulses(2);
    const pulse = new Pulse(new Int32Array(pulses), 1);
    const written: string[] = [];
    const system = { ...test.system, writeErrorNow: (text: string) => void written.push(text) };
    const blocked: unknown[] = [];
    const watched = { pulses, taskNames: ['source', 'spinner'], limitMs: 100 };
    const watching = watchPulses(system, watched, (found) => blocked.push(found));
    pulse.begin(1);
    test.advance(1000);
    expect(written).toEqual([
      expect.stringMatching(/^warning: the task “spinner” in slot 1 has not returned/),
    ]);
    expect(blocked).toEqual([{ slot: 1, task: 1, forMs: 100 }]);
    watching.cancel();
    expect(test.pendingTimers).toBe(0);
  });
});
