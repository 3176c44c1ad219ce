/** Run by a test in a process that refuses to generate code: everything that can generate has another way. */
import assert from 'node:assert/strict';
import type { ColumnSet } from '../../src/batch/column.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { createLoop, FusedRows } from '../../src/batch/loop.ts';
import { toRows } from '../../src/batch/materialize.ts';

assert.throws(() => new Function('return 1'), EvalError);

const rows = [
  { a: 1, b: 'x' },
  { a: 2, b: 'y' },
];
for (let i = 0; i < 4; i++) assert.deepStrictEqual(toRows(toColumns(rows, 2) as ColumnSet, 2), rows);

const loop = createLoop({
  steps: [
    {
      kind: 'filterExpression',
      expression: {
        kind: 'binary',
        op: 'gt',
        left: { kind: 'column', name: 'a' },
        right: { kind: 'literal', value: 1 },
      },
    },
  ],
});
const output = new FusedRows(2);
loop.runRows(rows, new Float64Array(2), 0, 2, output, { index: 0, step: 0, countBefore: 0 });
assert.deepStrictEqual(output.toBatch().rows(), [{ a: 2, b: 'y' }]);
assert.equal(loop.runColumns, undefined);
process.stdout.write('fine\n');
