import type { ContainerStatus, Pod } from '../../kube/kinds.ts';
import type { Stored } from '../../kube/objects.ts';
import type { ObservedRevision } from '../observed.ts';

/** A program that ran for so long had begun well, and so will the next one. */
const beganWellMs = 5000;

/** Killed, not ended by its own decision and not for want of memory; the kubelet lets it wait all the same. */
const waitsForNothing = ({ state, lastState }: ContainerStatus): boolean => {
  const { exitCode = 0, reason, startedAt = '', finishedAt = '' } = lastState?.terminated ?? {};
  return (
    state?.waiting?.reason === 'CrashLoopBackOff' &&
    exitCode > 128 &&
    reason !== 'OOMKilled' &&
    Date.parse(finishedAt) - Date.parse(startedAt) >= beganWellMs
  );
};

/**
 * Pods in whose place another one begins at once: a kubelet starts a container that was ended twice after 10 s, then 20, up to 300, and that must not
 * be the time to recovery. What fails when it begins is left to the kubelet.
 */
export const heldBackPods = ({ coordinatorPods, workerPods }: ObservedRevision): readonly Stored<Pod>[] =>
  [...coordinatorPods, ...workerPods].filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined && status?.containerStatuses?.some(waitsForNothing) === true,
  );
