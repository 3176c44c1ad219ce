import type {
  AggregatingState,
  AggregatingStateDescriptor,
  ListState,
  MapState,
  ReducingState,
  StateDescriptor,
  ValueState,
} from '../../api/state.ts';
import { ValueMap } from '../../state/value-map.ts';

/** The values that belong to one window, by name of the state. */
export type PaneValues = Map<string, unknown>;

/** Gives the values of the window in hand. */
export interface PaneCursor {
  /** Undefined when the window has none. */
  read(): PaneValues | undefined;
  /** Makes them if need be; what is reached through them may be changed. */
  write(): PaneValues;
}

abstract class PaneHandle {
  protected readonly cursor: PaneCursor;
  protected readonly name: string;

  constructor(cursor: PaneCursor, name: string) {
    this.cursor = cursor;
    this.name = name;
  }

  clear(): void {
    if (this.cursor.read()?.has(this.name) === true) this.cursor.write().delete(this.name);
  }

  protected get held(): unknown {
    return this.cursor.read()?.get(this.name);
  }

  protected hold(value: unknown): void {
    this.cursor.write().set(this.name, value);
  }
}

class PaneValue extends PaneHandle implements ValueState<unknown, unknown> {
  private readonly otherwise: unknown;

  constructor(cursor: PaneCursor, name: string, otherwise: unknown) {
    super(cursor, name);
    this.otherwise = otherwise;
  }

  value(): unknown {
    // What is handed out may be changed in place, so it is taken for writing.
    const values = this.cursor.read();
    return values?.has(this.name) === true ? this.cursor.write().get(this.name) : this.otherwise;
  }

  update(value: unknown): void {
    this.hold(value);
  }
}

class PaneList extends PaneHandle implements ListState<unknown> {
  get(): readonly unknown[] {
    return (this.held as unknown[] | undefined) ?? [];
  }

  add(value: unknown): void {
    this.addAll([value]);
  }

  addAll(values: Iterable<unknown>): void {
    const list = this.cursor.write().get(this.name) as unknown[] | undefined;
    if (list === undefined) this.hold([...values]);
    else list.push(...values);
  }

  update(values: readonly unknown[]): void {
    this.hold([...values]);
  }
}

class PaneMap extends PaneHandle implements MapState<unknown, unknown> {
  get(key: unknown): unknown {
    return this.map?.get(key);
  }

  has(key: unknown): boolean {
    return this.map?.has(key) ?? false;
  }

  put(key: unknown, value: unknown): void {
    const map = this.cursor.write().get(this.name) as ValueMap<unknown, unknown> | undefined;
    if (map === undefined) this.hold(new ValueMap([[key, value]]));
    else map.set(key, value);
  }

  delete(key: unknown): void {
    if (!this.has(key)) return;
    (this.cursor.write().get(this.name) as ValueMap<unknown, unknown>).delete(key);
  }

  entries(): Iterable<readonly [unknown, unknown]> {
    return this.map?.entries() ?? [];
  }

  keys(): Iterable<unknown> {
    return this.map?.keys() ?? [];
  }

  values(): Iterable<unknown> {
    return this.map?.values() ?? [];
  }

  isEmpty(): boolean {
    return (this.map?.size ?? 0) === 0;
  }

  private get map(): ValueMap<unknown, unknown> | undefined {
    return this.held as ValueMap<unknown, unknown> | undefined;
  }
}

class PaneReducing extends PaneHandle implements ReducingState<unknown> {
  private readonly reduce: (left: unknown, right: unknown) => unknown;

  constructor(cursor: PaneCursor, name: string, reduce: (left: unknown, right: unknown) => unknown) {
    super(cursor, name);
    this.reduce = reduce;
  }

  get(): unknown {
    return this.held;
  }

  add(value: unknown): void {
    const values = this.cursor.write();
    this.hold(values.has(this.name) ? this.reduce(values.get(this.name), value) : value);
  }
}

class PaneAggregating extends PaneHandle implements AggregatingState<unknown, unknown> {
  private readonly aggregate: AggregatingStateDescriptor<unknown, unknown, unknown>['aggregate'];

  constructor(
    cursor: PaneCursor,
    name: string,
    descriptor: AggregatingStateDescriptor<unknown, unknown, unknown>,
  ) {
    super(cursor, name);
    this.aggregate = descriptor.aggregate;
  }

  get(): unknown {
    const values = this.cursor.read();
    return values?.has(this.name) === true ? this.aggregate.result(values.get(this.name)) : undefined;
  }

  add(value: unknown): void {
    const values = this.cursor.write();
    const accumulator = values.has(this.name) ? values.get(this.name) : this.aggregate.create();
    this.hold(this.aggregate.add(accumulator, value));
  }
}

/** The handle for a state of the window in hand. */
export const createPaneHandle = (cursor: PaneCursor, descriptor: StateDescriptor): unknown => {
  const { name } = descriptor;
  switch (descriptor.kind) {
    case 'value':
      return new PaneValue(cursor, name, descriptor.default);
    case 'list':
      return new PaneList(cursor, name);
    case 'map':
      return new PaneMap(cursor, name);
    case 'reducing':
      return new PaneReducing(cursor, name, descriptor.reduce);
    case 'aggregating':
      return new PaneAggregating(cursor, name, descriptor);
  }
};
