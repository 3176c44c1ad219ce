import { join } from 'node:path';
import type { System } from '../../../runtime/src/sys/system.ts';
import { type ApiServer, serveApi } from './api/server.ts';
import { collectGarbage } from './controllers/garbage.ts';
import { runReplicaSets } from './controllers/replica-sets.ts';
import { ProcessKubelet } from './kubelet/process-kubelet.ts';
import { claimNetwork } from './network.ts';
import { Services } from './services.ts';
import { namespaceKind } from './store/kinds.ts';
import { ObjectStore } from './store/object-store.ts';

export interface DevClusterOptions {
  readonly system: System;
  /** Where the kubeconfig and the folders of pods are made. */
  readonly directory: string;
  /** Where code lies that no image brings. */
  readonly codeDirectory: string;
  /** A program of ours, by the name under which images have it: `coordinator`, `worker` … */
  programAt(name: string): string;
  /** Of the API server; 0 takes a free one. */
  readonly port: number;
}

/** A whole cluster in this process: what is applied to its store runs as processes of this machine. */
export interface DevCluster {
  readonly store: ObjectStore;
  /** A file for kubectl. */
  readonly kubeconfigPath: string;
  /** Where a service is reached; undefined = there is none. */
  addressOf(namespace: string, name: string): string | undefined;
  /** Ends the processes of a pod at once, as if somebody had killed them. */
  kill(namespace: string, name: string): void;
  /** Ends all pods at once, and then all else. */
  stop(): Promise<void>;
}

const controllerDelayMs = 5;

/** Starts a cluster. Rejects when its port or its directory cannot be had. */
export const startDevCluster = async (options: DevClusterOptions): Promise<DevCluster> => {
  const { system, directory, codeDirectory, programAt, port } = options;
  const store = new ObjectStore(system);
  store.create(namespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const network = await claimNetwork(system);
  const services = new Services(system, store, (number) => network.serviceAddress(number));
  const kubelet = new ProcessKubelet({
    system,
    store,
    directory: join(directory, 'pods'),
    codeDirectory,
    programAt,
    podAddress: (number) => network.podAddress(number),
    serviceAt: (namespace, name) => services.addressOf(namespace, name),
  });
  const stopSets = runReplicaSets(store, system.timers, { delayMs: controllerDelayMs });
  const stopGarbage = collectGarbage(store, system.timers, controllerDelayMs);
  const api: ApiServer = await serveApi({
    system,
    store,
    port,
    readLogs: ({ namespace = '', name = '' }, { container, follow }, onText, onEnd) =>
      kubelet.find(namespace, name)?.logOf(container)?.read(follow, onText, onEnd),
  });
  const kubeconfigPath = join(directory, 'kubeconfig');
  system.files.makeDirectory(directory);
  const file = system.files.open(kubeconfigPath, 'write');
  file.write(new TextEncoder().encode(api.kubeconfig));
  file.close();
  return {
    store,
    kubeconfigPath,
    addressOf: (namespace, name) => services.addressOf(namespace, name),
    kill: (namespace, name) => kubelet.find(namespace, name)?.kill(),
    stop: async () => {
      stopSets();
      stopGarbage();
      kubelet.stop();
      await services.stop();
      await api.close();
      await network.release();
    },
  };
};
