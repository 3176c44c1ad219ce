import { setImmediate } from 'node:timers/promises';
import type {
  KubeClient,
  ListOptions,
  ListPage,
  ObjectName,
  Preconditions,
  Watch,
  WatchEvent,
  WatchListener,
  WatchOptions,
} from '../../src/kube/client.ts';
import { KubeError } from '../../src/kube/errors.ts';
import type { KubeObject, ResourceType, Stored } from '../../src/kube/objects.ts';

interface Watching {
  readonly listener: WatchListener<KubeObject>;
  readonly namespace: string | undefined;
  open: boolean;
}

type Told = Extract<WatchEvent<KubeObject>, { readonly object: unknown }>;

const keyOf = (kind: string, namespace: string, name: string): string => `${kind} ${namespace}/${name}`;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386. */
const merged = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
};

/** Promises that are due have settled when this resolves. */
export const settled = async (): Promise<void> => {
  for (let round = 0; round < 5; round++) await setImmediate();
};

/**
 * As much of an API server as the tests of this folder need: objects of any kind, watches that are told what happens, and calls that fail
 * when a test says so.
 */
export class FakeServer implements KubeClient {
  readonly objects = new Map<string, Stored<KubeObject>>();
  readonly calls: string[] = [];
  readonly watching: Watching[] = [];
  readonly lists: ListOptions[] = [];
  readonly watches: WatchOptions[] = [];
  /** Asked before each call; an error that it gives is what the call is refused with. */
  refuse: (call: string) => KubeError | undefined = () => undefined;
  /** After a call has had its effect: an error loses the answer. */
  lose: (call: string) => KubeError | undefined = () => undefined;
  /** Whether watches are told of this event. */
  tells: (event: Told) => boolean = () => true;
  mostItems = Number.POSITIVE_INFINITY;
  private version = 100;
  private uids = 0;
  private readonly history: Told[] = [];

  get resourceVersion(): string {
    return `${this.version}`;
  }

  get openWatches(): readonly Watching[] {
    return this.watching.filter(({ open }) => open);
  }

  /** Puts an object there, as somebody else would. */
  put(object: KubeObject): Stored<KubeObject> {
    const { name, namespace = '' } = object.metadata;
    const key = keyOf(object.kind, namespace, name);
    const before = this.objects.get(key);
    const uid = before?.metadata.uid ?? `uid-${++this.uids}`;
    const now = {
      ...object,
      metadata: { ...object.metadata, uid, resourceVersion: `${++this.version}` },
    };
    this.objects.set(key, now);
    this.tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', object: now });
    return now;
  }

  /** Takes an object away, as somebody else would. */
  take(kind: string, { namespace, name }: ObjectName): void {
    const before = this.objects.get(keyOf(kind, namespace, name));
    if (before === undefined) return;
    this.objects.delete(keyOf(kind, namespace, name));
    const metadata = { ...before.metadata, resourceVersion: `${++this.version}` };
    this.tell({ type: 'DELETED', object: { ...before, metadata } });
  }

  bookmark(): void {
    this.version++;
    for (const { listener } of this.openWatches) {
      listener.onEvent({ type: 'BOOKMARK', resourceVersion: this.resourceVersion });
    }
  }

  /** Ends all watches. */
  endWatches(error?: KubeError): void {
    for (const watching of this.openWatches) {
      watching.open = false;
      watching.listener.onEnded(error);
    }
  }

  async get<O extends KubeObject>(type: ResourceType<O>, at: ObjectName): Promise<Stored<O> | undefined> {
    await this.enter(`get ${type.plural}`);
    return this.objects.get(keyOf(type.kind, at.namespace, at.name)) as Stored<O> | undefined;
  }

  async list<O extends KubeObject>(type: ResourceType<O>, options: ListOptions = {}): Promise<ListPage<O>> {
    this.lists.push(options);
    const items = [...this.objects.values()].filter(
      ({ kind, metadata }) =>
        kind === type.kind && (options.namespace === undefined || metadata.namespace === options.namespace),
    );
    const resourceVersion = this.resourceVersion;
    await this.enter(`list ${type.plural}`);
    const from = Number(options.continue ?? 0);
    const page = items.slice(from, from + this.mostItems) as unknown as Stored<O>[];
    const next = from + page.length;
    return next < items.length
      ? { items: page, resourceVersion, continue: `${next}` }
      : { items: page, resourceVersion };
  }

  watch<O extends KubeObject>(
    type: ResourceType<O>,
    options: WatchOptions,
    listener: WatchListener<O>,
  ): Watch {
    this.watches.push(options);
    this.calls.push(`watch ${type.plural}`);
    const watching: Watching = {
      listener: listener as unknown as WatchListener<KubeObject>,
      namespace: options.namespace,
      open: true,
    };
    this.watching.push(watching);
    const refusal = this.refuse(`watch ${type.plural}`);
    void settled().then(() => {
      if (!watching.open) return;
      if (refusal !== undefined) {
        watching.open = false;
        watching.listener.onEnded(refusal);
      } else this.catchUp(watching, Number(options.resourceVersion));
    });
    return {
      close: () => {
        watching.open = false;
      },
    };
  }

  async create<O extends KubeObject>(type: ResourceType<O>, object: O): Promise<Stored<O>> {
    const call = `create ${type.plural}`;
    await this.enter(call);
    const { name, namespace = '' } = object.metadata;
    if (this.objects.has(keyOf(type.kind, namespace, name)))
      throw new KubeError('alreadyExists', 'there is one');
    return this.leave(call, this.put(object) as Stored<O>);
  }

  async apply<O extends KubeObject>(
    type: ResourceType<O>,
    object: O,
    expected: Preconditions,
  ): Promise<Stored<O>> {
    const call = `apply ${type.plural}`;
    await this.enter(call);
    this.expected(type, object.metadata, expected);
    return this.leave(call, this.put(object) as Stored<O>);
  }

  async applyStatus<O extends KubeObject>(
    type: ResourceType<O>,
    object: O & { readonly status: object },
    expected: Preconditions,
  ): Promise<Stored<O>> {
    return await this.apply<O>(type, object, expected);
  }

  async patch<O extends KubeObject>(
    type: ResourceType<O>,
    at: ObjectName,
    patch: object,
    expected: Preconditions,
  ): Promise<Stored<O>> {
    const call = `patch ${type.plural}`;
    await this.enter(call);
    const live = this.expected(type, at, expected);
    return this.leave(call, this.put(merged(live, patch) as KubeObject) as Stored<O>);
  }

  async remove(type: ResourceType, at: ObjectName, expected: Preconditions): Promise<void> {
    const call = `delete ${type.plural}`;
    await this.enter(call);
    if (!this.objects.has(keyOf(type.kind, at.namespace, at.name))) return;
    this.expected(type, at, expected);
    this.take(type.kind, at);
    this.leave(call, undefined);
  }

  async serves(type: ResourceType): Promise<boolean> {
    await this.enter(`discover ${type.plural}`);
    return true;
  }

  private async enter(call: string): Promise<void> {
    this.calls.push(call);
    const refusal = this.refuse(call);
    await Promise.resolve();
    if (refusal !== undefined) throw refusal;
  }

  private leave<T>(call: string, answer: T): T {
    const loss = this.lose(call);
    if (loss !== undefined) throw loss;
    return answer;
  }

  private expected(
    type: ResourceType,
    { namespace = '', name }: Pick<KubeObject['metadata'], 'name' | 'namespace'>,
    { uid, resourceVersion }: Preconditions,
  ): Stored<KubeObject> {
    const live = this.objects.get(keyOf(type.kind, namespace, name));
    if (live === undefined) throw new KubeError('conflict', 'it is gone', { status: 409 });
    const isOther = live.metadata.uid !== uid;
    const isChanged = resourceVersion !== undefined && live.metadata.resourceVersion !== resourceVersion;
    if (isOther || isChanged) throw new KubeError('conflict', 'it has changed', { status: 409 });
    return live;
  }

  private tell(event: Told): void {
    if (!this.tells(event)) return;
    this.history.push(event);
    for (const watching of this.openWatches) this.tellOne(watching, event);
  }

  private tellOne({ listener, namespace }: Watching, event: Told): void {
    if (namespace === undefined || namespace === event.object.metadata.namespace) listener.onEvent(event);
  }

  private catchUp(watching: Watching, from: number): void {
    for (const event of this.history) {
      if (Number(event.object.metadata.resourceVersion) > from) this.tellOne(watching, event);
    }
  }
}
