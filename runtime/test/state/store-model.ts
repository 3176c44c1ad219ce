import { cloneValue } from '../../src/batch/values.ts';
import { describeKey } from './values.ts';

/** Everything that one key has, in the obvious form. */
export interface KeyModel {
  key: unknown;
  number?: number | undefined;
  any?: { value: unknown } | undefined;
  list: unknown[];
  map: [unknown, unknown][];
  reduced?: { value: unknown } | undefined;
  accumulated?: { values: unknown[] } | undefined;
  /** Time and namespace. */
  event: [number, number][];
  processing: [number, number][];
  /** With a time to live: a value, and a map whose entries live for themselves. */
  brief?: Lived | undefined;
  visits?: [unknown, Lived][];
}

/** A value that ends. */
export interface Lived {
  value: unknown;
  expiryMs: number;
}

const emptyKey = (key: unknown): KeyModel => ({ key, list: [], map: [], event: [], processing: [] });

const isEmpty = (model: KeyModel): boolean =>
  model.number === undefined &&
  model.any === undefined &&
  model.list.length === 0 &&
  model.map.length === 0 &&
  model.reduced === undefined &&
  model.accumulated === undefined &&
  model.event.length === 0 &&
  model.processing.length === 0 &&
  model.brief === undefined &&
  (model.visits ?? []).length === 0;

/** A keyed store as a plain map from key to state, copied as a whole for a record that may be undone. */
export class StoreModel {
  keys: Map<string, KeyModel> = new Map();
  current: string | undefined;
  private saved: Map<string, KeyModel> | undefined;

  setKey(key: unknown): void {
    this.current = describeKey(key);
    if (!this.keys.has(this.current)) this.keys.set(this.current, emptyKey(key));
  }

  get state(): KeyModel {
    return this.keys.get(this.current!)!;
  }

  begin(): void {
    this.saved = cloneValue(this.keys);
  }

  rollback(): void {
    this.keys = this.saved!;
    this.saved = undefined;
    if (this.current !== undefined && !this.keys.has(this.current)) this.current = undefined;
  }

  commit(): void {
    this.saved = undefined;
  }

  /** How many keys have anything. */
  get size(): number {
    return [...this.keys.values()].filter((model) => !isEmpty(model)).length;
  }
}
