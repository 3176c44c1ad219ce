import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterFolder, demand, kubeletTool } from '../harness/tools.ts';
import { pause } from '../harness/wait.ts';
import { kubectl, tryKubectl } from './kubectl.ts';

/** The node of this machine: there is one, shared by all that run on it. */
export interface Cluster {
  readonly kubeconfig: string;
  /** @throws Error with what kubectl says when it ends with anything but 0 */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Makes objects, or changes them. */
  apply(objects: readonly object[]): Promise<void>;
  /** Runs a command inside, where pods and services answer and processes of pods are seen. */
  inside(command: readonly string[]): Promise<string>;
  /** The number of the first process of a container, inside. */
  processOf(namespace: string, pod: string, container: string): Promise<string>;
  /** `kill -9` of that. */
  killContainer(namespace: string, pod: string, container: string): Promise<void>;
  /** Ends one of its programs (SIGTERM), such as `apiserver` or `kubelet`. */
  stop(component: string): Promise<void>;
  /** Begins it again, and waits until the API answers. */
  start(component: string): Promise<void>;
  restart(component: string): Promise<void>;
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

const answersWithinMs = 60_000;

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
  const processOf = async (namespace: string, pod: string, container: string): Promise<string> => {
    const text = await ask(['-n', namespace, 'get', 'pod', pod, '-o', 'json']);
    const id = containerIdOf(text, container);
    const tasks = await inside([ctr, '--namespace', 'k8s.io', 'tasks', 'list']);
    const processId = new RegExp(`^${id}\\s+(\\d+)`, 'm').exec(tasks)?.[1];
    if (processId === undefined) throw new Error(`The container ${container} of ${pod} has no process.`);
    return processId;
  };
  const stop = async (component: string): Promise<void> => {
    await run(['stop', component]);
  };
  const start = async (component: string): Promise<void> => {
    await run(['start', component]);
    await waitFor('the API answers', answersWithinMs, async () => {
      const { code } = await tryKubectl(kubeconfig, ['get', '--raw', '/readyz']);
      return code === 0;
    });
  };
  return {
    kubeconfig,
    kubectl: ask,
    apply: async (objects) => {
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      await ask(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(list));
    },
    inside,
    processOf,
    killContainer: async (namespace, pod, container) => {
      await inside(['kill', '-9', await processOf(namespace, pod, container)]);
    },
    stop,
    start,
    restart: async (component) => {
      await stop(component);
      await start(component);
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
