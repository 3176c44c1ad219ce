import { join } from 'node:path';
import type { System } from '../../../../runtime/src/sys/system.ts';
import { follow } from '../controllers/by-owner.ts';
import { kindOf, podKind } from '../store/kinds.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type DevObject, fieldsAt, placeOf } from '../store/values.ts';
import { nodeName, type PodReport, podStatus } from './pod-report.ts';
import { ProcessPod } from './process-pod.ts';
import type { Sandbox } from './sandbox.ts';

export interface ProcessKubeletOptions {
  readonly system: System;
  readonly store: ObjectStore;
  /** Where the folders of pods are made. */
  readonly directory: string;
  readonly codeDirectory: string;
  /** A program of ours, by the name under which images have it. */
  programAt(name: string): string;
  /** Of the pod of a number, from 1. */
  podAddress(number: number): string;
  /** What a service is reached at. */
  serviceAt(namespace: string, name: string): string | undefined;
}

/** Runs all pods as processes of this machine, each with an address of its own. */
export class ProcessKubelet {
  private readonly options: ProcessKubeletOptions;
  private readonly pods = new Map<string, ProcessPod>();
  private readonly stopFollowing: () => void;
  private addresses = 0;

  constructor(options: ProcessKubeletOptions) {
    this.options = options;
    this.stopFollowing = follow(options.store, [podKind], (_kind, before, after) => {
      // Not inside of the change that is being told.
      options.system.timers.soon(() => this.note(before, after));
    });
  }

  /** The pod of a name, for its logs. */
  find(namespace: string, name: string): ProcessPod | undefined {
    const pod = this.options.store.find(podKind, { namespace, name });
    return pod === undefined ? undefined : this.pods.get(pod.metadata.uid);
  }

  /** Ends all processes at once. */
  stop(): void {
    this.stopFollowing();
    for (const pod of this.pods.values()) pod.kill();
  }

  private note(before: DevObject | undefined, after: DevObject | undefined): void {
    const { metadata } = (after ?? before) as DevObject;
    const running = this.pods.get(metadata.uid);
    if (after === undefined) running?.kill();
    else if (running === undefined && metadata.deletionTimestamp === undefined) this.start(after);
    else if (metadata.deletionTimestamp !== undefined)
      running?.leave((metadata.deletionGracePeriodSeconds ?? 30) * 1_000);
  }

  private start(pod: DevObject): void {
    const { uid } = pod.metadata;
    if (this.options.store.find(podKind, placeOf(pod))?.metadata.uid !== uid) return;
    const running = new ProcessPod(
      this.options.system,
      this.sandboxOf(pod),
      (report) => this.report(pod, report),
      () => this.ended(pod),
    );
    this.pods.set(uid, running);
    running.start();
  }

  private ended(pod: DevObject): void {
    const { uid } = pod.metadata;
    this.pods.delete(uid);
    this.options.store.remove(podKind, placeOf(pod), { uid }, 0);
  }

  private report(pod: DevObject, report: PodReport): void {
    const { store } = this.options;
    const place = placeOf(pod);
    const { uid } = pod.metadata;
    if (store.find(podKind, place)?.metadata.uid !== uid) return;
    store.change(podKind, place, 'all', { uid }, (live) => ({
      ...live,
      spec: { ...live.spec, nodeName },
      status: podStatus(live, report, store.nowText()),
    }));
  }

  private sandboxOf(pod: DevObject): Sandbox {
    const { directory, codeDirectory, programAt, serviceAt } = this.options;
    const { uid, namespace = '' } = pod.metadata;
    this.addresses++;
    return {
      pod,
      address: this.options.podAddress(this.addresses),
      volumeAt: (name) => join(directory, uid, 'volumes', name),
      containerAt: (name) => join(directory, uid, 'containers', name),
      serviceAt: (name) => serviceAt(namespace, name),
      dataOf: (kind, name) => this.dataOf(kind, namespace, name),
      programAt,
      codeDirectory,
    };
  }

  private dataOf(
    kind: 'ConfigMap' | 'Secret',
    namespace: string,
    name: string,
  ): Readonly<Record<string, string>> | undefined {
    const type = kindOf({ group: '', plural: kind === 'Secret' ? 'secrets' : 'configmaps' });
    const found = type === undefined ? undefined : this.options.store.find(type, { namespace, name });
    if (found === undefined) return undefined;
    const decoded = (text: unknown): string => Buffer.from(String(text), 'base64').toString();
    const texts = Object.entries(fieldsAt(found, 'data')).map(([key, value]): [string, string] => [
      key,
      kind === 'Secret' ? decoded(value) : String(value),
    ]);
    const written = Object.entries(fieldsAt(found, 'stringData')).map(([key, value]): [string, string] => [
      key,
      String(value),
    ]);
    return Object.fromEntries([...texts, ...written]);
  }
}
