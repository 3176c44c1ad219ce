import * as z from 'zod';
import { describeField, type Field } from '../runtime/src/contract/schema-walk.ts';
import { textBounds, validationsOf } from './validations.ts';

/** A structural schema, as `apiextensions.k8s.io/v1` has it. */
export type Structural = Readonly<Record<string, unknown>>;

const definedOnly = (fields: Readonly<Record<string, unknown>>): Structural =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The first sentence: the whole definition has to be small, and FIELDS.md says the rest. */
const describe = (text: unknown): string | undefined =>
  typeof text === 'string' ? text.replace(/(?<=[a-z)]\.) [A-Z].*$/, '') : undefined;

const numberSchema = (field: Field): Structural => {
  const { type, minimum, maximum } = z.toJSONSchema(field.inner, { io: 'input' });
  const isLarge = Math.abs(Number(maximum)) > 2 ** 31 - 1;
  return { type, minimum, maximum, ...(type === 'integer' ? { format: isLarge ? 'int64' : 'int32' } : {}) };
};

/** JSON cannot be measured in CEL: the number of names is bounded by what fits. */
const leastCharactersOfName = 6;

const opaqueSchema = ({ meta }: Field): Structural => ({
  type: 'object',
  maxProperties: Math.floor(Number(meta['maxCharacters']) / leastCharactersOfName),
  'x-kubernetes-preserve-unknown-fields': true,
});

const recordSchema = (field: Field, value: z.core.$ZodType, isSpec: boolean): Structural =>
  field.meta['opaque'] === true
    ? opaqueSchema(field)
    : {
        type: 'object',
        maxProperties: field.meta['maxProperties'],
        additionalProperties: structural(value, isSpec),
      };

const objectSchema = (shape: Readonly<Record<string, z.core.$ZodType>>, isSpec: boolean): Structural => {
  const required = Object.entries(shape)
    .filter(([, schema]) => !describeField(schema).optional)
    .map(([name]) => name);
  return {
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(
      Object.entries(shape).map(([name, schema]) => [name, structural(schema, isSpec)]),
    ),
  };
};

const listSchema = ({ inner, meta }: Field, element: z.core.$ZodType, isSpec: boolean): Structural => ({
  type: 'array',
  maxItems: z.toJSONSchema(inner, { io: 'input' }).maxItems,
  ...(typeof meta['listKey'] === 'string'
    ? { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [meta['listKey']] }
    : {}),
  items: structural(element, isSpec),
});

const typed = (field: Field, isSpec: boolean): Structural => {
  const def = field.inner._zod.def;
  switch (def.type) {
    case 'string': {
      const { minLength, maxLength, pattern } = textBounds(field.inner);
      const { format } = field.meta;
      return { type: 'string', ...(minLength > 0 ? { minLength } : {}), maxLength, pattern, format };
    }
    case 'number':
      return numberSchema(field);
    case 'boolean':
      return { type: 'boolean' };
    case 'enum':
      return { type: 'string', enum: Object.values(def.entries) };
    case 'literal':
      return { type: typeof def.values[0], enum: def.values };
    case 'record':
      return recordSchema(field, def.valueType, isSpec);
    case 'array':
      return listSchema(field, def.element, isSpec);
    case 'object':
      return objectSchema(def.shape, isSpec);
    default:
      throw new Error(`No structural schema has a form for ${def.type}.`);
  }
};

/** An empty list or map that nobody wrote is left out of what is stored. */
const defaultOf = ({ inner, defaultValue }: Field): unknown => {
  const { type } = inner._zod.def;
  return type === 'array' || type === 'record' ? undefined : defaultValue;
};

/**
 * A field as the API server knows it: types, bounds and defaults as the contract has them, its rules in CEL. `isSpec`: whether fields of it
 * may be immutable.
 */
export const structural = (schema: z.core.$ZodType, isSpec: boolean): Structural => {
  const field = describeField(schema);
  const rules = validationsOf(field, isSpec);
  return definedOnly({
    description: describe(field.meta['description']),
    ...typed(field, isSpec),
    default: defaultOf(field),
    'x-kubernetes-validations': rules.length > 0 ? rules : undefined,
  });
};
