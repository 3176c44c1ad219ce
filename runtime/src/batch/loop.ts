/** Fused loops, ready to run: generated where that is allowed, interpreted elsewhere. */
import { Batch } from './batch.ts';
import { type Column, type ColumnSet, Mark } from './column.ts';
import type { CellType, ColumnSource } from './column-code.ts';
import { gatherColumn, gatherNumbers } from './column-parts.ts';
import {
  type ColumnLoopResult,
  type GeneratedColumnLoop,
  generateColumnLoop,
  generateLoop,
} from './generate.ts';
import { interpretLoop } from './interpret.ts';
import { expressionsOf, type FusedPlan, fieldsOf, type RowLoop } from './plan.ts';
import { selectRows } from './slice.ts';
import { decodeText } from './text.ts';

export { FusedRows } from './fused-rows.ts';
export type { FusedCursor, FusedPlan, FusedStep, RowLoop } from './plan.ts';

/** A plan in its running form. It may keep what it learned between batches; one for each processor. */
export interface FusedLoop {
  readonly runRows: RowLoop;
  /**
   * Runs over the columns of a batch that has them, without making rows. Undefined: these columns need the loop over rows.
   * Absent when the plan calls functions.
   */
  readonly runColumns?: (batch: Batch) => Batch | undefined;
}

/** Column types for which a loop of a plan is kept; more of them, and records come so mixed that rows do as well. */
const mostLoops = 16;

const cellTypeOf = (column: Column): CellType | undefined => {
  if (column.marks !== undefined || column.type === 'any' || column.type === 'bigint') return undefined;
  return column.type === 'text' ? 'string' : column.type;
};

const cellsOf = (column: Column, length: number): unknown =>
  column.type === 'text' ? decodeText(column, length) : column.values;

/** In a record that was made anew a field is there, whatever its value. */
const withoutMissing = (column: Column): Column => {
  if (column.marks === undefined || !column.marks.includes(Mark.missing)) return column;
  const marks = column.marks.map((mark) => (mark === Mark.missing ? Mark.undefined : mark));
  if (column.type !== 'any') return { ...column, marks };
  return { type: 'any', values: column.values };
};

const columnOf = (set: ColumnSet, name: string): Column => set.columns[set.names.indexOf(name)] as Column;

const computedColumn = (
  type: CellType,
  values: ColumnLoopResult['computed'][number],
  count: number,
): Column => {
  if (type === 'number') return { type, values: values as Float64Array };
  if (type === 'boolean') return { type, values: values as Uint8Array };
  (values as string[]).length = count;
  return { type, values: values as string[] };
};

/** The result of one column loop over one batch. */
const collect = (
  batch: Batch,
  set: ColumnSet,
  loop: GeneratedColumnLoop,
  { count, computed }: ColumnLoopResult,
  selection: Int32Array,
): Batch => {
  const isWhole = count === batch.length;
  if (loop.result === undefined) {
    return isWhole ? batch.withKeys(undefined) : selectRows(batch.withKeys(undefined), selection, count);
  }
  const columnFrom = (source: ColumnSource): Column => {
    if (source.kind === 'computed') {
      return computedColumn(source.type, computed[source.position] as (typeof computed)[number], count);
    }
    const column = withoutMissing(columnOf(set, source.name));
    return isWhole ? column : gatherColumn(column, selection, count);
  };
  const columns = {
    names: loop.result.map(([name]) => name),
    columns: loop.result.map(([, from]) => columnFrom(from)),
  };
  const timestamps = isWhole ? batch.timestamps : gatherNumbers(batch.timestamps, selection, count);
  return Batch.ofColumns(columns, timestamps, count);
};

/** Runs a plan of expressions over columns; keeps one generated loop for each combination of column types that came. */
const columnRunner = (plan: FusedPlan): ((batch: Batch) => Batch | undefined) => {
  const fields = fieldsOf(...plan.steps.flatMap(expressionsOf));
  const loops = new Map<string, GeneratedColumnLoop | undefined>();
  const loopFor = (set: ColumnSet): GeneratedColumnLoop | undefined => {
    const present = fields.filter((name) => set.names.includes(name));
    const types = new Map(present.map((name) => [name, cellTypeOf(columnOf(set, name))]));
    const key = fields.map((name) => (types.has(name) ? (types.get(name) ?? 'other') : 'absent')).join();
    if (!loops.has(key)) {
      if (loops.size >= mostLoops) return undefined;
      loops.set(key, generateColumnLoop(plan, types));
    }
    return loops.get(key);
  };
  return (batch) => {
    const set = batch.isColumnar ? batch.columns() : undefined;
    const loop = set && loopFor(set);
    if (set === undefined || loop === undefined) return undefined;
    const cells = loop.reads.map((name) => cellsOf(columnOf(set, name), batch.length));
    const selection = new Int32Array(loop.filters ? batch.length : 0);
    return collect(batch, set, loop, loop.run(cells, batch.length, selection), selection);
  };
};

/** The running form of a plan. */
export const createLoop = (plan: FusedPlan): FusedLoop => {
  const runRows = generateLoop(plan);
  if (runRows === undefined) return { runRows: interpretLoop(plan) };
  const isPure = plan.steps.every(({ kind }) => kind === 'filterExpression' || kind === 'project');
  return isPure ? { runRows, runColumns: columnRunner(plan) } : { runRows };
};
