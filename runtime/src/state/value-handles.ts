import type { ValueState } from '../api/state.ts';
import { cloneValue, describeValue } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import { absent, type NumberColumn } from './columns.ts';
import type { Cursor } from './cursor.ts';
import { Handle, HeapHandle } from './handle.ts';
import type { ExpiryPolicy } from './time-to-live.ts';

/** A value state of `type: 'number'`: plain accesses of a typed array. */
export class NumberValue extends Handle implements ValueState<number, unknown> {
  private readonly name: string;
  private readonly otherwise: unknown;

  constructor(
    cursor: Cursor,
    state: number,
    expiry: ExpiryPolicy | undefined,
    name: string,
    otherwise: unknown,
  ) {
    super(cursor, state, expiry);
    this.name = name;
    this.otherwise = otherwise;
  }

  value(): unknown {
    const { cursor } = this;
    const { row } = cursor;
    if (row < 0) return this.otherwise;
    const column = cursor.columns[this.state] as NumberColumn;
    if (column.present[row] === 0) return this.otherwise;
    if (this.expiry !== undefined && !this.isAlive(column)) return this.otherwise;
    return column.values[row]!;
  }

  /** @throws MillraceError value-unsupported when the value is no number */
  update(value: number): void {
    if (typeof value !== 'number') this.refuse(value);
    const { cursor } = this;
    const row = cursor.writableRow();
    const column = cursor.columns[this.state] as NumberColumn;
    if (cursor.log !== undefined) column.save(row, cursor.log);
    if (this.expiry !== undefined) this.noteWrite(column, row);
    column.values[row] = value;
    column.present[row] = 1;
  }

  private refuse(value: unknown): never {
    const found = describeValue(value, 80);
    throw new MillraceError(
      'value-unsupported',
      `The state “${this.name}” takes numbers, but got ${found}.`,
      {
        hint: "Declare the state without type: 'number' to keep any value in it.",
        where: { state: this.name },
      },
    );
  }
}

/** A value state of any type. */
export class AnyValue extends HeapHandle implements ValueState<unknown, unknown> {
  private readonly otherwise: unknown;

  constructor(cursor: Cursor, state: number, expiry: ExpiryPolicy | undefined, otherwise: unknown) {
    super(cursor, state, expiry);
    this.otherwise = otherwise;
  }

  value(): unknown {
    const value = this.take();
    return value === absent ? this.defaultValue() : value;
  }

  update(value: unknown): void {
    this.replace(value);
  }

  /** A default that can be changed is given to each key as a copy of its own. */
  private defaultValue(): unknown {
    return typeof this.otherwise === 'object' ? cloneValue(this.otherwise) : this.otherwise;
  }
}
