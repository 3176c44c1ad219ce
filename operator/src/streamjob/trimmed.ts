import { withoutBookkeeping } from '../kube/cache.ts';
import type { ContainerStatus, ControllerRevision, Pod } from '../kube/kinds.ts';
import type { Stored } from '../kube/objects.ts';

/** Caches hold thousands of objects: of each, what is read of it and nothing else. */

const trimmedContainer = ({
  name,
  ready,
  restartCount,
  state,
  lastState,
}: ContainerStatus): ContainerStatus => ({
  name,
  ready,
  restartCount,
  state,
  lastState,
});

/** Without its template, which is that of its ReplicaSet. */
export const trimmedPod = (pod: Stored<Pod>): Stored<Pod> => {
  const { metadata, status, ...rest } = withoutBookkeeping(pod);
  const { phase, podIP, reason, message, conditions, initContainerStatuses, containerStatuses } =
    status ?? {};
  return {
    ...rest,
    metadata,
    spec: { containers: [], nodeName: pod.spec.nodeName },
    status: {
      ...(phase === undefined ? {} : { phase }),
      ...(podIP === undefined ? {} : { podIP }),
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      ...(conditions === undefined
        ? {}
        : { conditions: conditions.filter(({ type }) => type === 'PodScheduled' || type === 'Ready') }),
      ...(initContainerStatuses === undefined
        ? {}
        : { initContainerStatuses: initContainerStatuses.map(trimmedContainer) }),
      ...(containerStatuses === undefined
        ? {}
        : { containerStatuses: containerStatuses.map(trimmedContainer) }),
    },
  };
};

export const trimmedRevision = (revision: Stored<ControllerRevision>): Stored<ControllerRevision> =>
  withoutBookkeeping(revision);
