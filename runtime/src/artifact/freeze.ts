/**
 * `artifact` turns a job's source into what runs. *Freezing* bundles the entry file and all it imports (but not Millrace)
 * into one module named by its sha256; every later load, in any slot or attempt, takes the artifact and never the file
 * again. *Loading* imports it, runs the job's function against an environment, and plans the graph.
 */
import { basename, dirname } from 'node:path';
import { type BuildFailure, build, type Message } from 'esbuild';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import { keepArtifact } from './keep-artifact.ts';

export interface Artifact {
  readonly sha256: string;
  /** Absolute path of the frozen module. */
  readonly path: string;
}

const describeMessage = ({ text, location }: Message): string =>
  location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;

const bundle = async (entry: string): Promise<Uint8Array> => {
  try {
    const result = await build({
      entryPoints: [entry],
      absWorkingDir: dirname(entry),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      outfile: 'job.mjs',
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: `${dirname(entry)}/`,
      external: ['millrace', 'millrace/*'],
      logLevel: 'silent',
    });
    return (result.outputFiles[0] as { contents: Uint8Array }).contents;
  } catch (error) {
    const messages = (error as Partial<BuildFailure>).errors ?? [];
    throw new MillraceError(
      'job-invalid',
      `The job ${basename(entry)} cannot be bundled: ${messages.map(describeMessage).join('; ') || String(error)}`,
      {
        cause: error,
        where: { file: entry },
        hint: 'Correct the file; packages it imports must be installed beside it.',
      },
    );
  }
};

/**
 * Bundles an entry file and stores the result under `directory` by its hash.
 * @throws MillraceError job-invalid with file and line when the code cannot be bundled.
 */
export const freezeJob = async (system: System, entry: string, directory: string): Promise<Artifact> => {
  const there = system.files.stat(entry);
  if (there?.directory === true) {
    throw new MillraceError('job-invalid', `The job's entry is a folder, not a file.`, {
      where: { file: entry },
      hint: 'Name the file in it whose default export is the job.',
    });
  }
  if (there === undefined) {
    throw new MillraceError('job-invalid', `The job's entry file does not exist.`, {
      where: { file: entry },
      hint: 'spec.job.entry is a path relative to the manifest.',
    });
  }
  const code = await bundle(entry);
  const sha256 = system.hashing.sha256(code);
  return { sha256, path: keepArtifact(system, directory, sha256, code) };
};
