import type { CoordinatorPlace } from '../coordinators/coordinators.ts';
import type { Pod } from '../kube/kinds.ts';
import type { Stored } from '../kube/objects.ts';
import { roleLabel } from './names.ts';

/** What the init container of a coordinator leaves as its last words. */
const fingerprintIn = (message: string | undefined): string | undefined => {
  try {
    const value: unknown = JSON.parse(message ?? '');
    const isThere = typeof value === 'object' && value !== null && 'fingerprint' in value;
    return isThere && typeof value.fingerprint === 'string' ? value.fingerprint : undefined;
  } catch {
    return undefined;
  }
};

/**
 * The coordinators that can be dialled. The fingerprint comes from the status of the pod, which only its kubelet writes: so nobody
 * who answers at that address later can be taken for it.
 */
export const coordinatorPlaces = (job: string, pods: readonly Stored<Pod>[]): readonly CoordinatorPlace[] =>
  pods.flatMap(({ metadata, status }) => {
    if (metadata.labels?.[roleLabel] !== 'coordinator') return [];
    const host = status?.podIP;
    const container = status?.initContainerStatuses?.find(({ name }) => name === 'certificate');
    const fingerprint = fingerprintIn(container?.state?.terminated?.message);
    return host === undefined || fingerprint === undefined
      ? []
      : [{ uid: metadata.uid, job, host, fingerprint }];
  });
