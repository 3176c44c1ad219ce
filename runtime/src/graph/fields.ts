/**
 * Which fields of a source's records a job reads. The answer walks from the sinks to the sources: expressions, field names
 * and built-in aggregates say what they read; a function of the author may read anything, and so needs all fields.
 */
import type { AggregateInput, BuiltInAggregate } from '../api/aggregates.ts';
import type {
  InputEdge,
  KeySelector,
  Partitioning,
  TransformNode,
  WindowSettings,
} from '../api/transform.ts';
import type { TriggerSpec } from '../api/triggers.ts';
import type { TimestampSelector, WatermarkSettings } from '../api/watermarks.ts';
import type { WindowAssigner } from '../api/windows.ts';
import type { Expression } from '../batch/plan.ts';

/** What is read of some records: named fields, or everything for these reasons. */
export interface FieldDemand {
  readonly names: ReadonlySet<string>;
  /** Why all fields are read, e.g. `opaque function map#2`; empty = only the names are. */
  readonly all: readonly string[];
}

const nothing: FieldDemand = { names: new Set(), all: [] };
const fieldsNamed = (names: Iterable<string>): FieldDemand => ({ names: new Set(names), all: [] });
const everything = (because: string): FieldDemand => ({ names: new Set(), all: [because] });
const together = (...demands: readonly FieldDemand[]): FieldDemand => ({
  names: new Set(demands.flatMap((demand) => [...demand.names])),
  all: [...new Set(demands.flatMap((demand) => demand.all))],
});

/** The names of the columns in an expression. */
const columnsOf = (expression: Expression): readonly string[] => {
  switch (expression.kind) {
    case 'column':
      return [expression.name];
    case 'literal':
      return [];
    case 'binary':
      return [...columnsOf(expression.left), ...columnsOf(expression.right)];
    case 'unary':
      return columnsOf(expression.operand);
    case 'call':
      return expression.arguments.flatMap(columnsOf);
  }
};

const ofSelector = (selector: KeySelector | TimestampSelector, what: string): FieldDemand => {
  switch (selector.kind) {
    case 'field':
      return fieldsNamed([selector.name]);
    case 'fields':
      return fieldsNamed(selector.names);
    case 'expression':
      return fieldsNamed(columnsOf(selector.expression));
    case 'function':
      return everything(what);
    case 'source':
    case 'ingestion':
      return nothing;
  }
};

const ofPartitioning = (partitioning: Partitioning, reader: string): FieldDemand => {
  if (partitioning.kind === 'hash') return ofSelector(partitioning.key, `opaque key of ${reader}`);
  return partitioning.kind === 'custom' ? everything(`opaque partitioning of ${reader}`) : nothing;
};

const ofWatermarks = ({ timestamps, rule }: WatermarkSettings, name: string): FieldDemand =>
  together(
    ofSelector(timestamps, `opaque timestamps of ${name}`),
    rule.kind === 'custom' ? everything(`opaque watermarks of ${name}`) : nothing,
  );

const ofInput = (input: AggregateInput, name: string): FieldDemand => {
  switch (input.kind) {
    case 'record':
      return everything(`whole records kept by ${name}`);
    case 'field':
      return fieldsNamed([input.name]);
    case 'expression':
      return fieldsNamed(columnsOf(input.expression));
    case 'function':
      return everything(`opaque function ${name}`);
  }
};

const ofAggregate = ({ kind, input }: BuiltInAggregate<never, unknown>, name: string): FieldDemand => {
  if (kind === 'count' && input.kind === 'record') return nothing;
  return kind === 'topN' ? everything(`whole records kept by ${name}`) : ofInput(input, name);
};

const ofAggregates = (
  aggregates: Readonly<Record<string, BuiltInAggregate<never, unknown>>>,
  name: string,
): FieldDemand => together(...Object.values(aggregates).map((aggregate) => ofAggregate(aggregate, name)));

const isOpaqueTrigger = (trigger: TriggerSpec | undefined): boolean => {
  if (trigger === undefined) return false;
  return trigger.kind === 'purging'
    ? isOpaqueTrigger(trigger.inner)
    : trigger.kind === 'delta' || trigger.kind === 'custom';
};

const isOpaqueAssigner = (assigner: WindowAssigner): boolean =>
  assigner.kind === 'custom' || (assigner.kind === 'session' && typeof assigner.gapMs === 'function');

const ofWindow = ({ assigner, trigger, evictor, aggregation }: WindowSettings, name: string): FieldDemand => {
  const opaque = isOpaqueAssigner(assigner) || isOpaqueTrigger(trigger) || evictor !== undefined;
  if (opaque || aggregation.kind !== 'builtIn') return everything(`opaque function ${name}`);
  return ofAggregates(aggregation.aggregates, name);
};

/** What a transform reads of its input, when `passedOn` is read of the records that it passes on unchanged. */
const ofTransform = (
  { spec, name }: TransformNode,
  passedOn: FieldDemand,
  late: FieldDemand,
): FieldDemand => {
  switch (spec.kind) {
    case 'fused': {
      const { step } = spec;
      if (step.kind === 'filterExpression')
        return together(passedOn, fieldsNamed(columnsOf(step.expression)));
      if (step.kind !== 'project') return everything(`opaque function ${name}`);
      return fieldsNamed(Object.values(step.fields).flatMap(columnsOf));
    }
    case 'watermarks':
      return together(passedOn, ofWatermarks(spec.watermarks, name));
    case 'aggregate':
      return ofAggregates(spec.aggregates, name);
    case 'window':
      return together(ofWindow(spec.window, name), late);
    case 'partialWindow':
      return together(
        ofWindow(spec.window, name),
        spec.key === undefined ? nothing : ofSelector(spec.key, `opaque key of ${name}`),
      );
    case 'sink':
      return everything(`whole records written by ${name}`);
    default:
      return everything(`opaque function ${name}`);
  }
};

/** What is read of the records of each source, by source. `nodes` in the order of their ids. */
export const fieldsRead = (nodes: readonly TransformNode[]): ReadonlyMap<TransformNode, FieldDemand> => {
  const demands = new Map<TransformNode, Map<string | undefined, FieldDemand>>();
  const demandOf = (node: TransformNode, output: string | undefined): FieldDemand =>
    demands.get(node)?.get(output) ?? nothing;
  const demand = ({ from, output }: InputEdge, more: FieldDemand): void => {
    const outputs = demands.get(from) ?? new Map<string | undefined, FieldDemand>();
    outputs.set(output, together(outputs.get(output) ?? nothing, more));
    demands.set(from, outputs);
  };
  const sources = new Map<TransformNode, FieldDemand>();
  for (const node of nodes.toReversed()) {
    const passedOn = demandOf(node, undefined);
    const { spec } = node;
    if (spec.kind === 'source') {
      sources.set(node, together(passedOn, ofWatermarks(spec.watermarks, node.name)));
      continue;
    }
    const late = spec.kind === 'window' ? demandOf(node, spec.window.lateOutput ?? '') : nothing;
    const needs = ofTransform(node, passedOn, late);
    for (const edge of node.inputs.flat())
      demand(edge, together(needs, ofPartitioning(edge.partitioning, node.name)));
  }
  return sources;
};

/** The same graph, in which each source that can reads only the fields that are used. Fields given by the author stay. */
export const narrowSources = (nodes: readonly TransformNode[]): readonly TransformNode[] => {
  const copies = new Map<TransformNode, TransformNode>();
  for (const [node, { names, all }] of fieldsRead(nodes)) {
    if (node.spec.kind !== 'source' || all.length > 0) continue;
    const { source } = node.spec;
    if (source.fields !== undefined || source.withFields === undefined) continue;
    const narrowed = source.withFields([...names].toSorted());
    copies.set(node, { ...node, spec: { ...node.spec, source: narrowed } });
  }
  if (copies.size === 0) return nodes;
  return nodes.map((node) => {
    const copy = copies.get(node) ?? {
      ...node,
      inputs: node.inputs.map((port) =>
        port.map((edge) => ({ ...edge, from: copies.get(edge.from) as TransformNode })),
      ),
    };
    copies.set(node, copy);
    return copy;
  });
};
