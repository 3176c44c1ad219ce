#!/usr/bin/env node
/** The program of the operator: parse, wire, run. */
import { join } from 'node:path';
import { reasonOf } from '../../runtime/src/contract/reason.ts';
import { createNodeSystem } from '../../runtime/src/sys/node-system.ts';
import { createLogger } from '../../runtime/src/telemetry/logger.ts';
import { operatorConfiguration } from './configuration.ts';
import { createCoordinatorClient } from './coordinators/coordinator-client.ts';
import type { CoordinatorPlace } from './coordinators/coordinators.ts';
import { inClusterAccess, isInCluster } from './kube/in-cluster.ts';
import { kubeConfigAccess } from './kube/kube-config.ts';
import { Transport } from './kube/transport.ts';
import { Operator } from './operator.ts';
import { OperatorMetrics } from './probes/metrics.ts';
import { serveProbes } from './probes/serve.ts';
import { ports } from './streamjob/resources/render-settings.ts';

process.setSourceMapsEnabled(true);

const system = createNodeSystem();
const write = (line: string): void => void process.stderr.write(line);

const run = async (): Promise<void> => {
  const configuration = operatorConfiguration(process.env);
  const { clientTlsDirectory, logLevel, identity, watchNamespaces, healthPort, lookTokenFile } =
    configuration;
  const metrics = new OperatorMetrics();
  const logger = createLogger({ clock: system.clock, level: logLevel, json: true, write });
  const access = isInCluster(process.env) ? inClusterAccess(system, process.env) : kubeConfigAccess(system);
  const read = (name: string): string => system.files.readText(join(clientTlsDirectory, name));
  const client = new Transport({ system, access, onCall: (report) => metrics.onCall(report) });
  const operator = new Operator({
    system,
    logger,
    client,
    leaseClient: new Transport({ system, access, callTimeoutMs: 5000 }),
    identity,
    watchNamespaces,
    onWorked: (report) => metrics.onWorked(report),
    render: {
      runtimeImage: configuration.runtimeImage,
      imagePullPolicy: configuration.imagePullPolicy,
      clusterId: configuration.clusterId,
      operatorNamespace: configuration.namespace,
      operatorAuthority: read('ca.crt'),
    },
    dial: ({ host, fingerprint }: CoordinatorPlace) =>
      createCoordinatorClient(
        system,
        { host, port: ports.control },
        { fingerprint, identity: () => ({ certificate: read('tls.crt'), key: read('tls.key') }) },
      ),
  });
  const ended = Promise.withResolvers<void>();
  process.on('SIGTERM', () => void operator.stop().then(ended.resolve, ended.reject));
  process.on('SIGINT', () => void operator.stop().then(ended.resolve, ended.reject));
  await serveProbes({
    system,
    logger,
    metrics,
    operator: {
      queue: operator.queue,
      isLeading: () => operator.candidate.isLeading,
      reflectors: () => operator.controller.caches.reflectors,
    },
    port: healthPort,
    token: lookTokenFile === undefined ? undefined : system.files.readText(lookTokenFile).trim(),
  });
  operator.start();
  logger.info('The operator has started');
  await ended.promise;
};

await run().catch((error: unknown) => {
  write(`${reasonOf(error)}\n`);
  process.exitCode = 1;
});
process.exit();
