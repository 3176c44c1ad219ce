import type { ObjectName } from './client.ts';
import type { KubeObject, Stored } from './objects.ts';

/** What has become of one object. A new object under an old name is two changes. */
export interface Change<O extends KubeObject> {
  /** undefined = it was not there. */
  readonly before: Stored<O> | undefined;
  /** undefined = it is gone. */
  readonly now: Stored<O> | undefined;
}

export interface CacheOptions<O extends KubeObject> {
  /** What is kept of an object: all that nobody reads costs memory, many times over. */
  readonly trim?: ((object: Stored<O>) => Stored<O>) | undefined;
  /** Names of the labels by which objects are asked for. */
  readonly labels?: readonly string[] | undefined;
  /** Told after the cache has changed. May not throw. */
  readonly onChange?: ((change: Change<O>) => void) | undefined;
}

const keyOf = ({ namespace = '', name }: Pick<KubeObject['metadata'], 'name' | 'namespace'>): string =>
  `${namespace}/${name}`;

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Leaves out what servers and kubectl keep for themselves, often more than half of an object. */
export const withoutBookkeeping = <O extends KubeObject>(object: Stored<O>): Stored<O> => {
  const {
    managedFields: _managed,
    annotations,
    ...metadata
  } = object.metadata as Stored<O>['metadata'] & {
    readonly managedFields?: unknown;
  };
  if (annotations === undefined) return { ...object, metadata };
  const { [lastApplied]: _applied, ...rest } = annotations;
  return { ...object, metadata: { ...metadata, annotations: rest } };
};

/** The objects of one kind as they were last told, by name, by owner, and by labels. */
export class Cache<O extends KubeObject> {
  private readonly objects = new Map<string, Stored<O>>();
  /** Keys of objects, by `owner/<uid>` and `label/<name>=<value>`. */
  private readonly indices = new Map<string, Set<string>>();
  private readonly options: CacheOptions<O>;

  constructor(options: CacheOptions<O> = {}) {
    this.options = options;
  }

  get size(): number {
    return this.objects.size;
  }

  get(at: ObjectName): Stored<O> | undefined {
    return this.objects.get(keyOf(at));
  }

  /** All, or those of a namespace. */
  *all(namespace?: string): Generator<Stored<O>> {
    for (const object of this.objects.values()) {
      if (namespace === undefined || object.metadata.namespace === namespace) yield object;
    }
  }

  /** Those that name this object among their owners. */
  ownedBy(uid: string): readonly Stored<O>[] {
    return this.indexed(`owner/${uid}`);
  }

  /** Those with a label, which must be one of the options. */
  labelled(name: string, value: string): readonly Stored<O>[] {
    return this.indexed(`label/${name}=${value}`);
  }

  put(object: Stored<O>): void {
    const key = keyOf(object.metadata);
    const before = this.objects.get(key);
    if (before !== undefined && before.metadata.uid !== object.metadata.uid) this.drop(key, before);
    const now = (this.options.trim ?? withoutBookkeeping)(object);
    const replaced = this.objects.get(key);
    if (replaced !== undefined) this.unindex(key, replaced);
    this.objects.set(key, now);
    for (const place of this.placesOf(now)) this.index(place, key);
    this.options.onChange?.({ before: replaced, now });
  }

  remove(at: ObjectName): void {
    const key = keyOf(at);
    const before = this.objects.get(key);
    if (before !== undefined) this.drop(key, before);
  }

  private drop(key: string, before: Stored<O>): void {
    this.unindex(key, before);
    this.objects.delete(key);
    this.options.onChange?.({ before, now: undefined });
  }

  private indexed(place: string): readonly Stored<O>[] {
    const keys = this.indices.get(place) ?? [];
    return Array.from(keys, (key) => this.objects.get(key) as Stored<O>);
  }

  private placesOf({ metadata }: Stored<O>): string[] {
    const labels = (this.options.labels ?? []).flatMap((name) => {
      const value = metadata.labels?.[name];
      return value === undefined ? [] : [`label/${name}=${value}`];
    });
    return [...(metadata.ownerReferences ?? []).map(({ uid }) => `owner/${uid}`), ...labels];
  }

  private index(place: string, key: string): void {
    const keys = this.indices.get(place);
    if (keys === undefined) this.indices.set(place, new Set([key]));
    else keys.add(key);
  }

  private unindex(key: string, object: Stored<O>): void {
    for (const place of this.placesOf(object)) {
      const keys = this.indices.get(place);
      keys?.delete(key);
      if (keys?.size === 0) this.indices.delete(place);
    }
  }
}
