import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Artifact, freezeJob } from '../artifact/freeze.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { CommandIo } from './command-io.ts';
import type { JobTarget } from './job-target.ts';

/** Elsewhere, under a name that nobody can have taken before: what lies there will be run. */
const freezeInTemporary = async ({ system }: CommandIo, { entry }: JobTarget): Promise<Artifact> => {
  const directory = join(tmpdir(), `millrace-${system.random.id()}`);
  try {
    return await freezeJob(system, entry, directory);
  } catch (error) {
    if (MillraceError.is(error)) throw error;
    throw new MillraceError('io', `The bundled job cannot be written: ${reasonOf(error)}`, {
      cause: error,
      where: { folder: directory },
      hint: 'Make room on that disk, or let TMPDIR name a folder that can be written.',
    });
  }
};

/**
 * Freezes a job beside its manifest; in the system's temporary directory where that cannot be written.
 * @throws MillraceError job-invalid for code that cannot be bundled, io when there is no room anywhere.
 */
export const freezeTarget = async (io: CommandIo, target: JobTarget): Promise<Artifact> => {
  try {
    return await freezeJob(io.system, target.entry, join(target.baseDirectory, '.millrace', 'artifacts'));
  } catch (error) {
    if (MillraceError.is(error)) throw error;
    return await freezeInTemporary(io, target);
  }
};
