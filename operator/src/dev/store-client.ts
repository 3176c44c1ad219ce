/**
 * `dev` is a cluster in memory, for `millrace dev` and for tests: an API server (`store`, `apply`, `api`), the controllers without which
 * nothing happens in a cluster (`controllers`), and what runs pods (`kubelet`). It serves only the kinds that the operator
 * needs, has no rights and no scheduler, and says no to what it cannot do.
 */
import type { Timers } from '../../../runtime/src/sys/system.ts';
import type {
  ListOptions,
  ListPage,
  ObjectName,
  PeopleClient,
  Preconditions,
  Watch,
  WatchEvent,
  WatchListener,
  WatchOptions,
} from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { KubeObject, ResourceType, Stored } from '../kube/objects.ts';
import { changeScale } from './api/scale.ts';
import type { Applier } from './apply/apply.ts';
import { applyToStore, createInStore, operatorManager, ownInStore } from './apply/apply-to-store.ts';
import { type Kind, kindOf } from './store/kinds.ts';
import { mergePatched } from './store/merge-patch.ts';
import type { ObjectStore } from './store/object-store.ts';
import { notFound } from './store/refusals.ts';
import { fieldSelector, labelSelector } from './store/selectors.ts';
import type { DevObject, Sent } from './store/values.ts';
import { type SessionEvent, WatchSession } from './store/watch-session.ts';

const asListed = <O extends KubeObject>(object: DevObject): Stored<O> => object as unknown as Stored<O>;

/**
 * What the operator asks, answered from a store in this process. Both ways take a turn of the timers, so that whatever can happen between
 * a call and its effect, or its effect and the answer, can happen here too.
 */
export class StoreClient implements PeopleClient {
  private readonly store: ObjectStore;
  private readonly timers: Timers;
  private readonly oneWayMs: number;

  constructor(store: ObjectStore, timers: Timers, oneWayMs = 1) {
    this.store = store;
    this.timers = timers;
    this.oneWayMs = oneWayMs;
  }

  get<O extends KubeObject>(type: ResourceType<O>, at: ObjectName): Promise<Stored<O> | undefined> {
    return this.call(type, (kind) => {
      const found = this.store.find(kind, at);
      return found === undefined ? undefined : asListed<O>(found);
    });
  }

  list<O extends KubeObject>(type: ResourceType<O>, options: ListOptions = {}): Promise<ListPage<O>> {
    return this.call(type, (kind) => {
      const [labels, fields] = [labelSelector(options.labelSelector), fieldSelector(options.fieldSelector)];
      const query = { ...options, selects: (object: DevObject) => labels(object) && fields(object) };
      const { items, ...page } = this.store.list(kind, query);
      return { ...page, items: items.map((object) => asListed<O>(object)) };
    });
  }

  watch<O extends KubeObject>(
    type: ResourceType<O>,
    options: WatchOptions,
    listener: WatchListener<O>,
  ): Watch {
    return new StoreWatch(this.store, this.timers, this.oneWayMs, type, options, listener);
  }

  create<O extends KubeObject>(type: ResourceType<O>, object: O): Promise<Stored<O>> {
    return this.call(type, (kind) => asListed(createInStore(this.store, kind, object as Sent)));
  }

  apply<O extends KubeObject>(type: ResourceType<O>, object: O, expected: Preconditions): Promise<Stored<O>> {
    return this.applyPart(type, object, expected, 'object');
  }

  applyStatus<O extends KubeObject>(
    type: ResourceType<O>,
    object: O & { readonly status: object },
    expected: Preconditions,
  ): Promise<Stored<O>> {
    return this.applyPart(type, object, expected, 'status');
  }

  patch<O extends KubeObject>(
    type: ResourceType<O>,
    at: ObjectName,
    patch: object,
    expected: Preconditions,
  ): Promise<Stored<O>> {
    return this.call(type, (kind) =>
      asListed(this.store.change(kind, at, 'object', expected, (live) => mergePatched(live, patch) as Sent)),
    );
  }

  remove(type: ResourceType, at: ObjectName, expected: Preconditions): Promise<void> {
    return this.call(type, (kind) => void this.store.remove(kind, at, expected));
  }

  scale(type: ResourceType, at: ObjectName, replicas: number): Promise<void> {
    return this.call(type, (kind) => {
      const live = this.store.find(kind, at);
      if (live === undefined) throw notFound(kind, at.name);
      changeScale(this.store, kind, live, { spec: { replicas } });
    });
  }

  serves(type: ResourceType): Promise<boolean> {
    return this.after(() => kindOf(type) !== undefined);
  }

  private applyPart<O extends KubeObject>(
    type: ResourceType<O>,
    object: O,
    expected: Preconditions,
    part: Applier['part'],
  ): Promise<Stored<O>> {
    const applier = { manager: operatorManager, force: true, part };
    const { name, namespace = '' } = object.metadata;
    return this.call(type, (kind) => {
      const result = applyToStore(this.store, kind, object as Sent, expected, applier);
      // In the steps of the transport: the first apply takes over what was created, and applies again.
      if (part !== 'object' || !ownInStore(this.store, kind, { namespace, name })) return asListed(result);
      return asListed(applyToStore(this.store, kind, object as Sent, { uid: expected.uid }, applier));
    });
  }

  private call<T>(type: ResourceType, act: (kind: Kind) => T): Promise<T> {
    return this.after(() => act(served(type)));
  }

  private async after<T>(act: () => T): Promise<T> {
    await this.oneWay();
    try {
      return act();
    } finally {
      await this.oneWay();
    }
  }

  private oneWay(): Promise<void> {
    return new Promise((resolve) => void this.timers.after(this.oneWayMs, resolve));
  }
}

const served = (type: ResourceType): Kind => {
  const kind = kindOf(type);
  if (kind !== undefined) return kind;
  throw new KubeError('notFound', 'the server could not find the requested resource', { status: 404 });
};

/** A watch on its way through a network: what it tells comes a little later, in order. */
class StoreWatch<O extends KubeObject> implements Watch {
  private session: WatchSession | undefined;
  /** On its way. */
  private readonly pending: (() => void)[] = [];
  private isClosed = false;
  private readonly store: ObjectStore;
  private readonly timers: Timers;
  private readonly oneWayMs: number;
  private readonly listener: WatchListener<O>;

  constructor(
    store: ObjectStore,
    timers: Timers,
    oneWayMs: number,
    type: ResourceType<O>,
    options: WatchOptions,
    listener: WatchListener<O>,
  ) {
    this.store = store;
    this.timers = timers;
    this.oneWayMs = oneWayMs;
    this.listener = listener;
    this.later(() => this.open(type, options));
  }

  close(): void {
    this.isClosed = true;
    this.session?.close();
  }

  private open(type: ResourceType<O>, options: WatchOptions): void {
    try {
      const session = {
        kind: served(type),
        namespace: options.namespace,
        selects: labelSelector(options.labelSelector),
        since: Number(options.resourceVersion),
        timeoutMs: options.timeoutSeconds * 1_000,
        wantsBookmarks: true,
      };
      const tell = (event: SessionEvent): void => this.later(() => this.listener.onEvent(asTold(event)));
      this.session = new WatchSession(this.store, this.timers, session, tell, () => this.end(undefined));
    } catch (error) {
      if (!KubeError.is(error)) throw error;
      this.end(error);
    }
  }

  private end(error: KubeError | undefined): void {
    this.later(() => {
      this.close();
      this.listener.onEnded(error);
    });
  }

  private later(act: () => void): void {
    this.pending.push(act);
    this.timers.after(this.oneWayMs, () => {
      const next = this.pending.shift();
      if (!this.isClosed) next?.();
    });
  }
}

const asTold = <O extends KubeObject>(event: SessionEvent): WatchEvent<O> =>
  event.type === 'BOOKMARK'
    ? { type: 'BOOKMARK', resourceVersion: event.resourceVersion }
    : { type: event.type, object: asListed<O>(event.object) };
