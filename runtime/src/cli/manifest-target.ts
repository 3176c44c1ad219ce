import { dirname, join, resolve } from 'node:path';
import { MillraceError } from '../contract/errors.ts';
import { formatProblems } from '../contract/format-problems.ts';
import { parseManifest } from '../contract/parse-manifest.ts';
import { restartPolicyOf } from '../contract/restart.ts';
import type { StreamJob, StreamJobSpec } from '../contract/stream-job.ts';
import type { System } from '../sys/system.ts';
import type { JobTarget } from './job-target.ts';

const policies = { Fail: 'fail', DeadLetter: 'deadLetter', Drop: 'drop' } as const;

const readManifest = (system: System, path: string): string => {
  try {
    return system.files.readText(path);
  } catch (error) {
    throw new MillraceError('manifest-invalid', `The manifest cannot be read: ${(error as Error).message}`, {
      cause: error,
      where: { file: path },
      hint: 'Give the path of a StreamJob manifest.',
    });
  }
};

/** What a local run does not do although the manifest says it. */
const notesOn = (spec: StreamJobSpec): readonly string[] => {
  const notes: string[] = [];
  if (spec.job.code !== undefined) {
    notes.push('spec.job.code is ignored: a local run takes the code from the file system');
  }
  if (spec.checkpoint !== undefined) {
    notes.push(
      'spec.checkpoint is valid but not yet in force: after a failure the job starts from the beginning',
    );
  }
  return notes;
};

const environmentOf = (spec: StreamJobSpec, path: string): Readonly<Record<string, string>> => {
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom, from } of spec.env) {
    if (valueFrom !== undefined || from !== undefined || name === undefined) {
      throw new MillraceError(
        'manifest-invalid',
        'spec.env takes values from Kubernetes objects, which a local run does not have.',
        {
          where: { file: path, ...(name === undefined ? {} : { variable: name }) },
          hint: 'For a local run write value: … instead, or set the variable in your shell and leave it out of the manifest.',
        },
      );
    }
    environment[name] = value ?? '';
  }
  return environment;
};

const targetOf = (job: StreamJob, path: string): JobTarget => {
  const { metadata, spec } = job;
  const baseDirectory = dirname(path);
  const dead = resolve(baseDirectory, spec.deadLetter.path);
  return {
    name: metadata.name,
    entry: join(baseDirectory, spec.job.entry as string),
    baseDirectory,
    args: spec.args,
    parallelism: spec.parallelism,
    maxParallelism: spec.maxParallelism,
    mode: spec.mode,
    restart: restartPolicyOf(spec.restart, spec.checkpoint !== undefined),
    deadLetterPolicy: policies[spec.deadLetter.policy],
    deadLetterFile:
      spec.deadLetter.policy === 'DeadLetter' ? join(dead, `${metadata.name}.ndjson`) : undefined,
    environment: environmentOf(spec, path),
    notes: notesOn(spec),
  };
};

/**
 * Reads a StreamJob manifest. `path` is absolute, `shown` how the caller wrote it.
 * @throws MillraceError manifest-invalid with every problem of the file, each with its line.
 */
export const manifestTarget = (system: System, path: string, shown: string): JobTarget => {
  const result = parseManifest(readManifest(system, path), shown);
  if (result.ok) return targetOf(result.job, path);
  throw new MillraceError(
    'manifest-invalid',
    `The manifest cannot be used.\n\n${formatProblems(result.problems)}`,
    { hint: 'Correct the manifest; nothing was started.' },
  );
};
