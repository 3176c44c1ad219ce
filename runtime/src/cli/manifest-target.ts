import { dirname, join, resolve } from 'node:path';
import { MillraceError } from '../contract/errors.ts';
import { formatProblems } from '../contract/format-problems.ts';
import { parseManifest } from '../contract/parse-manifest.ts';
import { parseQuantity } from '../contract/quantity.ts';
import { restartPolicyOf } from '../contract/restart.ts';
import type { StreamJob, StreamJobSpec } from '../contract/stream-job.ts';
import type { System } from '../sys/system.ts';
import { environmentOf } from './environment.ts';
import type { JobTarget } from './job-target.ts';

const policies = { Fail: 'fail', DeadLetter: 'deadLetter', Drop: 'drop' } as const;

const readManifest = (system: System, path: string): string => {
  try {
    return system.files.readText(path);
  } catch (error) {
    const missing = (error as { readonly code?: unknown }).code === 'ENOENT';
    throw new MillraceError(
      'manifest-invalid',
      missing ? 'The manifest does not exist.' : `The manifest cannot be read: ${(error as Error).message}`,
      {
        cause: error,
        where: { file: path },
        hint: missing
          ? 'Give the path of a StreamJob manifest.'
          : 'See whether it is a file, and whether you may read it.',
      },
    );
  }
};

/** What a local run does not do although the manifest says it. */
const notesOn = (spec: StreamJobSpec): readonly string[] => {
  const { restore } = spec;
  const notes: readonly (readonly [isSaid: boolean, note: string])[] = [
    [
      spec.job.code !== undefined,
      'spec.job.code is ignored: a local run takes the code from the file system',
    ],
    [spec.state === 'Suspended', 'spec.state is ignored: a local run runs until it is stopped'],
    [restore.id !== undefined, 'spec.restore is ignored: say --from what a local run goes on'],
    [
      spec.savepoints.schedule !== undefined,
      'spec.savepoints.schedule is ignored: a local run takes savepoints when asked to',
    ],
  ];
  return notes.filter(([isSaid]) => isSaid).map(([, note]) => note);
};

const targetOf = (job: StreamJob, path: string, codeDirectory: string | undefined): JobTarget => {
  const { metadata, spec } = job;
  const baseDirectory = codeDirectory ?? dirname(path);
  const dead = resolve(baseDirectory, spec.deadLetter.path);
  const environment = environmentOf(spec.env);
  return {
    name: metadata.name,
    entry: join(baseDirectory, spec.job.entry as string),
    baseDirectory,
    args: spec.args,
    parallelism: spec.parallelism,
    maxParallelism: spec.maxParallelism,
    memoryBytes: parseQuantity(spec.resources.memory),
    mode: spec.mode,
    restart: restartPolicyOf(spec.restart, spec.checkpoint !== undefined),
    checkpoint: spec.checkpoint,
    stateDisk: spec.stateBackend?.type === 'Disk' ? { directory: spec.stateBackend.directory } : undefined,
    renames: spec.upgrade.renames,
    allowRemoved: spec.upgrade.allowRemoved,
    restore: spec.restore,
    upgrade: spec.upgrade,
    deadLetterPolicy: policies[spec.deadLetter.policy],
    deadLetterFile:
      spec.deadLetter.policy === 'DeadLetter' ? join(dead, `${metadata.name}.ndjson`) : undefined,
    environment,
    // Where the code lies apart from the manifest somebody heeds all of it.
    notes: codeDirectory === undefined ? [...notesOn(spec), ...environment.notes] : [],
  };
};

/**
 * The StreamJob of a manifest. `path` is absolute, `shown` how the caller wrote it.
 * @throws MillraceError manifest-invalid with every problem of the file, each with its line.
 */
export const readStreamJob = (system: System, path: string, shown: string): StreamJob => {
  const result = parseManifest(readManifest(system, path), shown);
  if (result.ok) return result.job;
  throw new MillraceError(
    'manifest-invalid',
    `The manifest cannot be used.\n\n${formatProblems(result.problems)}`,
    { hint: 'Correct the manifest; nothing was started.' },
  );
};

/** What runs, by a StreamJob manifest. `codeDirectory`: where its relative paths start, if not where it lies. @throws MillraceError as `readStreamJob` does */
export const manifestTarget = (
  system: System,
  path: string,
  shown: string,
  codeDirectory?: string,
): JobTarget => targetOf(readStreamJob(system, path, shown), path, codeDirectory);
