import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A program that is not part of what npm installs. */
export interface Tool {
  readonly name: string;
  readonly path: string;
  /** The command that gets it. */
  readonly command: string;
}

/** Outside of the checkout, so that all checkouts of a machine share what takes a quarter of an hour to build. */
export const clusterFolder = process.env['MILLRACE_CLUSTER'] ?? join(homedir(), '.cache/millrace/cluster');

const built = (name: string, program: string, command: string): Tool => ({
  name,
  path: join(clusterFolder, 'bin', program),
  command,
});

export const minioTool: Tool = built('MinIO', 'minio', 'npm run minio:build');
export const etcdTool: Tool = built('etcd', 'etcd', 'npm run cluster:build');
export const apiServerTool: Tool = built('kube-apiserver', 'kube-apiserver', 'npm run cluster:build');
export const kubeletTool: Tool = built('a node of Kubernetes', 'kubelet', 'npm run cluster:build');
export const helmTool: Tool = built('Helm', 'helm', 'npm run cluster:build');
export const kubectlTool: Tool = built('kubectl', 'kubectl', 'npm run cluster:build');

/** Of the machine, found as a shell finds it. */
export const goTool: Tool = {
  name: 'Go',
  path:
    (process.env['PATH'] ?? '')
      .split(delimiter)
      .map((folder) => join(folder, 'go'))
      .find((path) => existsSync(path)) ?? 'go',
  command: 'apt-get install golang-go',
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
