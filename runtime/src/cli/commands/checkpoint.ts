import { type Command, InvalidArgumentError } from 'commander';
import type { Fault } from '../../checkpoint/verify.ts';
import { parseDuration } from '../../contract/duration.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { CheckpointPlace, PlaceOptions } from '../checkpoint-place.ts';
import { type CommandIo, ExitCode, type Outcome } from '../command-io.ts';

interface Options extends PlaceOptions {
  readonly json?: boolean;
  readonly checkpoint?: number;
}

interface GarbageOptions extends Options {
  readonly dryRun?: boolean;
  readonly olderThan: number;
}

const examples = `
Examples:
  millrace checkpoint list job.yaml
  millrace checkpoint verify --store ./checkpoints --job shop
  millrace checkpoint inspect job.yaml --checkpoint 17 --json | jq .sinks
  millrace checkpoint gc job.yaml --dry-run

None of these needs the job to run, and all but gc only read. A bucket needs its credentials in the environment.`;

const parseId = (text: string): number => {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give the number of a checkpoint.');
};

const parseAge = (text: string): number => {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('Give a duration with its unit, such as 1h.');
  }
};

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** Everything the commands share: open, do, close. */
const withPlace = async (
  io: CommandIo,
  manifest: string | undefined,
  options: Options,
  work: (place: CheckpointPlace) => Promise<void>,
): Promise<void> => {
  const { openPlace } = await import('../checkpoint-place.ts');
  const place = await openPlace(io, manifest, options);
  try {
    await work(place);
  } finally {
    await place.store.close();
  }
};

const readStanding = async (io: CommandIo, { store, jobUid }: CheckpointPlace) => {
  const [{ readLog }, { standingOf }] = await Promise.all([
    import('../../checkpoint/log.ts'),
    import('../../checkpoint/standing.ts'),
  ]);
  const entries = await readLog({ store, jobUid, checksum: io.system.hashing });
  return { entries, standing: standingOf(jobUid, entries, store.place) };
};

const list = (io: CommandIo, manifest: string | undefined, options: Options): Promise<void> =>
  withPlace(io, manifest, options, async (place) => {
    const { logText } = await import('../checkpoint-text.ts');
    const { entries, standing } = await readStanding(io, place);
    io.out(options.json ? json(entries) : `${logText(standing, entries, place.store.place)}\n`);
  });

const inspect = (io: CommandIo, manifest: string | undefined, options: Options): Promise<void> =>
  withPlace(io, manifest, options, async (place) => {
    const { manifestText } = await import('../checkpoint-text.ts');
    const { line } = (await readStanding(io, place)).standing;
    const id = options.checkpoint ?? line.at(-1)?.manifest.checkpointId;
    const found = line.find((published) => published.manifest.checkpointId === id)?.manifest;
    if (found === undefined) throw noSuch(id);
    io.out(options.json ? json(found) : `${manifestText(found, true)}\n`);
  });

const noSuch = (id: number | undefined): MillraceError =>
  new MillraceError(
    'io',
    id === undefined ? 'The job has no checkpoint yet.' : `Checkpoint ${id} is not kept.`,
    {
      hint: '`millrace checkpoint list` shows which are.',
    },
  );

const verify = (
  io: CommandIo,
  manifest: string | undefined,
  options: Options,
  outcome: Outcome,
): Promise<void> =>
  withPlace(io, manifest, options, async (place) => {
    const [{ verifyCheckpoint }, { storeUnder }, { jobRoot }] = await Promise.all([
      import('../../checkpoint/verify.ts'),
      import('../../checkpoint/store-under.ts'),
      import('../../checkpoint/paths.ts'),
    ]);
    const { line } = (await readStanding(io, place)).standing;
    const chosen = line.filter(
      ({ manifest: { checkpointId } }) => (options.checkpoint ?? checkpointId) === checkpointId,
    );
    if (chosen.length === 0) throw noSuch(options.checkpoint);
    const reading = { store: storeUnder(place.store, jobRoot(place.jobUid)), system: io.system };
    const results: { checkpointId: number; faults: readonly Fault[] }[] = [];
    for (const { manifest: each } of chosen) {
      const faults = await verifyCheckpoint(reading, each);
      results.push({ checkpointId: each.checkpointId, faults });
      if (options.json) continue;
      const objects = `${each.objects.length} ${each.objects.length === 1 ? 'object' : 'objects'}`;
      io.out(
        `checkpoint ${each.checkpointId}: ${faults.length === 0 ? `whole, ${objects} read` : 'cannot be restored'}\n`,
      );
      for (const { key, why } of faults) io.out(`  ${key === undefined ? '' : `${key}: `}${why}\n`);
    }
    if (options.json) io.out(json(results));
    if (results.some(({ faults }) => faults.length > 0)) outcome.code = ExitCode.failed;
  });

const collect = (io: CommandIo, manifest: string | undefined, options: GarbageOptions): Promise<void> =>
  withPlace(io, manifest, options, async ({ store, jobUid }) => {
    const [{ collectGarbage, findGarbage }, { garbageText }] = await Promise.all([
      import('../../checkpoint/gc.ts'),
      import('../checkpoint-text.ts'),
    ]);
    const { clock, hashing } = io.system;
    const settings = { store, jobUid, checksum: hashing, clock, minimumAgeMs: options.olderThan };
    const isDryRun = options.dryRun === true;
    const found = isDryRun ? await findGarbage(settings) : await collectGarbage(settings);
    io.out(options.json ? json(found) : `${garbageText(found, isDryRun)}\n`);
  });

/** `millrace checkpoint`. */
export const addCheckpoint = (program: Command, io: CommandIo, outcome: Outcome): void => {
  const checkpoint = program
    .command('checkpoint')
    .description("Look at a job's checkpoints, read them again, remove what nobody needs.")
    .addHelpText('after', examples);
  const add = (name: string, description: string): Command =>
    checkpoint
      .command(name)
      .description(description)
      .argument('[manifest]', 'a StreamJob manifest: its spec.checkpoint.store and its name')
      .option('--store <directory>', 'the store, in place of that of a manifest')
      .option('--job <name>', 'the name or uid of the job, where the store has several')
      .option('--json', 'print JSON');
  const pick = (command: Command): Command =>
    command.option('--checkpoint <number>', 'only this one', parseId);
  add('list', 'Show the log: checkpoints, who led, hand-overs.').action(
    (manifest: string | undefined, options: Options) => list(io, manifest, options),
  );
  pick(add('inspect', 'Show one checkpoint, the latest unless told otherwise.')).action(
    (manifest: string | undefined, options: Options) => inspect(io, manifest, options),
  );
  pick(add('verify', 'Read every object of every checkpoint again and check all of it.')).action(
    (manifest: string | undefined, options: Options) => verify(io, manifest, options, outcome),
  );
  add('gc', 'Remove what the log has superseded and nothing that is kept names.')
    .option('--dry-run', 'only show what would be removed')
    .option('--older-than <duration>', 'keep what is younger', parseAge, 3_600_000)
    .action((manifest: string | undefined, options: GarbageOptions) => collect(io, manifest, options));
};
