import { type ApiServer, startApiServer } from '../../../e2e/cluster/api-server.ts';
import { kubectl } from '../../../e2e/cluster/kubectl.ts';

export const apiVersion = 'millrace.dev/v1alpha1';
export const definitionsFolder: string = new URL('../../../crds/', import.meta.url).pathname;

/** A real API server that has been told of our kinds. */
export const startWithDefinitions = async (): Promise<ApiServer> => {
  const server = await startApiServer();
  await kubectl(server.kubeconfig, ['apply', '-k', definitionsFolder]);
  await kubectl(server.kubeconfig, ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  return server;
};

/** A StreamJob as kubectl reads it. */
export const job = (name: string, spec: object): string =>
  JSON.stringify({
    apiVersion,
    kind: 'StreamJob',
    metadata: { name },
    spec: { job: { entry: 'a.ts' }, checkpoint: { store: { s3: { bucket: 'snapshots' } } }, ...spec },
  });
