import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Job } from 'millrace';
import { createSharedThreadJob } from '../../src/coordinator/local.ts';
import type { StateDisk } from '../../src/task/slot-setup.ts';
import remember from '../jobs/remember.ts';
import { finish, localSettings, measure } from '../measure-job.ts';
import type { Part, Scenario } from '../scenario.ts';
import { withFolder } from '../stored-job.ts';

const keys = 200_000;
const records = 600_000;
const budgetMiB = 512;
/** What the values of all keys take in memory, as the disk backend counts it. */
const allBytes = keys * 220;

const rememberOf =
  (count: number): Job =>
  (env) =>
    remember(env, { records: String(count), keys: String(keys), profileBytes: '100' });

/** The job with so much of its values in memory; absent = the memory backend. */
const part =
  (heldBytes?: number): Part =>
  () =>
    withFolder(async (directory) => {
      const stateDisk: StateDisk | undefined = heldBytes === undefined ? undefined : { directory, heldBytes };
      const run = (count: number): Promise<void> =>
        finish(createSharedThreadJob(rememberOf(count), { ...localSettings(), stateDisk }));
      await run(keys);
      return measure(records, () => run(records));
    });

const scenario = (name: string, title: string, heldBytes: number): Scenario => ({
  name,
  title: `an object of 150 bytes for each of 200,000 keys, changed in random order: ${title}, beside the memory backend`,
  subject: part(heldBytes),
  baseline: { name: 'memory backend', part: part() },
  bars: [],
});

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** What a process has of its own now; pages of files, which the kernel takes back at will, are left out. Linux only. */
const ownMiB = (pid: number): number => {
  const path = `/proc/${pid}/status`;
  const status = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return Number(/RssAnon:\s*(\d+)/.exec(status)?.[1] ?? 0) / 1024;
};

/** Runs the manifest by the command and looks at the process all the time. */
const fourTimesTheMemory: Part = async () => {
  const program = pathOf('../../src/bin/millrace.ts');
  const words = ['--conditions=millrace-source', program, 'run', pathOf('../jobs/remember.yaml')];
  const start = performance.now();
  const child = spawn(process.execPath, words, { stdio: 'ignore' });
  let peakOwnMiB = 0;
  const look = (): void => {
    peakOwnMiB = Math.max(peakOwnMiB, ownMiB(child.pid ?? 0));
  };
  const looking = setInterval(look, 200);
  const code = await new Promise<number | null>((resolve) => void child.on('close', resolve));
  clearInterval(looking);
  if (code !== 0) throw new Error(`millrace run ended with code ${String(code)}.`);
  const seconds = (performance.now() - start) / 1000;
  // Node does not tell what a child process used.
  const figures = { peakOwnMiB, ofItsMemory: peakOwnMiB / budgetMiB };
  return { records: 700_000, seconds, cpuSeconds: Number.NaN, peakRssMiB: peakOwnMiB, figures };
};

/** State that may lie on the local disk. */
export const diskScenarios: readonly Scenario[] = [
  scenario('disk-state-fits', 'all fits into memory', 2 * allBytes),
  scenario('disk-state-tenth', 'a tenth fits into memory', allBytes / 10),
  {
    name: 'disk-state-4x-memory',
    title: 'state of 2 GiB in a process with 512 MiB of memory',
    subject: fourTimesTheMemory,
    byWallClock: true,
    bars: [{ figure: 'ofItsMemory', atMost: 1 }],
    onlyByName: true,
  },
];
