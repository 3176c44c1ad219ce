/**
 * A physical graph for people: as a plain value (also the JSON form), as text and as a Mermaid diagram. Says how records
 * move, what each sink promises, and which fields of each source are read, or why all of them are.
 */
import type { KeySelector, Partitioning } from '../api/transform.ts';
import { expressionText } from './expression-text.ts';
import { fieldsRead } from './fields.ts';
import type { PhysicalGraph, Task, TaskEdge } from './physical-graph.ts';

export interface GraphDescription {
  readonly slots: number;
  readonly maxParallelism: number;
  readonly hash: string;
  readonly tasks: readonly TaskDescription[];
}

export interface TaskDescription {
  readonly index: number;
  readonly parallelism: number;
  readonly transforms: readonly TransformDescription[];
  readonly outputs: readonly EdgeDescription[];
}

export interface TransformDescription {
  readonly name: string;
  readonly kind: string;
  readonly uid?: string;
  readonly source?: {
    readonly kind: string;
    readonly boundedness: string;
    /** The fields that are read; absent = all. */
    readonly fields?: readonly string[];
    /** Why all fields are read. */
    readonly allFields?: readonly string[];
  };
  readonly sink?: { readonly kind: string; readonly delivery: string };
}

export interface EdgeDescription {
  readonly to: number;
  /** Input port of the receiving task, from 0. */
  readonly port: number;
  /** Name of the transform whose results these are. */
  readonly from: string;
  readonly sideOutput?: string;
  readonly partitioning: Partitioning['kind'];
  /** How the key is found, for `hash`. */
  readonly key?: string;
}

const keyText = (key: KeySelector): string => {
  switch (key.kind) {
    case 'field':
      return key.name;
    case 'fields':
      return key.names.join(', ');
    case 'expression':
      return expressionText(key.expression);
    case 'function':
      return 'a function';
  }
};

const describeEdge = (task: Task, edge: TaskEdge): EdgeDescription => ({
  to: edge.to,
  port: edge.port,
  from: task.chain[edge.fromPosition]?.name ?? '',
  ...(edge.output === undefined ? {} : { sideOutput: edge.output }),
  partitioning: edge.partitioning.kind,
  ...(edge.partitioning.kind === 'hash' ? { key: keyText(edge.partitioning.key) } : {}),
});

/** The graph as a plain value. */
export const describeGraph = (graph: PhysicalGraph): GraphDescription => {
  const nodes = graph.tasks.flatMap((task) => task.chain).toSorted((left, right) => left.id - right.id);
  const demands = fieldsRead(nodes);
  return {
    slots: graph.slots,
    maxParallelism: graph.maxParallelism,
    hash: graph.hash,
    tasks: graph.tasks.map((task) => ({
      index: task.index,
      parallelism: task.parallelism,
      transforms: task.chain.map((node): TransformDescription => {
        const { spec, name, uid } = node;
        const common = { name, kind: spec.kind, ...(uid === undefined ? {} : { uid }) };
        if (spec.kind === 'sink') {
          return { ...common, sink: { kind: spec.sink.kind, delivery: spec.sink.delivery } };
        }
        if (spec.kind !== 'source') return common;
        const { kind, boundedness, fields } = spec.source;
        const allFields = demands.get(node)?.all ?? [];
        const read =
          fields === undefined
            ? { allFields: allFields.length > 0 ? allFields : [`${kind} reads whole records`] }
            : { fields };
        return { ...common, source: { kind, boundedness, ...read } };
      }),
      outputs: task.outputs.map((edge) => describeEdge(task, edge)),
    })),
  };
};

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const edgeText = (edge: EdgeDescription): string => {
  const output = edge.sideOutput === undefined ? '' : `side output ${edge.sideOutput}, `;
  const how = edge.key === undefined ? edge.partitioning : `hash of ${edge.key}`;
  return `${output}${how}`;
};

const transformLines = ({ name, source, sink }: TransformDescription): readonly string[] => {
  if (sink !== undefined) return [`  ${name} writes ${sink.kind}, ${sink.delivery}`];
  if (source === undefined) return [];
  const { kind, boundedness, fields, allFields = [] } = source;
  const read =
    fields === undefined ? `all fields: ${allFields.join('; ')}` : `fields: ${fields.join(', ') || 'none'}`;
  return [`  ${name} reads ${kind}, ${boundedness}, ${read}`];
};

/** The graph as text: a paragraph a task, with its transforms, and an arrow for each edge that leaves it. */
export const graphText = ({ slots, maxParallelism, tasks }: GraphDescription): string => {
  const title = `${plural(tasks.length, 'task')} in ${plural(slots, 'slot')}, ${plural(maxParallelism, 'key group')}`;
  const paragraphs = tasks.map(({ index, parallelism, transforms, outputs }) =>
    [
      `[${index}] ${transforms.map((transform) => transform.name).join(' → ')}  ×${parallelism}`,
      ...transforms.flatMap(transformLines),
      ...outputs.map(
        (edge, i) => `  ${i === outputs.length - 1 ? '└' : '├'}─ ${edgeText(edge)} → [${edge.to}]`,
      ),
    ].join('\n'),
  );
  return `${[title, ...paragraphs].join('\n\n')}\n`;
};

/** Text of a label: what Mermaid would read as markup is written as a character code. */
const label = (text: string): string =>
  text.replace(/["#<>&|`]/g, (character) => `#${character.charCodeAt(0)};`);

/** The graph as a Mermaid flowchart. */
export const graphMermaid = ({ tasks }: GraphDescription): string => {
  const boxes = tasks.map(({ index, parallelism, transforms }) => {
    const lines = transforms.map(({ name, sink }) =>
      label(sink === undefined ? name : `${name} (${sink.delivery})`),
    );
    return `  task${index}["${lines.join('<br/>')}<br/>×${parallelism}"]`;
  });
  const arrows = tasks.flatMap(({ index, outputs }) =>
    outputs.map((edge) => `  task${index} -->|"${label(edgeText(edge))}"| task${edge.to}`),
  );
  return `${['flowchart LR', ...boxes, ...arrows].join('\n')}\n`;
};

/** The graph as JSON, indented. */
export const graphJson = (description: GraphDescription): string =>
  `${JSON.stringify(description, undefined, 2)}\n`;
