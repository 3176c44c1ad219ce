import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from '../../../e2e/harness/program.ts';
import { folderWith, type Running, start, watch } from './call-command.ts';
import { countingJob, lastTotal, runAWhile, storedManifest } from './stored-folder.ts';

const program = resolve(import.meta.dirname, '../../src/bin/worker.ts');

/** Makes a process take itself for one of another version. */
const otherVersion = `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const read = fs.readFileSync;
fs.readFileSync = (path, ...more) => {
  const found = read(path, ...more);
  return String(path).endsWith('/package.json') ? String(found).replace(/"version": "[^"]+"/, '"version": "9.9.9"') : found;
};
syncBuiltinESMExports();
`;

/** Starts a worker by hand, with options of Node. */
const work = (folder: string, port: number, options: string): Running =>
  watch(
    spawn(process.execPath, ['--conditions=millrace-source', program], {
      cwd: folder,
      env: {
        ...process.env,
        NODE_OPTIONS: options,
        MILLRACE_COORDINATOR: `127.0.0.1:${port}`,
        MILLRACE_JOB_UID: 'shop-1',
        MILLRACE_WORKER_NAME: 'worker-0',
        MILLRACE_ARTIFACTS: join(folder, 'artifacts'),
      },
    }),
  );

it('a worker of another version is sent away, on both sides with what to do, and the job waits for the right one', async () => {
  const folder = folderWith({ 'job.ts': countingJob, 'job.yaml': storedManifest, 'other.mjs': otherVersion });
  mkdirSync(join(folder, 'artifacts'));
  const first = await runAWhile(folder, {}, '--job-uid', 'shop-1');
  const port = await freePort();
  const job = start(folder, 'run', 'job.yaml', '--listen', `127.0.0.1:${port}`, '--job-uid', 'shop-1');
  const sentAway = await work(folder, port, '--import ./other.mjs').ended;
  expect(sentAway.code).toBe(1);
  expect(sentAway.error).toMatch(/worker-0 runs Millrace 9.9.9, and the coordinator runs .*same release/);
  await job.seen('worker-0 runs Millrace 9.9.9, and the coordinator runs');
  const right = work(folder, port, '');
  await right.seen('total ');
  job.signal('SIGINT');
  expect(await job.ended).toMatchObject({ code: 0 });
  expect((await right.ended).out).toContain(`total ${lastTotal(first.out) + 1};`);
});
