import { storedCount } from '../jobs/stored-count.ts';
import { finish, measure, peakRssMiB, runToEnd } from '../measure-job.ts';
import type { Measured, Measurement, Part, Scenario } from '../scenario.ts';
import { stateIn, storedJob, withFolder } from '../stored-job.ts';

const keys = 1_000_000;
const records = 60_000_000;

const without: Part = async () => {
  await runToEnd(storedCount(5_000_000, keys, keys));
  return measure(records, () => runToEnd(storedCount(records, keys, keys)));
};

const withCheckpoints: Part = async () => {
  await runToEnd(storedCount(5_000_000, keys, keys));
  return withFolder(async (folder) => {
    const opened = await stateIn(folder, '1s');
    const measured = await measure(records, () =>
      finish(storedJob(storedCount(records, keys, keys), opened)),
    );
    await opened.close();
    return measured;
  });
};

const ratioOf = ({ subject, baseline }: Measured): Readonly<Record<string, number>> => ({
  throughputLost: subject && baseline ? 1 - baseline.seconds / subject.seconds : NaN,
});

/** Time until something has become so. */
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve));
};

/** A job with so many keys whose state is saved whole, then in part, and then taken up by another one. */
const large =
  (manyKeys: number): Part =>
  async () =>
    withFolder(async (folder): Promise<Measurement> => {
      const opened = await stateIn(folder, '1d');
      const endless = storedCount(Number.MAX_SAFE_INTEGER, manyKeys, Math.floor(manyKeys / 100));
      const job = storedJob(endless, opened);
      const start = performance.now();
      job.start();
      await until(() => job.report().some(({ recordsIn }) => recordsIn > manyKeys * 1.05));
      const timed = async (kind: 'checkpoint' | 'savepoint') => {
        const cpu = process.cpuUsage();
        const before = performance.now();
        const { manifest } = await job.takeCheckpoint(kind);
        const seconds = (performance.now() - before) / 1000;
        const { user, system } = process.cpuUsage(cpu);
        const newest = manifest.objects.filter(({ checkpointId }) => checkpointId === manifest.checkpointId);
        const bytes = newest.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        return { seconds, cpuSeconds: (user + system) / 1e6, bytes };
      };
      const whole = await timed('savepoint');
      const changes = [await timed('checkpoint'), await timed('checkpoint'), await timed('checkpoint')];
      await job.cancel();
      const again = storedJob(endless, opened);
      const before = performance.now();
      again.start();
      await until(() => again.state === 'running');
      const restoreSeconds = (performance.now() - before) / 1000;
      await again.cancel();
      await opened.close();
      const seconds = (performance.now() - start) / 1000;
      return {
        records: manyKeys,
        seconds,
        cpuSeconds: NaN,
        peakRssMiB: peakRssMiB(),
        figures: {
          wholeMB: whole.bytes / 1e6,
          wholeSeconds: whole.seconds,
          changesMB: Math.max(...changes.map(({ bytes }) => bytes)) / 1e6,
          changesSeconds: Math.max(...changes.map((change) => change.seconds)),
          restoreSeconds,
        },
      };
    });

export const checkpointScenarios: readonly Scenario[] = [
  {
    name: 'checkpoint-overhead',
    title: 'count by 1 M integer keys, a checkpoint a second into a directory, against none',
    subject: withCheckpoints,
    baseline: { name: 'no checkpoints', part: without },
    byWallClock: true,
    repetitions: 3,
    figures: ratioOf,
    bars: [{ figure: 'throughputLost', atMost: 0.1 }],
  },
  {
    name: 'checkpoint-64mb',
    title: 'state of some 64 MB: a savepoint, checkpoints with 1 % changed, a restart',
    subject: large(3_000_000),
    bars: [{ figure: 'changesSeconds', atMost: 1 }],
  },
  {
    name: 'checkpoint-1gb',
    title: 'state of some 1 GB: a savepoint, checkpoints with 1 % changed, a restart',
    subject: large(45_000_000),
    bars: [
      { figure: 'changesSeconds', atMost: 1 },
      { figure: 'restoreSeconds', atMost: 20 },
    ],
    onlyByName: true,
  },
];
