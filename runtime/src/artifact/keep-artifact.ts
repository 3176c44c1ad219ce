import { join } from 'node:path';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';

/** Where the module of this hash lies in a directory. */
export const artifactPath = (directory: string, sha256: string): string => join(directory, `${sha256}.mjs`);

/** Whether the module is there as it was written: a machine that stops may leave less behind. */
export const hasArtifact = (system: System, directory: string, sha256: string): boolean => {
  const path = artifactPath(directory, sha256);
  return (
    system.files.stat(path) !== undefined &&
    system.hashing.sha256(new TextEncoder().encode(system.files.readText(path))) === sha256
  );
};

/**
 * Keeps a frozen module in a directory, by its hash, and gives its path.
 * @throws MillraceError io when the bytes have another hash.
 */
export const keepArtifact = (system: System, directory: string, sha256: string, code: Uint8Array): string => {
  const found = system.hashing.sha256(code);
  if (found !== sha256) {
    throw new MillraceError(
      'io',
      `The code of the job is not what was announced: its sha256 is ${found}, not ${sha256}.`,
      { hint: 'It was changed or damaged on its way; start the job again.' },
    );
  }
  const path = artifactPath(directory, sha256);
  if (hasArtifact(system, directory, sha256)) return path;
  system.files.makeDirectory(directory);
  const partial = `${path}.${system.random.id()}`;
  const file = system.files.open(partial, 'write');
  file.write(code);
  file.close();
  system.files.rename(partial, path);
  return path;
};
