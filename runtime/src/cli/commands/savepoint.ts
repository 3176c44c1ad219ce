import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ObjectStore } from '../../checkpoint/object-store.ts';
import { ownVersion } from '../../sys/own-version.ts';
import type { CommandIo, Outcome } from '../command-io.ts';

interface Options {
  readonly json?: boolean;
  readonly uid?: string;
}

const examples = `
Examples:
  millrace savepoint create before-the-move
  millrace savepoint list
Without the job:
  millrace savepoint list --store ./checkpoints
  millrace savepoint inspect ./checkpoints/jobs/UID/savepoints/before
  millrace savepoint export ./before --uid count > state.ndjson
  millrace savepoint import state.ndjson ./corrected
  millrace savepoint dispose ./before

A folder is a directory or s3://bucket/prefix; a bucket needs AWS_ENDPOINT_URL and credentials in the environment. `;

/** Lines that are written at once. */
const linesAtOnce = 1000;

/** Everything the commands share: open, do, close. */
const withFolder = async (
  io: CommandIo,
  place: string,
  work: (folder: ObjectStore) => Promise<void>,
): Promise<void> => {
  const { openFolder } = await import('../../offline/open-folder.ts');
  const { system, environment, workingDirectory } = io;
  const folder = await openFolder(system, place, { baseDirectory: workingDirectory, environment });
  try {
    await work(folder);
  } finally {
    await folder.close();
  }
};

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** The savepoints of all jobs of a store, oldest first. */
export const listStored = (io: CommandIo, place: string, asJson: boolean): Promise<void> =>
  withFolder(io, place, async (store) => {
    const { listSavepoints } = await import('../../offline/savepoint.ts');
    const found = await listSavepoints(io.system, store);
    const { listText } = await import('../savepoint-text.ts');
    io.out(asJson ? json(found) : `${listText(found)}\n`);
  });

const inspect = (io: CommandIo, place: string, options: Options): Promise<void> =>
  withFolder(io, place, async (folder) => {
    const { readSavepointManifest } = await import('../../checkpoint/savepoint-folder.ts');
    const { openManifest } = await import('../../offline/savepoint.ts');
    const manifest = await readSavepointManifest(io.system, folder);
    if (options.json === true) return io.out(json(manifest));
    const { inspectText } = await import('../savepoint-text.ts');
    io.out(`${inspectText(await openManifest(io.system, folder, manifest))}\n`);
  });

const exportState = (io: CommandIo, place: string, { uid }: Options): Promise<void> =>
  withFolder(io, place, async (folder) => {
    const { readSavepointManifest } = await import('../../checkpoint/savepoint-folder.ts');
    const { openManifest } = await import('../../offline/savepoint.ts');
    const { exportLines } = await import('../../offline/state-file.ts');
    const savepoint = await openManifest(io.system, folder, await readSavepointManifest(io.system, folder));
    let lines: string[] = [];
    const flush = (): void => {
      if (lines.length > 0) io.out(`${lines.join('\n')}\n`);
      lines = [];
    };
    for await (const line of exportLines(savepoint, uid)) if (lines.push(line) >= linesAtOnce) flush();
    flush();
  });

const importState = (io: CommandIo, file: string, place: string): Promise<void> =>
  withFolder(io, place, async (folder) => {
    const [{ importText }, { writeSavepoint }] = await Promise.all([
      import('../../offline/state-file.ts'),
      import('../../offline/write-savepoint.ts'),
    ]);
    const { system } = io;
    const state = importText(system.files.readText(resolve(io.workingDirectory, file)), file);
    const made = { createdMs: system.clock.nowMs(), runtimeVersion: ownVersion(system) };
    const { objects, transforms } = await writeSavepoint(system, folder, state, made);
    io.out(`${place}: a savepoint of ${transforms.length} transforms in ${objects.length} objects\n`);
  });

/** Removes a savepoint: the objects that its manifest names, and nothing else. */
export const disposeStored = (io: CommandIo, place: string): Promise<void> =>
  withFolder(io, place, async (folder) => {
    const { disposeSavepoint } = await import('../../checkpoint/savepoint-folder.ts');
    const { jobName, objects } = await disposeSavepoint(io.system, folder);
    io.out(`${place}: the savepoint of ${jobName} is removed, with ${objects.length} objects\n`);
  });

/** What `millrace savepoint` does without the job alone; the commands of running jobs stand in the same group. */
export const addStoredSavepoints = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  const savepoint =
    program.commands.find((command) => command.name() === 'savepoint') ?? program.command('savepoint');
  savepoint.addHelpText('after', examples);
  savepoint
    .command('inspect')
    .argument('<folder>', 'the folder of a savepoint')
    .description('What a savepoint holds: transforms, states, sizes.')
    .option('--json', 'print the manifest as JSON')
    .action((place: string, options: Options) => inspect(io, place, options));
  savepoint
    .command('export')
    .argument('<folder>', 'the folder of a savepoint')
    .description('Prints the state of keyed functions as lines of JSON, one a key.')
    .option('--uid <uid>', 'only of this transform')
    .action((place: string, options: Options) => exportState(io, place, options));
  savepoint
    .command('import')
    .argument('<file>', 'lines of JSON as export prints them')
    .argument('<folder>', 'where the savepoint shall be')
    .description('Makes a savepoint of a file, from which a job can be started.')
    .action((file: string, place: string) => importState(io, file, place));
};
