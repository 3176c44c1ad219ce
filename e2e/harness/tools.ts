import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A program that is not part of what npm installs. */
export interface Tool {
  readonly name: string;
  readonly path: string;
  /** The command that gets it. */
  readonly command: string;
}

export const minioTool: Tool = {
  name: 'MinIO',
  path: fileURLToPath(new URL('../../.cache/bin/minio', import.meta.url)),
  command: 'npm run minio:build',
};

/**
 * Whether tests that need a tool are skipped: when it is absent, except in CI, where they fail. The name of their suite is to
 * end with `(${getting(tool)})`: the end of a run shows it.
 */
export const isSkipped = ({ path }: Tool): boolean => process.env['CI'] === undefined && !existsSync(path);

export const getting = ({ command }: Tool): string => `${command} gets it`;

/** @throws Error with the command that gets the tool, when it is absent. */
export const demand = ({ name, path, command }: Tool): void => {
  if (!existsSync(path)) throw new Error(`${name} is not at ${path}: ${command} gets it.`);
};
