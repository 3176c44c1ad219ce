import * as z from 'zod';

/** Anything written beside a field: `description`, `change`, `expected`, `absent`, `alsoKnownAs` … */
export type Meta = Readonly<Record<string, unknown>>;

/** A field without the wrappers around it. */
export interface Field {
  /** The schema inside of `optional`, `default` and the like. */
  readonly inner: z.core.$ZodTypes;
  readonly meta: Meta;
  /** Whether it may be left out. */
  readonly optional: boolean;
  /** What it is when left out, if something. */
  readonly defaultValue: unknown;
}

/** Looks through the wrappers of a field. What an outer wrapper says of itself wins over what is said inside. */
export const describeField = (schema: z.core.$ZodType): Field => {
  let inner = schema as z.core.$ZodTypes;
  let meta: Meta = z.globalRegistry.get(inner) ?? {};
  let optional = false;
  let defaultValue: unknown;
  for (;;) {
    const def = inner._zod.def;
    if (def.type !== 'optional' && def.type !== 'default' && def.type !== 'prefault') break;
    optional = true;
    if (def.type !== 'optional') defaultValue = def.defaultValue;
    inner = def.innerType as z.core.$ZodTypes;
    meta = { ...z.globalRegistry.get(inner), ...meta };
  }
  return { inner, meta, optional, defaultValue };
};

/** The fields of a mapping by name, in the order of the schema; undefined for a schema that is no such thing. */
export const fieldsOf = (schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined => {
  const def = describeField(schema).inner._zod.def;
  return def.type === 'object' ? def.shape : undefined;
};

/** The schema of one step down: of a field, of an entry of a list, of a value of a map. Undefined when there is none. */
export const childSchema = (schema: z.core.$ZodType, part: string | number): z.core.$ZodType | undefined => {
  const def = describeField(schema).inner._zod.def;
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def.shape, part) ? def.shape[part] : undefined;
    case 'array':
      return def.element;
    case 'record':
      return def.valueType;
    default:
      return undefined;
  }
};

/** The schema at a path, or undefined when it leads nowhere. */
export const schemaAt = (
  schema: z.core.$ZodType,
  path: readonly (string | number)[],
): z.core.$ZodType | undefined => {
  let here: z.core.$ZodType | undefined = schema;
  for (const part of path) here = here === undefined ? undefined : childSchema(here, part);
  return here;
};

/** Every field, parents first, depth first. An entry of a list is the step `[]`, a value of a map `{}`. */
export const walkFields = (
  schema: z.core.$ZodType,
  visit: (path: readonly string[], field: Field) => void,
  path: readonly string[] = [],
): void => {
  const field = describeField(schema);
  visit(path, field);
  const def = field.inner._zod.def;
  if (def.type === 'array') walkFields(def.element, visit, [...path, '[]']);
  if (def.type === 'record') walkFields(def.valueType, visit, [...path, '{}']);
  if (def.type !== 'object') return;
  for (const [name, child] of Object.entries(def.shape)) walkFields(child, visit, [...path, name]);
};
