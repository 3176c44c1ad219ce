import { extname, resolve } from 'node:path';
import { MillraceError } from '../contract/errors.ts';
import { bareTarget } from './bare-target.ts';
import type { CommandIo } from './command-io.ts';
import type { JobTarget } from './job-target.ts';
import { manifestTarget } from './manifest-target.ts';

/** What a person may change on the command line: it wins over the manifest. */
export interface TargetOverrides {
  readonly parallelism?: number;
  readonly args?: Readonly<Record<string, string>>;
  readonly mode?: JobTarget['mode'];
  /** What the relative paths of a manifest start from, if not from where it lies: its code is elsewhere. */
  readonly codeDirectory?: string | undefined;
}

const manifestEndings = ['.yaml', '.yml', '.json'];
const codeEndings = ['.ts', '.mts', '.js', '.mjs'];

/**
 * The job behind a path on the command line.
 * @throws MillraceError when the path is neither a manifest nor code, or what it names is invalid.
 */
export const findTarget = (io: CommandIo, given: string, overrides: TargetOverrides = {}): JobTarget => {
  const path = resolve(io.workingDirectory, given);
  const ending = extname(path).toLowerCase();
  if (!manifestEndings.includes(ending) && !codeEndings.includes(ending)) {
    throw new MillraceError('manifest-invalid', `${given} is neither a manifest nor a job's code.`, {
      hint: `A manifest ends in ${manifestEndings.join(', ')}; code ends in ${codeEndings.join(', ')}.`,
    });
  }
  const codeDirectory =
    overrides.codeDirectory === undefined ? undefined : resolve(io.workingDirectory, overrides.codeDirectory);
  const isManifest = manifestEndings.includes(ending);
  if (!isManifest && io.system.files.stat(path) === undefined) {
    throw new MillraceError('job-invalid', `${given} does not exist.`, {
      where: { file: path },
      hint: "Give the path of a StreamJob manifest or of a job's code.",
    });
  }
  const target = isManifest ? manifestTarget(io.system, path, given, codeDirectory) : bareTarget(path);
  const { parallelism = target.parallelism, mode = target.mode, args = {} } = overrides;
  return { ...target, parallelism, mode, args: { ...target.args, ...args } };
};
