import type { StateDescriptor } from '../api/state.ts';
import { equalValues } from '../batch/order.ts';
import { MillraceError } from '../contract/errors.ts';
import { HeapColumn, NumberColumn, type StateColumn } from './columns.ts';
import type { Cursor } from './cursor.ts';
import { DiskColumn } from './disk-column.ts';
import { type ConvertValue, conversionOf } from './evolution.ts';
import { Accumulated, ReducedValue } from './folding-handles.ts';
import type { KeyGroup } from './key-group.ts';
import { kindNumbers } from './key-group-format.ts';
import { KeyedList } from './list-handle.ts';
import { KeyedMap } from './map-handle.ts';
import type { StateDescription } from './state-description.ts';
import { describeShape, type StateKind, type StateShape } from './state-shape.ts';
import { ExpiryPolicy, Timed } from './time-to-live.ts';
import { AnyValue, NumberValue } from './value-handles.ts';
import type { ValueMap } from './value-map.ts';

export type { StateKind, StateShape };

/** A state of the store. Restored state is there before a function registers it, and then has no handle. */
export interface StoredState {
  shape: StateShape;
  expiry: ExpiryPolicy | undefined;
  handle: unknown;
  /** What the handle was made by. */
  descriptor: StateDescriptor | undefined;
}

const shapeOf = (descriptor: StateDescriptor): StateShape => ({
  name: descriptor.name,
  kind: descriptor.kind,
  isNumeric: descriptor.kind === 'value' && descriptor.type === 'number',
  expires: descriptor.ttl !== undefined,
  version: descriptor.version ?? 1,
});

const requireKnownKind = ({ kind, name }: StateDescriptor): void => {
  if (kindNumbers.includes(kind)) return;
  throw new MillraceError('job-invalid', `The state “${name}” is of the unknown kind “${String(kind)}”.`, {
    hint: `Make descriptors by valueState, listState, mapState, reducingState or aggregatingState.`,
    where: { state: name },
  });
};

const requireVersion = ({ name, version = 1, migrate }: StateDescriptor): void => {
  if (Number.isSafeInteger(version) && version >= 1 && (migrate === undefined || version > 1)) return;
  throw new MillraceError(
    'job-invalid',
    migrate === undefined
      ? `The state “${name}” has the version ${version}; versions are whole numbers from 1.`
      : `The state “${name}” has a migrate function, but is of version ${version} as the first snapshots are.`,
    {
      hint: 'Leave version out at first; give 2 when migrate is added, and one more with each change.',
      where: { state: name },
    },
  );
};

const defaultOf = (descriptor: StateDescriptor): unknown =>
  descriptor.kind === 'value' ? descriptor.default : undefined;

const sameExpiry = (one: ExpiryPolicy | undefined, other: ExpiryPolicy | undefined): boolean =>
  one === undefined || other === undefined ? one === other : one.equals(other);

/** A second descriptor of a name gets the handle of the first, and so must ask for the same. */
const requireSameUse = (
  { descriptor: known, expiry: knownExpiry }: StoredState,
  wanted: StateDescriptor,
  expiry: ExpiryPolicy | undefined,
): void => {
  if (known === undefined || known === wanted) return;
  const differs = !equalValues(defaultOf(known), defaultOf(wanted))
    ? 'default'
    : !sameExpiry(knownExpiry, expiry)
      ? 'time to live'
      : undefined;
  if (differs === undefined) return;
  throw new MillraceError(
    'job-invalid',
    `The state “${wanted.name}” is described twice, each time with another ${differs}.`,
    {
      hint: 'Make one descriptor and use it in both places, or give one of the two another name.',
      where: { state: wanted.name },
    },
  );
};

/** A state as a snapshot keeps it, and what its descriptor says of older ones. */
export const describeStored = ({ shape, expiry, descriptor }: StoredState): StateDescription => {
  const { name, kind, isNumeric, version } = shape;
  const fields = {
    ...(version === 1 ? {} : { version: String(version) }),
    ...(expiry === undefined ? {} : { timeToLive: `${expiry.afterMs}ms` }),
  };
  return {
    name,
    kind,
    ...(isNumeric ? { type: 'number' } : {}),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
    ...(descriptor?.renamedFrom === undefined ? {} : { renamedFrom: descriptor.renamedFrom }),
    ...(descriptor?.migrate === undefined ? {} : { migrates: true }),
  };
};

/** The states of one store by number, in the order in which they became known; a group's columns stand in that order. */
export class StateRegistry {
  readonly states: StoredState[] = [];
  /** The shortest time to live of all states; +Infinity = none has one. */
  shortestLifeMs: number = Infinity;
  private readonly cursor: Cursor;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  /**
   * The handle of a state, made at the first call.
   * @throws MillraceError job-invalid when the name is taken by a state of another kind, default or time to live, or there is no
   * such kind
   */
  register(descriptor: StateDescriptor): unknown {
    const { ttl } = descriptor;
    requireKnownKind(descriptor);
    requireVersion(descriptor);
    const expiry = ttl === undefined ? undefined : new ExpiryPolicy(ttl, descriptor.name);
    this.adopt(descriptor);
    const state = this.declare(shapeOf(descriptor));
    const stored = this.states[state]!;
    if (stored.handle !== undefined) {
      requireSameUse(stored, descriptor, expiry);
      return stored.handle;
    }
    this.setExpiry(state, expiry);
    if (expiry !== undefined) this.shortestLifeMs = Math.min(this.shortestLifeMs, expiry.afterMs);
    stored.handle = this.createHandle(descriptor, state, expiry);
    stored.descriptor = descriptor;
    return stored.handle;
  }

  /**
   * The number of the state of this name, which is added if need be.
   * @throws MillraceError job-invalid when the name is taken by a state of another kind
   */
  declare(shape: StateShape): number {
    const known = this.states.findIndex((stored) => stored.shape.name === shape.name);
    if (known >= 0) {
      this.requireSame(this.states[known]!.shape, shape);
      return known;
    }
    this.states.push({ shape, expiry: undefined, handle: undefined, descriptor: undefined });
    for (const group of this.cursor.groups) group?.addColumn(this.createColumn(shape, group));
    return this.states.length - 1;
  }

  /**
   * The number of the state that a snapshot has in this shape, and how its values become those of now: absent when they are.
   * @throws MillraceError job-invalid when they cannot
   */
  receive(shape: StateShape): { readonly state: number; readonly convert?: ConvertValue } {
    const { states } = this;
    const named = states.findIndex((stored) => stored.shape.name === shape.name);
    const renamed = states.findIndex((stored) => stored.descriptor?.renamedFrom === shape.name);
    const state = named >= 0 ? named : renamed;
    const descriptor = states[state]?.descriptor;
    // What no function has registered stays as it is.
    if (descriptor === undefined) return { state: this.declare(shape) };
    const convert = conversionOf(shape, states[state]!.shape, descriptor);
    return convert === undefined ? { state } : { state, convert };
  }

  /** State that was loaded before a function asks for it, by another name or in another shape, becomes what the function asks for. */
  private adopt(descriptor: StateDescriptor): void {
    const { states } = this;
    const named = states.findIndex(({ shape }) => shape.name === descriptor.name);
    const state = named >= 0 ? named : states.findIndex(({ shape }) => shape.name === descriptor.renamedFrom);
    const stored = states[state];
    if (stored === undefined || stored.descriptor !== undefined) return;
    const { expires } = stored.shape;
    const shape: StateShape = { ...shapeOf(descriptor), expires };
    const convert = conversionOf(stored.shape, shape, descriptor);
    stored.shape = shape;
    if (convert === undefined) return;
    for (const group of this.cursor.groups)
      group?.replaceColumn(state, this.createColumn(shape, group), shape, convert);
  }

  /** Gives a new group its columns. */
  addColumns(group: KeyGroup): void {
    for (const { shape } of this.states) group.addColumn(this.createColumn(shape, group));
  }

  private createColumn(shape: StateShape, group: KeyGroup): StateColumn {
    const hasExpiry = shape.expires && shape.kind !== 'map';
    const account = group.account.open({ state: shape.name });
    if (shape.isNumeric) return new NumberColumn(hasExpiry, account);
    const { disk } = this.cursor;
    return disk === undefined ? new HeapColumn(hasExpiry, account) : new DiskColumn(hasExpiry, disk, account);
  }

  private createHandle(
    descriptor: StateDescriptor,
    state: number,
    expiry: ExpiryPolicy | undefined,
  ): unknown {
    const { cursor } = this;
    switch (descriptor.kind) {
      case 'value':
        return descriptor.type === 'number'
          ? new NumberValue(cursor, state, expiry, descriptor.name, descriptor.default)
          : new AnyValue(cursor, state, expiry, descriptor.default);
      case 'list':
        return new KeyedList(cursor, state, expiry);
      case 'map':
        return new KeyedMap(cursor, state, expiry);
      case 'reducing':
        return new ReducedValue(cursor, state, expiry, descriptor.reduce);
      case 'aggregating':
        return new Accumulated(cursor, state, expiry, descriptor.aggregate);
    }
  }

  private requireSame(known: StateShape, wanted: StateShape): void {
    const isSame =
      known.kind === wanted.kind && known.isNumeric === wanted.isNumeric && known.version === wanted.version;
    if (isSame) return;
    const found = `“${wanted.name}” is ${describeShape(known)} and cannot be ${describeShape(wanted)} too`;
    throw new MillraceError('job-invalid', `The state ${found}.`, {
      hint: 'Give one of the two another name.',
      where: { state: wanted.name },
    });
  }

  /** State that was there before gets a time to live, which starts now, or loses the one it has. */
  private setExpiry(state: number, expiry: ExpiryPolicy | undefined): void {
    const stored = this.states[state]!;
    const { shape } = stored;
    stored.expiry = expiry;
    const expires = expiry !== undefined;
    if (shape.expires === expires) return;
    stored.shape = { ...shape, expires };
    const expiryMs = expires ? this.cursor.nowMs() + expiry.afterMs : Number.NaN;
    for (const group of this.cursor.groups) {
      const column = group?.columns[state];
      if (column instanceof HeapColumn && shape.kind === 'map') this.rewrap(column, expires, expiryMs);
      else column?.setAllExpiriesMs(expires, expiryMs);
    }
  }

  private rewrap(column: HeapColumn, expires: boolean, expiryMs: number): void {
    for (let row = 0; row < column.capacity; row++) {
      if (!column.has(row)) continue;
      const map = column.valueAt(row) as ValueMap<unknown, unknown>;
      for (const [key, held] of map) {
        const value = held instanceof Timed ? held.value : held;
        map.set(key, expires ? new Timed(value, expiryMs) : value);
      }
      this.cursor.disk?.tick();
    }
  }
}
