import type { Packing } from '../../../runtime/src/sys/packing.ts';
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
  /** Objects are kept packed, and unpacked whenever one is asked for. Absent = they are kept as they are. */
  readonly packing?: Packing | undefined;
  /** Names of the labels by which objects are asked for. */
  readonly labels?: readonly string[] | undefined;
  /** Told after the cache has changed. May not throw. */
  readonly onChange?: ((change: Change<O>) => void) | undefined;
}

/** An object as a cache keeps it. */
export interface Kept<O extends KubeObject> extends ObjectName {
  readonly uid: string;
  readonly resourceVersion: string;
  /** A text = packed. */
  readonly content: Stored<O> | string;
}

const keyOf = ({ namespace, name }: ObjectName): string => `${namespace}/${name}`;

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

/** The objects of one kind as they were last told, by name and by labels. */
export class Cache<O extends KubeObject> {
  private readonly objects = new Map<string, Kept<O>>();
  /** Keys of objects, by `<label>=<value>`. */
  private readonly indices = new Map<string, Set<string>>();
  private readonly options: CacheOptions<O>;
  /** The first object: all others of a kind are much like it. */
  private like: Uint8Array | undefined;

  constructor(options: CacheOptions<O> = {}) {
    this.options = options;
  }

  get size(): number {
    return this.objects.size;
  }

  get(at: ObjectName): Stored<O> | undefined {
    const kept = this.objects.get(keyOf(at));
    return kept === undefined ? undefined : this.contentOf(kept);
  }

  /** Which state of an object is there. */
  find(at: ObjectName): Kept<O> | undefined {
    return this.objects.get(keyOf(at));
  }

  /** All, or those of a namespace. */
  *all(namespace?: string): Generator<Stored<O>> {
    for (const kept of this.allKept(namespace)) yield this.contentOf(kept);
  }

  /** The same without a look into them. */
  *allKept(namespace?: string): Generator<Kept<O>> {
    for (const kept of this.objects.values())
      if (namespace === undefined || kept.namespace === namespace) yield kept;
  }

  /** Those with a label, which must be one of the options. */
  labelled(name: string, value: string): readonly Stored<O>[] {
    const keys = this.indices.get(`${name}=${value}`) ?? [];
    return Array.from(keys, (key) => this.contentOf(this.objects.get(key) as Kept<O>));
  }

  /** An object as it would be kept: of a long list each is made small before the next page comes. */
  reduced(object: Stored<O>): Kept<O> {
    const { name, namespace = '', uid, resourceVersion } = object.metadata;
    const content = (this.options.trim ?? withoutBookkeeping)(object);
    return { namespace, name, uid, resourceVersion, content: this.packed(content) };
  }

  put(object: Stored<O>): void {
    this.keep(this.reduced(object));
  }

  /** What `reduced` has made. */
  keep(kept: Kept<O>): void {
    const key = keyOf(kept);
    const before = this.objects.get(key);
    if (before !== undefined && before.uid !== kept.uid) this.drop(key, before);
    const replaced = this.objects.get(key);
    const was = replaced === undefined ? undefined : this.contentOf(replaced);
    const now = this.contentOf(kept);
    if (was !== undefined) this.unindex(key, was);
    this.objects.set(key, kept);
    for (const place of this.placesOf(now)) this.index(place, key);
    this.options.onChange?.({ before: was, now });
  }

  remove(at: ObjectName): void {
    const key = keyOf(at);
    const before = this.objects.get(key);
    if (before !== undefined) this.drop(key, before);
  }

  private packed(content: Stored<O>): Stored<O> | string {
    const { packing } = this.options;
    if (packing === undefined) return content;
    const text = JSON.stringify(content);
    this.like ??= new TextEncoder().encode(text);
    return packing.pack(text, this.like);
  }

  private contentOf({ content }: Kept<O>): Stored<O> {
    const { packing } = this.options;
    if (typeof content !== 'string') return content;
    return JSON.parse(packing?.unpack(content, this.like ?? new Uint8Array()) ?? '') as Stored<O>;
  }

  private drop(key: string, kept: Kept<O>): void {
    const before = this.contentOf(kept);
    this.unindex(key, before);
    this.objects.delete(key);
    this.options.onChange?.({ before, now: undefined });
  }

  private placesOf({ metadata }: Stored<O>): string[] {
    return (this.options.labels ?? []).flatMap((name) => {
      const value = metadata.labels?.[name];
      return value === undefined ? [] : [`${name}=${value}`];
    });
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
