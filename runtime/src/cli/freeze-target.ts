import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Artifact, freezeJob } from '../artifact/freeze.ts';
import type { CommandIo } from './command-io.ts';
import type { JobTarget } from './job-target.ts';

const notWritable: readonly unknown[] = ['EACCES', 'EROFS', 'EPERM'];

/** Freezes a job beside its manifest; in the system's temporary directory where that cannot be written. */
export const freezeTarget = async (io: CommandIo, target: JobTarget): Promise<Artifact> => {
  try {
    return await freezeJob(io.system, target.entry, join(target.baseDirectory, '.millrace', 'artifacts'));
  } catch (error) {
    if (!notWritable.includes((error as { readonly code?: unknown }).code)) throw error;
    return await freezeJob(io.system, target.entry, join(tmpdir(), 'millrace', 'artifacts'));
  }
};
