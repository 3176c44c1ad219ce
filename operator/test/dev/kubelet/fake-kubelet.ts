import type { Timers } from '../../../../runtime/src/sys/system.ts';
import { follow } from '../../../src/dev/controllers/by-owner.ts';
import {
  type ContainerReport,
  nodeName,
  type PodReport,
  podStatus,
  waitingContainers,
} from '../../../src/dev/kubelet/pod-report.ts';
import { podKind } from '../../../src/dev/store/kinds.ts';
import type { ObjectStore } from '../../../src/dev/store/object-store.ts';
import { type DevObject, listAt, placeOf } from '../../../src/dev/store/values.ts';
import type { ObjectName } from '../../../src/kube/client.ts';

/** What becomes of a pod. */
export type PodFate =
  /** It runs; `isReady: false` = it never says that it is ready. Its init containers leave these messages, by name. */
  | {
      readonly kind: 'runs';
      readonly isReady?: boolean;
      readonly messages?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'crashes';
      readonly exitCode: number;
      readonly reason: string;
      readonly message?: string;
    }
  /** Its containers leave this message. */
  | { readonly kind: 'completes'; readonly message?: string }
  | { readonly kind: 'noImage'; readonly message: string }
  | { readonly kind: 'unschedulable'; readonly message: string };

export interface FakeKubeletOptions {
  /** From one step of a pod to the next: to be on a node, to run, to be ready, to end. */
  readonly stepMs: number;
  readonly fateOf?: ((pod: DevObject) => PodFate) | undefined;
}

/** How long a container that crashes again and again is left alone, as a real kubelet does it. */
const firstBackOffMs = 10_000;
const longestBackOffMs = 300_000;

/**
 * Says of pods what a kubelet would say if it ran them; nothing runs. Everything takes some time, and what becomes of a pod is asked when its
 * turn comes, so that a test can change its mind.
 */
export class FakeKubelet {
  private readonly store: ObjectStore;
  private readonly timers: Timers;
  private readonly stepMs: number;
  private readonly fateOf: (pod: DevObject) => PodFate;
  private readonly known = new Set<string>();
  private readonly stopFollowing: () => void;
  private addresses = 0;
  private isStopped = false;

  constructor(store: ObjectStore, timers: Timers, { stepMs, fateOf }: FakeKubeletOptions) {
    this.store = store;
    this.timers = timers;
    this.stepMs = stepMs;
    this.fateOf = fateOf ?? (() => ({ kind: 'runs' }));
    this.stopFollowing = follow(store, [podKind], (_kind, _before, after) => this.note(after));
  }

  /** Nothing is said any more, as of a node that is lost. */
  stop(): void {
    this.isStopped = true;
    this.stopFollowing();
  }

  /** Says of a pod that runs whether it is ready. */
  setReady(at: ObjectName, ready: boolean): void {
    const pod = this.store.find(podKind, at);
    if (pod !== undefined) this.report(pod, runningReport(pod, ready, this.addressOf(pod), {}));
  }

  /** Ends the containers of a pod, which start again after their back-off. */
  crash(at: ObjectName, exitCode: number, reason: string, message?: string): void {
    const pod = this.store.find(podKind, at);
    if (pod !== undefined)
      this.crashNow(pod, {
        kind: 'crashes',
        exitCode,
        reason,
        ...(message === undefined ? {} : { message }),
      });
  }

  private note(pod: DevObject | undefined): void {
    if (pod === undefined) return;
    const { uid, deletionTimestamp } = pod.metadata;
    const key = deletionTimestamp === undefined ? uid : `${uid} leaves`;
    if (this.known.has(key)) return;
    this.known.add(key);
    if (deletionTimestamp === undefined) this.next(pod, (now) => this.schedule(now));
    else this.next(pod, () => void this.store.remove(podKind, placeOf(pod), { uid }, 0));
  }

  /** The next step of a pod, if it is still there by then. */
  private next(pod: DevObject, act: (now: DevObject) => void, delayMs = this.stepMs): void {
    this.timers.after(delayMs, () => {
      const now = this.store.find(podKind, placeOf(pod));
      if (!this.isStopped && now?.metadata.uid === pod.metadata.uid) act(now);
    });
  }

  private schedule(pod: DevObject): void {
    const fate = this.fateOf(pod);
    const init = waitingContainers(pod, 'initContainers', 'PodInitializing');
    const containers = waitingContainers(pod, 'containers', 'ContainerCreating');
    if (fate.kind === 'unschedulable') {
      this.report(pod, { phase: 'Pending', unschedulable: fate.message, init: [], containers: [] });
      this.next(pod, (now) => this.schedule(now), firstBackOffMs);
      return;
    }
    this.report(pod, { phase: 'Pending', init, containers }, true);
    this.next(pod, (now) => this.start(now));
  }

  private start(pod: DevObject): void {
    const fate = this.fateOf(pod);
    if (fate.kind === 'noImage') {
      const state = { waiting: { reason: 'ImagePullBackOff', message: fate.message } };
      const init = waitingContainers(pod, 'initContainers', 'PodInitializing');
      const containers = waitingContainers(pod, 'containers', 'ContainerCreating');
      this.report(pod, { phase: 'Pending', init, containers: containers.map((one) => ({ ...one, state })) });
      this.next(pod, (now) => this.start(now), firstBackOffMs);
      return;
    }
    const messages = fate.kind === 'runs' ? (fate.messages ?? {}) : {};
    this.report(pod, runningReport(pod, false, this.addressOf(pod), messages));
    this.next(pod, (now) => this.carryOut(now, this.fateOf(now)));
  }

  private carryOut(pod: DevObject, fate: PodFate): void {
    if (fate.kind === 'crashes') this.crashNow(pod, fate);
    else if (fate.kind === 'completes') this.complete(pod, fate.message);
    else if (fate.kind === 'runs' && fate.isReady !== false)
      this.report(pod, runningReport(pod, true, this.addressOf(pod), {}));
  }

  private complete(pod: DevObject, message: string | undefined): void {
    const report = runningReport(pod, false, this.addressOf(pod), {});
    const terminated = {
      exitCode: 0,
      reason: 'Completed',
      finishedAt: this.store.nowText(),
      ...(message === undefined ? {} : { message }),
    };
    const containers = report.containers.map((container) => ({ ...container, state: { terminated } }));
    this.report(pod, { ...report, phase: 'Succeeded', containers });
  }

  private crashNow(pod: DevObject, { exitCode, reason, message }: PodFate & { kind: 'crashes' }): void {
    const finishedAt = this.store.nowText();
    const terminated = { exitCode, reason, finishedAt, ...(message === undefined ? {} : { message }) };
    const report = runningReport(pod, false, this.addressOf(pod), {});
    const isOnce = pod.spec?.['restartPolicy'] === 'Never';
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' };
    const containers = report.containers.map((container) => ({
      ...container,
      restartCount: container.restartCount + (isOnce ? 0 : 1),
      state: isOnce ? { terminated } : { waiting },
      lastState: isOnce ? undefined : { terminated },
    }));
    this.report(pod, { ...report, phase: isOnce ? 'Failed' : 'Running', containers });
    const restarts = containers[0]?.restartCount ?? 1;
    const backOffMs = Math.min(longestBackOffMs, firstBackOffMs * 2 ** (restarts - 1));
    if (!isOnce) this.next(pod, (now) => this.start(now), backOffMs);
  }

  private addressOf(pod: DevObject): string {
    const known = pod.status?.['podIP'];
    if (typeof known === 'string') return known;
    this.addresses++;
    return `10.0.${this.addresses >> 8}.${this.addresses & 255}`;
  }

  private report(pod: DevObject, report: PodReport, onNode = false): void {
    const nowText = this.store.nowText();
    this.store.change(podKind, placeOf(pod), 'all', { uid: pod.metadata.uid }, (live) => ({
      ...live,
      spec: onNode ? { ...live.spec, nodeName } : live.spec,
      status: podStatus(live, report, nowText),
    }));
  }
}

const restartsOf = (pod: DevObject, name: string): Pick<ContainerReport, 'restartCount' | 'lastState'> => {
  const known = listAt(pod, 'status', 'containerStatuses').find((status) => status['name'] === name);
  const lastState = known?.['lastState'] as ContainerReport['lastState'];
  return {
    restartCount: Number(known?.['restartCount'] ?? 0),
    ...(lastState === undefined ? {} : { lastState }),
  };
};

/** A pod whose init containers have done their work and whose containers run. */
const runningReport = (
  pod: DevObject,
  ready: boolean,
  podIP: string,
  messages: Readonly<Record<string, string>>,
): PodReport => ({
  phase: 'Running',
  podIP,
  init: waitingContainers(pod, 'initContainers', '').map((container) => {
    const known = listAt(pod, 'status', 'initContainerStatuses').find(({ name }) => name === container.name);
    const message = messages[container.name];
    const terminated = { exitCode: 0, reason: 'Completed', ...(message === undefined ? {} : { message }) };
    const before = known?.['ready'] === true ? (known['state'] as ContainerReport['state']) : undefined;
    return { ...container, ready: true, state: before ?? { terminated } };
  }),
  containers: waitingContainers(pod, 'containers', '').map((container) => ({
    ...container,
    ...restartsOf(pod, container.name),
    ready,
    state: { running: {} },
  })),
});
