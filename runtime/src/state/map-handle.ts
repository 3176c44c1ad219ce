import type { MapState } from '../api/state.ts';
import { cloneValue } from '../batch/values.ts';
import { absent, type HeapColumn } from './columns.ts';
import { HeapHandle } from './handle.ts';
import { Timed } from './time-to-live.ts';
import { ChangedEntry, ValueMap } from './value-map.ts';

type Entries = ValueMap<unknown, unknown>;

/** A map a key. With a time to live, each entry is held as a `Timed` value and lives for itself. */
export class KeyedMap extends HeapHandle implements MapState<unknown, unknown> {
  get(key: unknown): unknown {
    const map = this.visible(key);
    return map === undefined ? undefined : this.handOut(map, key, map.get(key));
  }

  has(key: unknown): boolean {
    return this.visible(key) !== undefined;
  }

  put(key: unknown, value: unknown): void {
    const { cursor } = this;
    const map = this.map() ?? new ValueMap<unknown, unknown>();
    if (map.size === 0) this.replace(map);
    else cursor.touch();
    const own = this.withoutExpired(map, key);
    const held = own.get(key);
    cursor.log?.record(new ChangedEntry(own, key));
    cursor.log?.adopt(value);
    own.set(key, this.wrap(value, held instanceof Timed ? held.expiryMs : Number.NaN));
  }

  delete(key: unknown): void {
    const map = this.map();
    if (map?.has(key) !== true) return;
    this.cursor.touch();
    const own = this.ownMap(map);
    own.delete(key);
    if (own.size === 0) this.clear();
  }

  *entries(): Generator<readonly [unknown, unknown]> {
    const map = this.map();
    if (map === undefined) return;
    const own = this.ownMap(map);
    for (const [key, held] of own) {
      if (this.isVisible(own, key, held)) yield [key, this.handOut(own, key, own.get(key))];
    }
  }

  *keys(): Generator<unknown> {
    const map = this.map();
    if (map === undefined) return;
    const own = this.ownMap(map);
    for (const [key, held] of own) if (this.isVisible(own, key, held)) yield key;
  }

  *values(): Generator<unknown> {
    for (const [, value] of this.entries()) yield value;
  }

  isEmpty(): boolean {
    const map = this.map();
    if (map === undefined || this.expiry === undefined) return map === undefined;
    const nowMs = this.cursor.nowMs();
    for (const held of map.values()) {
      if (this.expiry.isVisible((held as Timed).expiryMs, nowMs)) return false;
    }
    return true;
  }

  /** Entries have an expiry each; the map has none. */
  protected override isAlive(): boolean {
    return true;
  }

  protected override noteWrite(): void {}

  private map(): Entries | undefined {
    const map = this.peek();
    return map === absent ? undefined : (map as Entries);
  }

  /** The map, when it has an entry for this key that may be read. */
  private visible(key: unknown): Entries | undefined {
    const map = this.map();
    if (map === undefined) return undefined;
    const held = map.get(key);
    if (held === undefined && !map.has(key)) return undefined;
    return this.isVisible(map, key, held) ? map : undefined;
  }

  /** Whether an entry may be read now. Renews it when reading does that; an expired one is left to `cleanUp`. */
  private isVisible(map: Entries, key: unknown, held: unknown): boolean {
    const { cursor, expiry } = this;
    if (expiry === undefined || !(held instanceof Timed)) return true;
    const nowMs = cursor.nowMs();
    if (nowMs >= held.expiryMs) return expiry.returnsExpired;
    if (expiry.renewsOnRead) {
      cursor.touch();
      cursor.log?.record(new ChangedEntry(map, key));
      map.set(key, new Timed(held.value, nowMs + expiry.afterMs));
    }
    return true;
  }

  /** An entry put in place of an expired one is a new one and comes last, whether or not the old one was removed before. */
  private withoutExpired(map: Entries, key: unknown): Entries {
    const held = map.get(key);
    if (!(held instanceof Timed) || this.cursor.nowMs() < held.expiryMs) return map;
    const own = this.ownMap(map);
    own.delete(key);
    return own;
  }

  private handOut(map: Entries, key: unknown, held: unknown): unknown {
    const { log } = this.cursor;
    const value = held instanceof Timed ? held.value : held;
    if (typeof value !== 'object' || value === null) return value;
    this.cursor.touch();
    if (log === undefined || log.mayChange(value)) return value;
    const copy = cloneValue(value);
    log.record(new ChangedEntry(map, key));
    log.adopt(copy);
    map.set(key, held instanceof Timed ? new Timed(copy, held.expiryMs) : copy);
    return copy;
  }

  private wrap(value: unknown, expiryMs: number): unknown {
    const { expiry } = this;
    return expiry === undefined ? value : new Timed(value, expiry.afterWrite(expiryMs, this.cursor.nowMs()));
  }

  /**
   * The map itself, or in a record that may be undone a copy that takes its place: taking entries out and putting them back
   * would change their order, and a loop over the map must see what happens to it meanwhile.
   */
  private ownMap(map: Entries): Entries {
    const { cursor } = this;
    const { log } = cursor;
    if (log === undefined || log.mayChange(map)) return map;
    const column = cursor.columns[this.state] as HeapColumn;
    const copy = new ValueMap(map);
    column.save(cursor.row, log);
    log.adopt(copy);
    column.setValue(cursor.row, copy);
    return copy;
  }
}
