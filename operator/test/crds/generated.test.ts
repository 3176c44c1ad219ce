import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { definitionOf, kinds } from '../../../crds/definition.ts';
import { generatedFiles } from '../../../crds/generated.ts';
import type { Structural } from '../../../crds/structural.ts';
import { walkFields } from '../../../runtime/src/contract/schema-walk.ts';

const top = new URL('../../../', import.meta.url);

interface Schema {
  readonly type: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly [field: string]: unknown;
}

const rootOf = (definition: Structural): Schema => {
  const { spec } = definition as { spec: { versions: [{ schema: { openAPIV3Schema: Schema } }] } };
  return spec.versions[0].schema.openAPIV3Schema;
};

/** Every schema within one, with the path to it. */
const schemasIn = (schema: Schema, path = ''): (readonly [string, Schema])[] => [
  [path, schema],
  ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) => schemasIn(child, `${path}.${name}`)),
  ...(schema.items === undefined ? [] : schemasIn(schema.items, `${path}[]`)),
  ...(schema.additionalProperties === undefined ? [] : schemasIn(schema.additionalProperties, `${path}.*`)),
];

const isBounded = (schema: Schema): boolean => {
  switch (schema.type) {
    case 'string':
      return schema.enum !== undefined || schema['maxLength'] !== undefined;
    case 'array':
      return schema['maxItems'] !== undefined;
    case 'object':
      return schema.properties !== undefined || schema['maxProperties'] !== undefined;
    default:
      return (
        schema.type === 'boolean' || (schema['minimum'] !== undefined && schema['maximum'] !== undefined)
      );
  }
};

const rulesAt = (
  schema: Schema,
  ...names: readonly string[]
): readonly { rule: string; message: string }[] => {
  const found = names.reduce((here, name) => here.properties?.[name] as Schema, schema);
  return (found['x-kubernetes-validations'] ?? []) as readonly { rule: string; message: string }[];
};

describe('the generated files', () => {
  it.each([...generatedFiles()])('hold what npm run gen would write into %s', (path, text) => {
    expect(readFileSync(new URL(path, top), 'utf8') === text, `${path} is stale: npm run gen`).toBe(true);
  });

  it.each([...generatedFiles()].filter(([path]) => path.endsWith('.yaml')))(
    'are small enough for every way to apply %s',
    (_, text) => {
      expect(Buffer.byteLength(text)).toBeLessThan(100_000);
    },
  );
});

describe.each(kinds)('the definition of $kind', (kind) => {
  const root = rootOf(definitionOf(kind));
  const parts = (['spec', 'status'] as const).flatMap((part) =>
    schemasIn(root.properties?.[part] as Schema, part),
  );

  it('bounds every text, number, list and map', () => {
    expect(parts.filter(([, schema]) => !isBounded(schema)).map(([path]) => path)).toEqual([]);
  });

  it('keeps unknown fields only where Kubernetes itself defines them', () => {
    const open = parts.filter(([, schema]) => schema['x-kubernetes-preserve-unknown-fields'] === true);
    expect(open.map(([path]) => path.replace('spec.', ''))).toEqual(
      kind.kind === 'StreamJob'
        ? [
            'podTemplate.affinity',
            'podTemplate.topologySpreadConstraints[]',
            'podTemplate.volumes[].projected.sources[]',
            'network.egressRules[]',
            'network.metricsFrom[]',
          ]
        : [],
    );
  });

  it('has a rule of CEL for every rule of the contract', () => {
    walkFields(kind.schema, (path, { meta }) => {
      if (meta['rules'] === undefined || meta['rules'] === 0) return;
      expect(meta['cel'], path.join('.')).not.toEqual([]);
    });
  });

  it('has its name checked at the root, with the words of the contract', () => {
    expect(rulesAt(root)).toEqual([
      {
        rule: expect.stringMatching(/^self\.metadata\.name\.size\(\) <= (40|63) && /),
        message: expect.stringMatching(/^metadata\.name: expected a name of lower-case letters/),
      },
    ]);
  });
});

describe('the definition of StreamJob', () => {
  const root = rootOf(definitionOf(kinds[0]!));

  it('lets nobody change, add or remove what is immutable', () => {
    expect(rulesAt(root, 'spec')).toContainEqual({
      rule: 'has(self.maxParallelism) == has(oldSelf.maxParallelism) && (!has(self.maxParallelism) || self.maxParallelism == oldSelf.maxParallelism)',
      message: 'maxParallelism cannot be changed: only a new object can have another one',
    });
    const names = (rules: readonly { message: string }[]): string[] =>
      rules
        .filter(({ message }) => message.includes('cannot be changed'))
        .map(({ message }) => message.split(' ')[0]!);
    expect(names(rulesAt(root, 'spec', 'checkpoint', 'store', 's3'))).toEqual(['bucket', 'prefix']);
    expect(names(rulesAt(root, 'spec', 'checkpoint', 'store'))).toEqual(['directory']);
  });

  it('has the defaults of the contract, but stores no empty lists and maps that nobody wrote', () => {
    const spec = root.properties?.['spec'] as Schema;
    expect(spec.properties?.['parallelism']?.default).toBe(1);
    expect(spec.properties?.['upgrade']?.default).toEqual({});
    expect(spec.properties?.['args']?.default).toBeUndefined();
    expect(spec.properties?.['env']?.default).toBeUndefined();
  });
});
