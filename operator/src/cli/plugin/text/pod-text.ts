import type { Pod } from '../../../kube/kinds.ts';
import { ageText } from './age.ts';

/** A pod in one word, as kubectl's users know it. */
const stateOf = ({ metadata, status }: Pod): string => {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const reason = containers
    .map(
      ({ state }) =>
        state?.waiting?.reason ?? (state?.terminated?.exitCode === 0 ? undefined : state?.terminated?.reason),
    )
    .find((known) => known !== undefined && known !== 'PodInitializing');
  return reason ?? status?.reason ?? status?.phase ?? 'Pending';
};

/** A pod in a line: what it is called, how it is, how often it was started again, how old it is. */
export const podText = (pod: Pod, nowMs: number): string => {
  const restarts = (pod.status?.containerStatuses ?? []).reduce(
    (sum, { restartCount }) => sum + restartCount,
    0,
  );
  const isReady =
    pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  return [
    pod.metadata.name,
    stateOf(pod),
    isReady ? 'ready' : 'not ready',
    ...(restarts === 0 ? [] : [`${restarts} restarts`]),
    ageText(pod.metadata.creationTimestamp, nowMs),
  ].join('  ');
};
