import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freezeJob } from '../src/artifact/freeze.ts';
import { resolveMillraceToThisRuntime } from '../src/artifact/resolve.ts';
import { createThreadedJob } from '../src/coordinator/threads.ts';
import { finish, localSettings, measure } from './measure-job.ts';
import type { Measurement } from './scenario.ts';

/** The part of the records that a first, shorter run takes. */
const shortRun = 0.25;

/**
 * Runs a job of `jobs/` on slots of their own threads, as `millrace run` does, with the argument `records`. Starting threads
 * and compiling code is not what is measured: a shorter run is subtracted.
 */
export const measureSlots = async (name: string, slots: number, records: number): Promise<Measurement> => {
  resolveMillraceToThisRuntime();
  const settings = localSettings(slots);
  const entry = fileURLToPath(new URL(`jobs/${name}.ts`, import.meta.url));
  const artifact = await freezeJob(settings.system, entry, join(tmpdir(), 'millrace-bench', 'artifacts'));
  const run = (count: number): Promise<Measurement> =>
    measure(count, async () =>
      finish(await createThreadedJob(artifact, { ...settings, args: { records: String(count) } })),
    );
  const short = await run(Math.floor(records * shortRun));
  const long = await run(records);
  return {
    records: long.records - short.records,
    seconds: long.seconds - short.seconds,
    cpuSeconds: long.cpuSeconds - short.cpuSeconds,
    peakRssMiB: long.peakRssMiB,
  };
};
