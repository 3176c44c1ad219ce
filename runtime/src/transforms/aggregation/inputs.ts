import type { AggregateInput } from '../../api/aggregates.ts';
import type { Batch } from '../../batch/batch.ts';
import type { Column } from '../../batch/column.ts';
import { evaluateExpression } from '../../batch/interpret.ts';
import { describeValue } from '../../batch/values.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { FailureHandler } from '../processor.ts';
import type { Accumulator, AggregateInputs } from './accumulator.ts';

/** Records of a batch that take no further part: 1 at their position. They failed, or are late. */
export class SkippedRecords {
  flags: Uint8Array = new Uint8Array(0);
  count = 0;

  /** Forgets the last batch. */
  reset(length: number): void {
    if (this.flags.length < length) this.flags = new Uint8Array(length);
    else if (this.count > 0) this.flags.fill(0);
    this.count = 0;
  }

  add(position: number): void {
    this.flags[position] = 1;
    this.count++;
  }
}

/** Reads what one aggregate needs of a batch. A record that cannot be read goes to `failures` and is skipped from then on. */
export type InputReader = (
  batch: Batch,
  skipped: SkippedRecords,
  failures: FailureHandler,
  inputs: AggregateInputs,
) => void;

type Read = (record: unknown) => unknown;

const readOf = (input: AggregateInput): Read => {
  switch (input.kind) {
    case 'record':
      return (record) => record;
    case 'field': {
      const { name } = input;
      return (record) => (record as Record<string, unknown> | null | undefined)?.[name];
    }
    case 'expression': {
      const { expression } = input;
      return (record) => evaluateExpression(expression, record);
    }
    case 'function':
      return input.function;
  }
};

const notANumber = (name: string, input: AggregateInput, found: unknown): MillraceError =>
  new MillraceError(
    'record-invalid',
    `The aggregate “${name}” needs a number${input.kind === 'field' ? ` in the field “${input.name}”` : ''}, ` +
      `but the record has ${describeValue(found, 60)}.`,
    {
      hint: 'Convert it before the aggregate, e.g. with a map; null, undefined and missing fields are ignored.',
    },
  );

/** The column an input names, when it can be used as it is. */
const usableColumn = (batch: Batch, input: AggregateInput): Column | undefined => {
  const name = input.kind === 'field' ? input.name : undefined;
  if (input.kind === 'expression' && input.expression.kind === 'column')
    return batch.column(input.expression.name);
  return name === undefined ? undefined : batch.column(name);
};

const presentOf = (marks: Uint8Array, length: number): Uint8Array => {
  const present = new Uint8Array(length);
  for (let i = 0; i < length; i++) present[i] = marks[i] === 0 ? 1 : 0;
  return present;
};

const readNumber = (
  found: unknown,
  numbers: Float64Array,
  present: Uint8Array,
  position: number,
): boolean => {
  if (typeof found === 'number') {
    numbers[position] = found;
    present[position] = 1;
    return true;
  }
  present[position] = 0;
  return found === undefined || found === null;
};

const createNumberReader = (name: string, input: AggregateInput): InputReader => {
  const read = readOf(input);
  let scratch = new Float64Array(0);
  let present = new Uint8Array(0);
  return (batch, skipped, failures, inputs) => {
    const column = usableColumn(batch, input);
    if (column?.type === 'number' && column.odd === undefined) {
      inputs.numbers = column.values;
      inputs.present = column.marks === undefined ? undefined : presentOf(column.marks, batch.length);
      return;
    }
    if (scratch.length < batch.length) {
      scratch = new Float64Array(batch.length);
      present = new Uint8Array(batch.length);
    }
    inputs.numbers = scratch;
    inputs.present = present;
    const records = batch.rows();
    for (let i = 0; i < batch.length; i++) {
      if (skipped.flags[i] === 1) continue;
      try {
        const found = read(records[i]);
        if (!readNumber(found, scratch, present, i)) throw notANumber(name, input, found);
      } catch (error) {
        failures.handle(error, records[i], batch.timestamps[i]!);
        skipped.add(i);
      }
    }
  };
};

const createValueReader = (input: AggregateInput): InputReader => {
  const read = readOf(input);
  return (batch, skipped, failures, inputs) => {
    const column = usableColumn(batch, input);
    if (
      column !== undefined &&
      column.marks === undefined &&
      column.type !== 'text' &&
      column.type !== 'boolean'
    ) {
      inputs.values = column.values;
      return;
    }
    const records = batch.rows();
    if (input.kind === 'record') {
      inputs.values = records;
      return;
    }
    const values: unknown[] = new Array(batch.length);
    inputs.values = values;
    for (let i = 0; i < batch.length; i++) {
      if (skipped.flags[i] === 1) continue;
      try {
        values[i] = read(records[i]);
      } catch (error) {
        failures.handle(error, records[i], batch.timestamps[i]!);
        skipped.add(i);
      }
    }
  };
};

/** The reader for what an accumulator reads; `name` is the aggregate's, for messages. */
export const createInputReader = (
  name: string,
  input: AggregateInput,
  reads: Accumulator['reads'],
): InputReader => {
  switch (reads) {
    case 'nothing':
      return () => undefined;
    case 'numbers':
      return createNumberReader(name, input);
    case 'values':
      return createValueReader(input);
    case 'rankedRecords': {
      const readNumbers = createNumberReader(name, input);
      return (batch, skipped, failures, inputs) => {
        readNumbers(batch, skipped, failures, inputs);
        inputs.records = batch.rows();
      };
    }
  }
};

/** Inputs to be filled by a reader. */
export const emptyInputs = (): AggregateInputs => ({
  numbers: new Float64Array(0),
  present: undefined,
  values: [],
  records: [],
  timestamps: new Float64Array(0),
  arrival: 0,
});
