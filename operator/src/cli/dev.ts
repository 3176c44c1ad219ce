/**
 * `cli` is what people type. `millrace dev` runs the whole operator on a laptop: a cluster in memory, pods as processes, and a
 * kubeconfig with which a real kubectl reaches it.
 */
import type { System } from '../../../runtime/src/sys/system.ts';
import type { Logger } from '../../../runtime/src/telemetry/logger.ts';
import { createCoordinatorClient } from '../coordinators/coordinator-client.ts';
import { type DevCluster, startDevCluster } from '../dev/cluster.ts';
import { StoreClient } from '../dev/store-client.ts';
import { Operator } from '../operator.ts';
import { ports } from '../streamjob/resources/render-settings.ts';

export interface DevOptions {
  readonly system: System;
  readonly logger: Logger;
  /** Where the kubeconfig and the folders of pods are made. */
  readonly directory: string;
  /** What paths of jobs start from. */
  readonly codeDirectory: string;
  /** A program of ours, by the name under which images have it: `coordinator`, `worker` … */
  programAt(name: string): string;
  /** Of the API server; 0 takes a free one. */
  readonly port: number;
  /** What stores know the cluster by; absent = `dev`. */
  readonly clusterId?: string;
}

export interface Dev {
  readonly cluster: DevCluster;
  stop(): Promise<void>;
}

/** Who the operator is to coordinators. */
const operatorName = 'millrace-operator';
const validMs = 30 * 24 * 3_600_000;

/** Starts a cluster on this machine and the operator in it. Rejects when its port or its directory cannot be had. */
export const startDev = async (options: DevOptions): Promise<Dev> => {
  const { system, logger } = options;
  const cluster = await startDevCluster(options);
  const nowMs = system.clock.nowMs();
  const valid = { fromMs: nowMs - 60_000, untilMs: nowMs + validMs };
  const authority = system.certificates.createAuthority('millrace dev operator', valid);
  const names = { subject: 'millrace operator', hosts: [operatorName] };
  const own = system.certificates.issue(names, valid, authority);
  const operator = new Operator({
    system,
    logger,
    client: new StoreClient(cluster.store, system.timers),
    leaseClient: new StoreClient(cluster.store, system.timers),
    identity: 'dev',
    watchNamespaces: undefined,
    render: {
      runtimeImage: 'millrace',
      imagePullPolicy: 'IfNotPresent',
      clusterId: options.clusterId ?? 'dev',
      operatorNamespace: 'default',
      operatorAuthority: authority.certificate,
      sharesFiles: true,
    },
    dial: ({ host, fingerprint }) =>
      createCoordinatorClient(system, { host, port: ports.control }, { fingerprint, identity: () => own }),
  });
  operator.start();
  return {
    cluster,
    stop: async () => {
      await operator.stop();
      await cluster.stop();
    },
  };
};
