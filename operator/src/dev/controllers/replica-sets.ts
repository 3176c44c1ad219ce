import type { Timers } from '../../../../runtime/src/sys/system.ts';
import type { ObjectName } from '../../kube/client.ts';
import { KubeError } from '../../kube/errors.ts';
import { podKind, replicaSetKind } from '../store/kinds.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type DevObject, type Fields, fieldsAt, listAt, placeOf, type Sent } from '../store/values.ts';
import { ByOwner, follow } from './by-owner.ts';
import { PendingKeys } from './pending-keys.ts';
import { inOrderOfDeletion, isActive, isReady } from './victims.ts';

export interface ReplicaSetOptions {
  readonly delayMs: number;
  /** A quota, say: why a pod may not be made. */
  readonly refuse?: ((pod: Sent) => string | undefined) | undefined;
}

/** After this it is tried again to make a pod that was refused. */
const retryMs = 1_000;

/**
 * Makes and removes pods until each replica set has as many as it wants. One that is on its way out does not count, so its replacement
 * comes at once. Returns how to stop it.
 */
export const runReplicaSets = (
  store: ObjectStore,
  timers: Timers,
  options: ReplicaSetOptions,
): (() => void) => {
  const controller = new ReplicaSets(store, timers, options);
  return () => controller.stop();
};

class ReplicaSets {
  private readonly pods = new ByOwner();
  /** Pods without an owner: whose selector selects one may take it. */
  private readonly orphans = new Map<string, DevObject>();
  private readonly places = new Map<string, ObjectName>();
  private readonly pending: PendingKeys;
  private readonly stopFollowing: () => void;
  private readonly store: ObjectStore;
  private readonly timers: Timers;
  private readonly refuse: (pod: Sent) => string | undefined;

  constructor(store: ObjectStore, timers: Timers, { delayMs, refuse }: ReplicaSetOptions) {
    this.store = store;
    this.timers = timers;
    this.refuse = refuse ?? (() => undefined);
    this.pending = new PendingKeys(timers, delayMs, (uid) => this.look(uid));
    this.stopFollowing = follow(store, [replicaSetKind, podKind], (kind, before, after) => {
      if (kind === replicaSetKind) this.noteSet(before, after);
      else for (const owner of this.notePod(before, after)) this.pending.mark(owner);
    });
  }

  stop(): void {
    this.stopFollowing();
    this.pending.stop();
  }

  private noteSet(before: DevObject | undefined, after: DevObject | undefined): void {
    const set = (after ?? before) as DevObject;
    if (after === undefined) this.places.delete(set.metadata.uid);
    else this.places.set(set.metadata.uid, placeOf(set));
    this.pending.mark(set.metadata.uid);
  }

  /** @returns the sets that it may matter to. */
  private notePod(before: DevObject | undefined, after: DevObject | undefined): Iterable<string> {
    const owners = this.pods.update(podKind, before, after);
    const isOrphan = after !== undefined && (after.metadata.ownerReferences?.length ?? 0) === 0;
    if (!isOrphan) {
      this.orphans.delete((after ?? before)?.metadata.uid ?? '');
      return owners;
    }
    this.orphans.set(after.metadata.uid, after);
    return this.places.keys();
  }

  private look(uid: string): void {
    const place = this.places.get(uid);
    const set = place === undefined ? undefined : this.store.find(replicaSetKind, place);
    if (place === undefined || set?.metadata.uid !== uid) return;
    const failure = set.metadata.deletionTimestamp === undefined ? this.reach(set) : undefined;
    if (failure !== undefined) this.timers.after(retryMs, () => this.pending.mark(uid));
    const active = this.activePods(uid);
    const ready = active.filter(isReady).length;
    const status: Fields = {
      replicas: active.length,
      fullyLabeledReplicas: active.length,
      ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
      observedGeneration: set.metadata.generation,
      ...(failure === undefined ? {} : { conditions: [this.failureOf(set, failure)] }),
    };
    this.store.change(replicaSetKind, place, 'status', { uid }, (live) => ({ ...live, status }));
  }

  /** Makes or removes pods. @returns why there are not as many as there should be. */
  private reach(set: DevObject): string | undefined {
    this.adopt(set);
    const wanted = Number(set.spec?.['replicas'] ?? 1);
    const active = this.activePods(set.metadata.uid);
    for (const pod of inOrderOfDeletion(active).slice(0, Math.max(0, active.length - wanted))) {
      this.store.remove(podKind, placeOf(pod), { uid: pod.metadata.uid });
    }
    for (let count = active.length; count < wanted; count++) {
      const failure = this.makePod(set);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  private makePod(set: DevObject): string | undefined {
    const template = fieldsAt(set.spec, 'template');
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...fieldsAt(template, 'metadata'),
        generateName: `${set.metadata.name}-`,
        namespace: set.metadata.namespace,
        ownerReferences: [ownerOf(set)],
      },
      spec: template['spec'],
    } as unknown as Sent;
    const refusal = this.refuse(pod);
    if (refusal !== undefined) return refusal;
    try {
      this.store.create(podKind, pod);
      return undefined;
    } catch (error) {
      if (KubeError.is(error)) return error.message;
      throw error;
    }
  }

  private activePods(uid: string): DevObject[] {
    return this.pods
      .of(uid)
      .map(({ object }) => object)
      .filter(isActive);
  }

  private adopt(set: DevObject): void {
    const labels = Object.entries(fieldsAt(set.spec, 'selector', 'matchLabels'));
    for (const pod of [...this.orphans.values()].filter(isActive)) {
      const { namespace, uid, labels: its } = pod.metadata;
      if (namespace !== set.metadata.namespace) continue;
      if (!labels.every(([name, value]) => its?.[name] === value)) continue;
      this.store.change(podKind, placeOf(pod), 'all', { uid }, (live) => ({
        ...live,
        metadata: { ...live.metadata, ownerReferences: [ownerOf(set)] },
      }));
    }
  }

  private failureOf(set: DevObject, message: string): Fields {
    const [before] = listAt(set, 'status', 'conditions');
    const lastTransitionTime = before?.['lastTransitionTime'] ?? this.store.nowText();
    return { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message, lastTransitionTime };
  }
}

const ownerOf = ({ apiVersion, kind, metadata }: DevObject) => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});
