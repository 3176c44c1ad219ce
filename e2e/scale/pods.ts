import * as kinds from '../../operator/src/kube/kinds.ts';
import type { Stored } from '../../operator/src/kube/objects.ts';
import type { Transport } from '../../operator/src/kube/transport.ts';
import { roleLabel } from '../../operator/src/streamjob/names.ts';

/** What a coordinator's pod tells: where it is dialled, and the fingerprint of who answers there. */
export interface CoordinatorPod {
  readonly address: string;
  readonly fingerprint: string;
}

const yes = (type: string) => ({ type, status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' });
const startedAt = '2026-01-01T00:00:00Z';

const runningStatus = (set: kinds.ReplicaSet, { address, fingerprint }: CoordinatorPod) => {
  const { containers, initContainers = [] } = set.spec.template.spec as {
    readonly containers: readonly { readonly name: string; readonly image: string }[];
    readonly initContainers?: readonly { readonly name: string; readonly image: string }[];
  };
  const shared = { restartCount: 0, imageID: 'sha256:0' };
  return {
    phase: 'Running',
    podIP: address,
    podIPs: [{ ip: address }],
    hostIP: '10.0.0.1',
    startTime: startedAt,
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(yes),
    initContainerStatuses: initContainers.map(({ name, image }) => ({
      ...shared,
      name,
      image,
      ready: true,
      state: {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          message: JSON.stringify({ fingerprint }),
          startedAt,
          finishedAt: startedAt,
        },
      },
    })),
    containerStatuses: containers.map(({ name, image }) => ({
      ...shared,
      name,
      image,
      ready: true,
      started: true,
      containerID: 'containerd://0',
      state: { running: { startedAt } },
    })),
  };
};

/** Does for one ReplicaSet what its controller, a scheduler and a kubelet would: all its pods are there and run. */
export const runPods = async (
  client: Transport,
  set: Stored<kinds.ReplicaSet>,
  coordinator: CoordinatorPod,
): Promise<void> => {
  const { namespace = '', name, uid, labels } = set.metadata;
  const { replicas, template } = set.spec;
  const address = labels?.[roleLabel] === 'coordinator' ? coordinator.address : '10.0.0.2';
  for (let number = 0; number < replicas; number++) {
    const pod: kinds.Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...template.metadata,
        name: `${name}-${number}`,
        namespace,
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name,
            uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: { ...template.spec, nodeName: 'node' },
    };
    const made = await client.create(kinds.pods, pod);
    const said = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name: pod.metadata.name } };
    const status = runningStatus(set, { ...coordinator, address });
    await client.applyStatus(kinds.pods, { ...said, status } as never, { uid: made.metadata.uid });
  }
  const status = { replicas, readyReplicas: replicas, availableReplicas: replicas, observedGeneration: 1 };
  const said = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { namespace, name }, status };
  await client.applyStatus(kinds.replicaSets, said as never, { uid });
};
