import { hashValue } from '../batch/hash.ts';
import { equalValues } from '../batch/values.ts';
import type { Change } from './undo-log.ts';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * A map whose keys are compared as the value domain says, also where they are objects. For primitive keys that is what a
 * `Map` does; of equal objects the one that came first stands for all. Entries keep the order of insertion.
 */
export class ValueMap<K, V> {
  private readonly entriesByKey: Map<K, V>;
  /** The objects among the keys, by hash; absent while there is none. */
  private objects: Map<number, K[]> | undefined;

  constructor(entries?: Iterable<readonly [K, V]>) {
    this.entriesByKey = new Map();
    if (entries !== undefined) for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.entriesByKey.size;
  }

  get(key: K): V | undefined {
    return this.entriesByKey.get(this.held(key));
  }

  has(key: K): boolean {
    return this.entriesByKey.has(this.held(key));
  }

  set(key: K, value: V): void {
    const held = this.held(key);
    if (isObject(key) && !this.entriesByKey.has(held)) this.hold(key);
    this.entriesByKey.set(held, value);
  }

  /** Returns whether there was an entry. */
  delete(key: K): boolean {
    const held = this.held(key);
    if (!this.entriesByKey.delete(held)) return false;
    if (isObject(held)) this.release(held);
    return true;
  }

  clear(): void {
    this.entriesByKey.clear();
    this.objects = undefined;
  }

  entries(): MapIterator<[K, V]> {
    return this.entriesByKey.entries();
  }

  keys(): MapIterator<K> {
    return this.entriesByKey.keys();
  }

  values(): MapIterator<V> {
    return this.entriesByKey.values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entriesByKey.entries();
  }

  /** The key that stands for this one in the map; the key itself when there is none. */
  private held(key: K): K {
    if (!isObject(key) || this.objects === undefined) return key;
    return this.objects.get(hashValue(key))?.find((other) => equalValues(other, key)) ?? key;
  }

  private hold(key: K & object): void {
    this.objects ??= new Map();
    const hash = hashValue(key);
    const same = this.objects.get(hash);
    if (same === undefined) this.objects.set(hash, [key]);
    else same.push(key);
  }

  private release(key: K & object): void {
    const hash = hashValue(key);
    const rest = this.objects?.get(hash)?.filter((other) => other !== key) ?? [];
    if (rest.length > 0) this.objects?.set(hash, rest);
    else this.objects?.delete(hash);
  }
}

/** An entry that is put; it keeps its place when the change is taken back. */
export class ChangedEntry implements Change {
  private readonly map: ValueMap<unknown, unknown>;
  private readonly key: unknown;
  private readonly existed: boolean;
  private readonly value: unknown;

  constructor(map: ValueMap<unknown, unknown>, key: unknown) {
    this.map = map;
    this.key = key;
    this.existed = map.has(key);
    this.value = map.get(key);
  }

  undo(): void {
    if (this.existed) this.map.set(this.key, this.value);
    else this.map.delete(this.key);
  }
}
