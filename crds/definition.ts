import { stringify } from 'yaml';
import type { z } from 'zod';
import type { CelRule } from '../runtime/src/contract/field.ts';
import { savepointObjectStatusSchema, savepointSchema } from '../runtime/src/contract/savepoint.ts';
import { describeField, schemaAt } from '../runtime/src/contract/schema-walk.ts';
import { streamJobStatusSchema } from '../runtime/src/contract/status.ts';
import { streamJobSchema } from '../runtime/src/contract/stream-job.ts';
import { type Structural, structural } from './structural.ts';
import { textBounds } from './validations.ts';

interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  /** Greater than 0: only with `-o wide`. */
  readonly priority?: number;
}

/** One kind, as the API server is told of it. */
export interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  readonly description: string;
  readonly schema: z.core.$ZodType;
  readonly status: z.core.$ZodType;
  readonly columns: readonly Column[];
  readonly subresources: Structural;
}

const column = (name: string, type: Column['type'], jsonPath: string, more: object = {}): Column => ({
  name,
  type,
  jsonPath,
  ...more,
});

const age = column('Age', 'date', '.metadata.creationTimestamp');

export const kinds: readonly Kind[] = [
  {
    kind: 'StreamJob',
    plural: 'streamjobs',
    singular: 'streamjob',
    shortName: 'sj',
    description: 'A streaming job, kept running exactly once.',
    schema: streamJobSchema,
    status: streamJobStatusSchema,
    columns: [
      column('Phase', 'string', '.status.phase'),
      column('Ready', 'string', '.status.workersReady'),
      column('Parallelism', 'integer', '.spec.parallelism'),
      column('Revision', 'string', '.status.revision.current'),
      column('Checkpoint', 'date', '.status.checkpoint.time'),
      column('Last Pause', 'string', '.status.lastPause'),
      age,
      column('Reason', 'string', '.status.conditions[?(@.type=="Ready")].reason', { priority: 1 }),
      column('Message', 'string', '.status.conditions[?(@.type=="Ready")].message', { priority: 1 }),
    ],
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.parallelism',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    },
  },
  {
    kind: 'Savepoint',
    plural: 'savepoints',
    singular: 'savepoint',
    shortName: 'sp',
    description: 'The state of a StreamJob at one moment, kept until this object is deleted.',
    schema: savepointSchema,
    status: savepointObjectStatusSchema,
    columns: [
      column('Job', 'string', '.spec.jobRef.name'),
      column('Phase', 'string', '.status.phase'),
      column('Bytes', 'integer', '.status.bytes'),
      column('Completed', 'date', '.status.completedTime'),
      column('Path', 'string', '.status.path', { priority: 1 }),
      age,
    ],
    subresources: { status: {} },
  },
];

const part = (schema: z.core.$ZodType, ...path: readonly string[]): z.core.$ZodType => {
  const found = schemaAt(schema, path);
  if (found === undefined) throw new Error(`The schema has no ${path.join('.')}.`);
  return found;
};

/** The only thing that may be said about metadata: at the root, about its name. */
const nameRule = (schema: z.core.$ZodType): CelRule => {
  const { inner, meta } = describeField(part(schema, 'metadata', 'name'));
  const { maxLength, pattern } = textBounds(inner);
  return {
    rule: `self.metadata.name.size() <= ${maxLength} && self.metadata.name.matches('${pattern}')`,
    message: `metadata.name: expected ${String(meta['expected'])}`,
  };
};

/** The definition of a kind, as an object of `apiextensions.k8s.io/v1`. */
export const definitionOf = (kind: Kind): Structural => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${kind.plural}.millrace.dev`,
    labels: { 'app.kubernetes.io/part-of': 'millrace' },
  },
  spec: {
    group: 'millrace.dev',
    scope: 'Namespaced',
    names: {
      kind: kind.kind,
      listKind: `${kind.kind}List`,
      plural: kind.plural,
      singular: kind.singular,
      shortNames: [kind.shortName],
      categories: ['millrace'],
    },
    conversion: { strategy: 'None' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: kind.subresources,
        additionalPrinterColumns: kind.columns,
        schema: {
          openAPIV3Schema: {
            description: kind.description,
            type: 'object',
            required: ['spec'],
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: structural(part(kind.schema, 'spec'), true),
              status: { description: 'What the operator tells.', ...structural(kind.status, false) },
            },
            'x-kubernetes-validations': [nameRule(kind.schema)],
          },
        },
      },
    ],
  },
});

const textOf = (definition: Structural): string =>
  `# Made by \`npm run gen\` from runtime/src/contract: do not edit.\n${stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false, indentSeq: false })}`;

/** The file of a kind. */
export const definitionText = (kind: Kind): string => textOf(definitionOf(kind));

/** The same for a chart that can be uninstalled: the definition stays, and with it every object of the kind. */
export const keptDefinitionText = (kind: Kind): string => {
  const definition = definitionOf(kind);
  const metadata = definition['metadata'] as object;
  return textOf({
    ...definition,
    metadata: { ...metadata, annotations: { 'helm.sh/resource-policy': 'keep' } },
  });
};
