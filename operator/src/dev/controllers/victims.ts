import { type DevObject, listAt } from '../store/values.ts';

export const isReady = (pod: DevObject): boolean =>
  listAt(pod, 'status', 'conditions').some(({ type, status }) => type === 'Ready' && status === 'True');

/** Whether a pod counts for its set: it has not ended, and is not on its way out. */
export const isActive = ({ metadata, status }: DevObject): boolean =>
  metadata.deletionTimestamp === undefined &&
  status?.['phase'] !== 'Succeeded' &&
  status?.['phase'] !== 'Failed';

const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';

/** What makes a pod worth keeping, the weightiest first. */
const worthOf = (pod: DevObject): readonly number[] => {
  const restarts = listAt(pod, 'status', 'containerStatuses').map(({ restartCount }) => Number(restartCount));
  return [
    pod.spec?.['nodeName'] === undefined ? 0 : 1,
    pod.status?.['phase'] === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.[costAnnotation] ?? 0),
    -Math.max(0, ...restarts),
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
};

/** Pods in the order in which a set that has too many lets them go, as the real controller has it. */
export const inOrderOfDeletion = (pods: readonly DevObject[]): DevObject[] => {
  const weighed = pods.map((pod) => ({ pod, worth: worthOf(pod) }));
  weighed.sort((one, other) => {
    const at = one.worth.findIndex((value, i) => value !== other.worth[i]);
    return at < 0 ? 0 : (one.worth[at] ?? 0) - (other.worth[at] ?? 0);
  });
  return weighed.map(({ pod }) => pod);
};
