import type { StateDescriptor } from '../api/state.ts';
import { hashValue } from '../batch/hash.ts';
import type { StoredState } from '../checkpoint/restore.ts';
import { MillraceError } from '../contract/errors.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateDescription } from '../state/state-description.ts';

/** All that one key has in one transform. */
export interface KeyedRecord {
  readonly key: unknown;
  /** By the name of the state: a value, an array for a list, a Map for a map, an accumulator. */
  readonly state: Readonly<Record<string, unknown>>;
  /** When timers are due, in ms since the epoch. */
  readonly eventTimersMs: readonly number[];
  readonly processingTimersMs: readonly number[];
}

/** Stands for a value that is not there. */
const nothing: unique symbol = Symbol('nothing');

interface AnyHandle {
  value(): unknown;
  get(): unknown;
  update(value: unknown): void;
  addAll(values: Iterable<unknown>): void;
  put(key: unknown, value: unknown): void;
  add(value: unknown): void;
  entries(): Iterable<readonly [unknown, unknown]>;
  isEmpty(): boolean;
}

/** What is stored is looked at and set as it is: accumulators are the values. */
const identity = {
  create: (): unknown => undefined,
  add: (_: unknown, value: unknown): unknown => value,
  result: (accumulator: unknown): unknown => accumulator,
};

/** A descriptor that gives a handle for a state as it is stored. */
export const storedDescriptor = ({ name, kind, type, fields }: StateDescription): StateDescriptor => {
  const version = Number(fields?.['version'] ?? 1);
  switch (kind) {
    case 'value':
      return { kind, name, version, default: nothing, type: type === 'number' ? 'number' : 'any' };
    case 'list':
    case 'map':
      return { kind, name, version };
    case 'reducing':
      return { kind, name, version, reduce: (_, value) => value };
    case 'aggregating':
      return { kind, name, version, aggregate: identity };
    default:
      throw new MillraceError('job-invalid', `The state “${name}” is a ${kind} state, which has no keys.`, {
        hint: 'Name states of the kinds value, list, map, reducing and aggregating.',
        where: { state: name },
      });
  }
};

/** A descriptor of a job whose values are set as they shall be stored: nothing is reduced or added up. */
export const asStored = (descriptor: StateDescriptor): StateDescriptor => {
  if (descriptor.kind === 'reducing') return { ...descriptor, reduce: (_, value) => value };
  return descriptor.kind === 'aggregating' ? { ...descriptor, aggregate: identity } : descriptor;
};

/** What the key in hand has, as plain values; `nothing` when that is nothing. */
const read = (handle: AnyHandle, kind: StateDescriptor['kind']): unknown => {
  switch (kind) {
    case 'value':
      return handle.value();
    case 'list': {
      const items = handle.get() as readonly unknown[];
      return items.length === 0 ? nothing : [...items];
    }
    case 'map':
      return handle.isEmpty() ? nothing : new Map(handle.entries());
    default:
      return handle.get() ?? nothing;
  }
};

const requireForm = (name: string, kind: string, isRight: boolean, expected: string): void => {
  if (isRight) return;
  throw new MillraceError('record-invalid', `The ${kind} state “${name}” of a record is no ${expected}.`, {
    hint: `Give ${expected === 'Map' ? 'a Map' : 'an array'} for each key that has it.`,
    where: { state: name },
  });
};

const write = (handle: AnyHandle, { kind, name }: StateDescriptor, value: unknown): void => {
  switch (kind) {
    case 'value':
      return handle.update(value);
    case 'list':
      requireForm(name, kind, Array.isArray(value), 'array');
      return handle.addAll(value as readonly unknown[]);
    case 'map':
      requireForm(name, kind, value instanceof Map, 'Map');
      for (const [key, one] of value as ReadonlyMap<unknown, unknown>) handle.put(key, one);
      return;
    default:
      return handle.add(value);
  }
};

/**
 * The keys of one transform with all that they have. One key group is in memory at a time.
 * @throws MillraceError io when an object is damaged or gone, record-invalid when the state is not that of a keyed function
 */
export const readKeyedRecords = async function* (
  stored: StoredState,
  uid: string,
  maxParallelism: number,
): AsyncGenerator<KeyedRecord, void, undefined> {
  const keyGroups = new Set(
    stored
      .entries()
      .flatMap((entry) => (entry.kind === 'keyGroup' && entry.uid === uid ? [entry.keyGroup] : [])),
  );
  for (const keyGroup of [...keyGroups].sort((one, other) => one - other)) {
    // Nothing expires while it is looked at.
    const store = new KeyedStore({ maxParallelism, nowMs: () => 0 });
    const wanted = stored.read(
      (entry) => entry.kind === 'keyGroup' && entry.uid === uid && entry.keyGroup === keyGroup,
    );
    for await (const unit of wanted) {
      if (unit.kind !== 'keyGroup' || unit.bytes.length === 0) continue;
      if (unit.mode === 'whole') store.importKeyGroup(keyGroup, unit.bytes);
      else store.applyChanges(keyGroup, unit.bytes);
    }
    yield* recordsOf(store, keyGroup);
  }
};

const recordsOf = function* (store: KeyedStore, keyGroup: number): Generator<KeyedRecord> {
  const states = store.describe().map((description) => {
    const descriptor = storedDescriptor(description);
    return { name: description.name, kind: descriptor.kind, handle: store.register(descriptor) as AnyHandle };
  });
  for (const entry of store.entries(keyGroup)) {
    const state: Record<string, unknown> = {};
    for (const { name, kind, handle } of states) {
      const value = read(handle, kind);
      if (value !== nothing) state[name] = value;
    }
    yield { ...entry, state };
  }
};

/** Puts records into a store; what a state of the store has no place for is refused by its name. */
export const storeRecord = (
  store: KeyedStore,
  descriptors: readonly StateDescriptor[],
  record: KeyedRecord,
): void => {
  store.setCurrentKey(record.key, hashValue(record.key));
  const known = new Set(descriptors.map(({ name }) => name));
  for (const name of Object.keys(record.state)) {
    if (known.has(name)) continue;
    throw new MillraceError(
      'record-invalid',
      `A record has the state “${name}”, and no descriptor has that name.`,
      {
        hint: `Give it a descriptor; there are ${[...known].join(', ') || 'none'}.`,
        where: { state: name },
      },
    );
  }
  for (const descriptor of descriptors) {
    if (!Object.hasOwn(record.state, descriptor.name)) continue;
    const handle = store.register(descriptor) as AnyHandle;
    write(handle, descriptor, record.state[descriptor.name]);
  }
  for (const timeMs of record.eventTimersMs) store.eventTimers.register(timeMs);
  for (const timeMs of record.processingTimersMs) store.processingTimers.register(timeMs);
};
