/**
 * `kubelet` runs pods: one starts processes of this machine, the other only says that it does. Both *report* what a pod does, and the
 * status follows from it as a real kubelet would write it.
 */
import type { ContainerState } from '../../kube/kinds.ts';
import { type DevObject, type Fields, listAt } from '../store/values.ts';

export interface ContainerReport {
  readonly name: string;
  readonly image: unknown;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: ContainerState;
  readonly lastState?: ContainerState | undefined;
}

export interface PodReport {
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  /** Why no node was found; absent = it is on one. */
  readonly unschedulable?: string | undefined;
  readonly podIP?: string | undefined;
  readonly init: readonly ContainerReport[];
  readonly containers: readonly ContainerReport[];
}

/** The node that all pods are on. */
export const nodeName = 'local';

/** Containers as they are before anything has happened to them. */
export const waitingContainers = (
  pod: DevObject,
  list: 'containers' | 'initContainers',
  reason: string,
): ContainerReport[] =>
  listAt(pod, 'spec', list).map(({ name, image }) => ({
    name: String(name),
    image,
    ready: false,
    restartCount: 0,
    state: { waiting: { reason } },
  }));

const conditionsOf = (report: PodReport): Fields[] => {
  const { unschedulable } = report;
  const say = (type: string, holds: boolean, reason: string, message?: string): Fields => ({
    type,
    status: holds ? 'True' : 'False',
    ...(holds ? {} : { reason, ...(message === undefined ? {} : { message }) }),
  });
  const scheduled = say('PodScheduled', unschedulable === undefined, 'Unschedulable', unschedulable);
  if (unschedulable !== undefined) return [scheduled];
  const unready = report.containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const isInitialized = report.init.every(({ ready }) => ready);
  const message = `containers with unready status: [${unready.join(' ')}]`;
  const isReady = report.phase === 'Running' && isInitialized && unready.length === 0;
  return [
    scheduled,
    say('Initialized', isInitialized, 'ContainersNotInitialized'),
    say('ContainersReady', isReady, 'ContainersNotReady', message),
    say('Ready', isReady, 'ContainersNotReady', message),
  ];
};

const statusOf = ({ state, lastState, ...report }: ContainerReport): Fields => ({
  ...report,
  started: state.running !== undefined,
  state,
  ...(lastState === undefined ? {} : { lastState }),
});

/** The status of a pod; conditions that are as they were keep their time. */
export const podStatus = (pod: DevObject, report: PodReport, nowText: string): Fields => {
  const known = listAt(pod, 'status', 'conditions');
  const conditions = conditionsOf(report).map((condition) => {
    const before = known.find(({ type }) => type === condition['type']);
    const isSame = before !== undefined && before['status'] === condition['status'];
    return { ...condition, lastTransitionTime: isSame ? before['lastTransitionTime'] : nowText };
  });
  return {
    phase: report.phase,
    ...(report.unschedulable === undefined ? { startTime: pod.status?.['startTime'] ?? nowText } : {}),
    ...(report.podIP === undefined ? {} : { podIP: report.podIP, podIPs: [{ ip: report.podIP }] }),
    conditions,
    ...(report.init.length === 0 ? {} : { initContainerStatuses: report.init.map(statusOf) }),
    containerStatuses: report.containers.map(statusOf),
  };
};
