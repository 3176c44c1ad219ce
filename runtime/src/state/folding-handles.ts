import type { AggregateFunction } from '../api/aggregates.ts';
import type { AggregatingState, ReducingState } from '../api/state.ts';
import { absent } from './columns.ts';
import type { Cursor } from './cursor.ts';
import { HeapHandle } from './handle.ts';
import type { ExpiryPolicy } from './time-to-live.ts';

/** One value a key, into which the function reduces every other. */
export class ReducedValue extends HeapHandle implements ReducingState<unknown> {
  private readonly reduce: (left: unknown, right: unknown) => unknown;

  constructor(
    cursor: Cursor,
    state: number,
    expiry: ExpiryPolicy | undefined,
    reduce: (left: unknown, right: unknown) => unknown,
  ) {
    super(cursor, state, expiry);
    this.reduce = reduce;
  }

  get(): unknown {
    const value = this.take();
    return value === absent ? undefined : value;
  }

  add(value: unknown): void {
    const current = this.take();
    const { reduce } = this;
    this.replace(current === absent ? value : reduce(current, value));
  }
}

/** An accumulator a key. */
export class Accumulated extends HeapHandle implements AggregatingState<unknown, unknown> {
  private readonly aggregate: AggregateFunction<unknown, unknown, unknown>;

  constructor(
    cursor: Cursor,
    state: number,
    expiry: ExpiryPolicy | undefined,
    aggregate: AggregateFunction<unknown, unknown, unknown>,
  ) {
    super(cursor, state, expiry);
    this.aggregate = aggregate;
  }

  /** The result; undefined when nothing was added. */
  get(): unknown {
    const accumulator = this.take();
    return accumulator === absent ? undefined : this.aggregate.result(accumulator);
  }

  add(value: unknown): void {
    const current = this.take();
    this.replace(this.aggregate.add(current === absent ? this.aggregate.create() : current, value));
  }
}
