/**
 * The *structure* of a transform: what of it must be equal in every slot, as a plain value without functions. Two graphs with
 * equal structure exchange records and keep state in the same way; what their functions compute may differ.
 */
import type { AggregateInput, BuiltInAggregate } from '../api/aggregates.ts';
import type { KeySelector, Partitioning, TransformSpec, WindowAggregation } from '../api/transform.ts';
import type { TimestampSelector, WatermarkSettings } from '../api/watermarks.ts';
import { hashValue } from '../batch/hash.ts';
import type { Expression } from '../batch/plan.ts';

/** A value of which `JSON.stringify` gives one text. */
export type Structure =
  | null
  | boolean
  | number
  | string
  | readonly Structure[]
  | { readonly [name: string]: Structure };

/** Stands for a function: whether there is one is structure, what it does is not. */
const aFunction = 'ƒ';

/** Plain settings as they are, with functions left out. */
const ofPlain = (value: unknown): Structure => {
  if (typeof value === 'function') return aFunction;
  if (Array.isArray(value)) return value.map(ofPlain);
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value : String(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]) => [name, ofPlain(member)]),
  );
};

const ofExpression = (expression: Expression): Structure => {
  switch (expression.kind) {
    case 'column':
      return ['column', expression.name];
    case 'literal':
      return ['literal', typeof expression.value, hashValue(expression.value)];
    case 'binary':
      return [expression.op, ofExpression(expression.left), ofExpression(expression.right)];
    case 'unary':
      return [expression.op, ofExpression(expression.operand)];
    case 'call':
      return [expression.function, ...expression.arguments.map(ofExpression)];
  }
};

const ofSelector = (selector: KeySelector | TimestampSelector | AggregateInput): Structure =>
  selector.kind === 'expression' ? ['expression', ofExpression(selector.expression)] : ofPlain(selector);

const ofAggregates = (aggregates: Readonly<Record<string, BuiltInAggregate<never, unknown>>>): Structure =>
  Object.entries(aggregates).map(([name, { kind, input, limit, quantiles }]) => [
    name,
    kind,
    ofSelector(input),
    ofPlain({ limit, quantiles }),
  ]);

const ofAggregation = (aggregation: WindowAggregation): Structure =>
  aggregation.kind === 'builtIn' ? ['builtIn', ofAggregates(aggregation.aggregates)] : aggregation.kind;

const ofWatermarks = ({ timestamps, ...settings }: WatermarkSettings): Structure => [
  ofSelector(timestamps),
  ofPlain(settings),
];

export const structureOfPartitioning = (partitioning: Partitioning): Structure =>
  partitioning.kind === 'hash' ? ['hash', ofSelector(partitioning.key)] : partitioning.kind;

const ofFused = (step: Extract<TransformSpec, { kind: 'fused' }>['step']): Structure => {
  if (step.kind === 'filterExpression') return [step.kind, ofExpression(step.expression)];
  if (step.kind !== 'project') return step.kind;
  return [
    step.kind,
    Object.entries(step.fields).map(([name, expression]) => [name, ofExpression(expression)]),
  ];
};

/** The structure of a transform, without its name and its place in the graph. */
export const structureOf = (spec: TransformSpec): Structure => {
  switch (spec.kind) {
    case 'source': {
      const { kind, boundedness, fields } = spec.source;
      return [spec.kind, kind, boundedness, ofPlain(fields), ofWatermarks(spec.watermarks)];
    }
    case 'fused':
      return [spec.kind, ofFused(spec.step)];
    case 'watermarks':
      return [spec.kind, ofWatermarks(spec.watermarks)];
    case 'aggregate':
      return [spec.kind, ofAggregates(spec.aggregates)];
    case 'window': {
      const { aggregation, function: process, evictor, ...settings } = spec.window;
      const called = { function: process !== undefined, evictor: evictor?.when };
      return [spec.kind, ofPlain(settings), ofAggregation(aggregation), ofPlain(called)];
    }
    case 'partialWindow': {
      const { window, key, crossesSlots } = spec;
      return [
        spec.kind,
        structureOf({ kind: 'window', window }),
        key === undefined ? null : ofSelector(key),
        crossesSlots,
      ];
    }
    case 'windowJoin': {
      const { evictor, ...settings } = spec.join;
      return [spec.kind, ofPlain(settings), ofPlain({ evictor: evictor?.when })];
    }
    case 'intervalJoin':
      return [spec.kind, ofPlain(spec.join)];
    case 'lookup': {
      const { lifecycle: _lifecycle, ...settings } = spec.lookup;
      return [spec.kind, ofPlain(settings)];
    }
    case 'async': {
      const { function: _function, ...settings } = spec.async;
      return [spec.kind, ofPlain(settings)];
    }
    case 'broadcast':
    case 'keyedBroadcast':
      return [spec.kind, ofPlain(spec.states)];
    case 'sink':
      return [spec.kind, spec.sink.kind, spec.sink.delivery];
    default:
      return spec.kind;
  }
};
