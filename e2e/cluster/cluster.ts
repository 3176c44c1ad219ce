import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterFolder, demand, kubeletTool } from '../harness/tools.ts';
import { pause } from '../harness/wait.ts';
import { kubectl } from './kubectl.ts';

/** The node of this machine: there is one, shared by all that run on it. */
export interface Cluster {
  readonly kubeconfig: string;
  /** @throws Error with what kubectl says when it ends with anything but 0 */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Makes objects, or changes them. */
  apply(objects: readonly object[]): Promise<void>;
  /** Runs a command inside, where pods and services answer and processes of pods are seen. */
  inside(command: readonly string[]): Promise<string>;
  /** `kill -9` of the first process of a container. */
  killContainer(namespace: string, pod: string, container: string): Promise<void>;
  down(): Promise<void>;
}

const program = fileURLToPath(new URL('./node', import.meta.url));
const ctr = join(clusterFolder, 'bin/ctr');

const run = (words: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(program, words, { maxBuffer: 2 ** 26 }, (error, output, errors) => {
      if (error === null) resolve(output);
      else reject(new Error(`node ${words.join(' ')}: ${errors.slice(-2000)}`, { cause: error }));
    });
  });

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
}

const containerIdOf = (text: string, container: string): string => {
  const { containerStatuses = [] } = (
    JSON.parse(text) as { readonly status: { readonly containerStatuses?: readonly ContainerStatus[] } }
  ).status;
  const found = containerStatuses.find(({ name }) => name === container)?.containerID;
  if (found === undefined) throw new Error(`The container ${container} does not run.`);
  return found.replace('containerd://', '');
};

/**
 * Brings the node up, if it is not.
 * @throws Error with the end of what it says when it cannot.
 */
export const startCluster = async (): Promise<Cluster> => {
  demand(kubeletTool);
  await run(['up']);
  const kubeconfig = join(clusterFolder, 'state/admin.kubeconfig');
  const ask = (args: readonly string[], input?: string): Promise<string> => kubectl(kubeconfig, args, input);
  const inside = (command: readonly string[]): Promise<string> => run(['exec', ...command]);
  return {
    kubeconfig,
    kubectl: ask,
    apply: async (objects) => {
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      await ask(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(list));
    },
    inside,
    killContainer: async (namespace, pod, container) => {
      const text = await ask(['-n', namespace, 'get', 'pod', pod, '-o', 'json']);
      const id = containerIdOf(text, container);
      const tasks = await inside([ctr, '--namespace', 'k8s.io', 'tasks', 'list']);
      const processId = new RegExp(`^${id}\\s+(\\d+)`, 'm').exec(tasks)?.[1];
      if (processId === undefined) throw new Error(`The container ${container} of ${pod} has no process.`);
      await inside(['kill', '-9', processId]);
    },
    down: async () => {
      await run(['down']);
    },
  };
};

const lookMs = 50;

/** Waits until something is so; `what` says it in the error. @throws Error when it was not within the limit */
export const waitFor = async (
  what: string,
  limitMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> => {
  const lastMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > lastMs) throw new Error(`It took longer than ${limitMs / 1000} s: ${what}.`);
    await pause(lookMs);
  }
};
