import type { Clock, Random } from '../../../../runtime/src/sys/system.ts';
import type { ObjectName, Preconditions } from '../../kube/client.ts';
import { EventLog } from './event-log.ts';
import { type Kind, namespaceKind } from './kinds.ts';
import { bornMetadata, changedMetadata, checkPreconditions, isReleased } from './metadata.ts';
import { alreadyExists, expired, forbidden, malformed, notFound } from './refusals.ts';
import type { Selector } from './selectors.ts';
import { atRevision, copyOf, type DevObject, isEqual, placeOf, type Sent, valueAt } from './values.ts';

/** What part of an object a change is about; with `all`, which only the cluster itself says, status and the rest are one. */
export type Part = 'object' | 'status' | 'all';

export interface Page {
  readonly items: readonly DevObject[];
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
}

export interface ListQuery {
  readonly namespace?: string | undefined;
  readonly selects: Selector;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
}

/** An object that is sent may name no namespace: it is in this one. */
const defaultNamespace = 'default';

/** How many changes are remembered by default. */
const rememberedChanges = 10_000;

const keyOf = (kind: Kind, at: ObjectName): string =>
  kind.isNamespaced ? `${at.namespace}/${at.name}` : at.name;

/**
 * All objects, and what can be done with them, as the API server does it: each change is one step of a single counter, and is seen by
 * watches in that order. Every call is done when it returns, or throws a `KubeError`.
 */
export class ObjectStore {
  readonly log: EventLog;
  private readonly objects = new Map<Kind, Map<string, DevObject>>();
  private readonly clock: Clock;
  private readonly random: Random;

  constructor(
    system: { readonly clock: Clock; readonly random: Random },
    remembered: number = rememberedChanges,
  ) {
    this.clock = system.clock;
    this.random = system.random;
    this.log = new EventLog(remembered);
  }

  /** Now, as objects have it: whole seconds. */
  nowText(): string {
    return timeText(this.clock.nowMs());
  }

  find(kind: Kind, at: ObjectName): DevObject | undefined {
    return this.objects.get(kind)?.get(keyOf(kind, at));
  }

  /** Those of all namespaces without one, in the order of their names. */
  all(kind: Kind, namespace?: string): DevObject[] {
    const entries = [...(this.objects.get(kind) ?? [])].filter(
      ([, { metadata }]) => namespace === undefined || metadata.namespace === namespace,
    );
    return entries.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, object]) => object);
  }

  list(kind: Kind, { namespace, selects, limit, continue: token }: ListQuery): Page {
    const { revision, after } = this.continued(token);
    const rest = this.asOf(kind, revision).filter(
      (object) =>
        (namespace === undefined || object.metadata.namespace === namespace) &&
        keyOf(kind, placeOf(object)) > after,
    );
    const selected = rest.filter(selects);
    const resourceVersion = String(revision);
    const last = limit === undefined || limit <= 0 ? undefined : selected[limit - 1];
    if (last === undefined || selected.length === limit) return { items: selected, resourceVersion };
    return {
      items: selected.slice(0, limit),
      resourceVersion,
      continue: `${revision}:${keyOf(kind, placeOf(last))}`,
    };
  }

  create(kind: Kind, object: Sent): DevObject {
    const sent = this.named(kind, copyOf(object));
    const at = { namespace: sent.metadata.namespace ?? '', name: sent.metadata.name };
    if (this.find(kind, at) !== undefined) throw alreadyExists(kind, at.name);
    if (kind.isNamespaced) this.checkNamespace(kind, at);
    const { status: _status, ...withoutStatus } = sent;
    const admitted = kind.admit(kind.hasStatus ? withoutStatus : sent, undefined);
    const metadata = bornMetadata(admitted.metadata, {
      uid: this.random.id().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      creationTimestamp: this.nowText(),
    });
    return this.put(kind, undefined, { ...admitted, metadata } as DevObject);
  }

  /** What `change` makes of the object, as far as it is about that part. A change of nothing is none. */
  change(
    kind: Kind,
    at: ObjectName,
    part: Part,
    expected: Partial<Preconditions>,
    change: (live: DevObject) => Sent,
  ): DevObject {
    const live = this.find(kind, at);
    if (live === undefined) throw notFound(kind, at.name);
    checkPreconditions(kind, live, expected);
    const next = copyOf(change(live));
    const wanted = this.ofPart(kind, live, next, part);
    const specChanged = !isEqual(valueAt(wanted, 'spec'), live.spec);
    const metadata = changedMetadata(live.metadata, next.metadata, part === 'status', specChanged);
    const changed = { ...wanted, metadata } as DevObject;
    if (isEqual(changed, live)) return live;
    return isReleased(changed) ? this.drop(kind, live, changed) : this.put(kind, live, changed);
  }

  /**
   * Gone at once, or, while somebody holds it by a finalizer or a pod must end first, marked for it.
   * @returns what there was last, or undefined when there was nothing.
   */
  remove(
    kind: Kind,
    at: ObjectName,
    expected: Partial<Preconditions>,
    graceSeconds?: number,
  ): DevObject | undefined {
    const live = this.find(kind, at);
    if (live === undefined) return undefined;
    checkPreconditions(kind, live, expected);
    const grace = this.graceOf(kind, live, graceSeconds);
    const isHeld = (live.metadata.finalizers?.length ?? 0) > 0;
    if (!isHeld && grace === 0) return this.drop(kind, live);
    const isMarked = live.metadata.deletionTimestamp !== undefined;
    if (isMarked && (live.metadata.deletionGracePeriodSeconds ?? 0) <= grace) return live;
    // The time by which it is to be gone.
    const before = live.metadata.deletionGracePeriodSeconds ?? 0;
    const askedMs = Date.parse(live.metadata.deletionTimestamp ?? this.nowText()) - before * 1000;
    const deletionTimestamp = timeText(askedMs + grace * 1000);
    const metadata = { ...live.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace };
    return this.put(kind, live, { ...live, metadata });
  }

  /** The objects of a kind as they were after a change. @throws `gone` when that is not remembered. */
  private asOf(kind: Kind, revision: number): DevObject[] {
    if (revision === this.log.revision) return this.all(kind);
    const then = new Map(this.objects.get(kind));
    for (const { kind: changed, before, after } of this.log.since(revision).toReversed()) {
      if (changed !== kind) continue;
      const key = keyOf(kind, placeOf((before ?? after) as DevObject));
      if (before === undefined) then.delete(key);
      else then.set(key, before);
    }
    return [...then].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, object]) => object);
  }

  private continued(token: string | undefined): { readonly revision: number; readonly after: string } {
    if (token === undefined || token === '') return { revision: this.log.revision, after: '' };
    const [, revision, after] = /^(\d+):(.+)$/.exec(token) ?? [];
    if (revision === undefined || after === undefined) throw expired();
    return { revision: Number(revision), after };
  }

  private named(kind: Kind, sent: Sent): Sent {
    const { name, generateName, namespace } = sent.metadata;
    const given =
      name ?? (generateName === undefined ? undefined : generateName + this.random.id().slice(0, 5));
    if (given === undefined || given === '') throw malformed('name or generateName is required');
    const place = kind.isNamespaced ? { namespace: namespace ?? defaultNamespace } : {};
    return { ...sent, metadata: { ...sent.metadata, name: given, ...place } };
  }

  private checkNamespace(kind: Kind, at: ObjectName): void {
    const found = this.find(namespaceKind, { namespace: '', name: at.namespace });
    if (found?.metadata.deletionTimestamp !== undefined) {
      throw forbidden(kind, at.name, `namespace ${at.namespace} is being terminated`);
    }
    if (found === undefined && at.namespace !== defaultNamespace) {
      throw notFound(namespaceKind, at.namespace);
    }
  }

  /** Status and the rest of an object change apart, where the kind has them apart. */
  private ofPart(kind: Kind, live: DevObject, next: Sent, part: Part): Sent {
    if (part === 'status') return { ...live, status: next.status };
    if (part === 'all') return next;
    return kind.admit(kind.hasStatus ? { ...next, status: live.status } : next, live);
  }

  private graceOf(kind: Kind, { spec, status }: DevObject, wanted: number | undefined): number {
    const isRunning = kind.plural === 'pods' && spec?.['nodeName'] !== undefined;
    if (!isRunning || status?.['phase'] === 'Succeeded' || status?.['phase'] === 'Failed') return 0;
    return wanted ?? Number(spec?.['terminationGracePeriodSeconds'] ?? 30);
  }

  private put(kind: Kind, before: DevObject | undefined, object: DevObject): DevObject {
    let stored = object;
    this.log.append((revision) => {
      stored = atRevision(copyOf(object), revision);
      this.ofKind(kind).set(keyOf(kind, placeOf(stored)), stored);
      return { kind, before, after: stored };
    });
    return stored;
  }

  /** @returns how it was last. */
  private drop(kind: Kind, before: DevObject, last: DevObject = before): DevObject {
    this.log.append(() => {
      this.ofKind(kind).delete(keyOf(kind, placeOf(before)));
      return { kind, before };
    });
    return atRevision(copyOf(last), this.log.revision);
  }

  private ofKind(kind: Kind): Map<string, DevObject> {
    const known = this.objects.get(kind) ?? new Map<string, DevObject>();
    this.objects.set(kind, known);
    return known;
  }
}

const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
