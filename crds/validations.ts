import type { CelRule } from '../runtime/src/contract/field.ts';
import { describeField, type Field, fieldsOf } from '../runtime/src/contract/schema-walk.ts';

/** The rules that a field carries with it. */
const ownRules = ({ meta }: Field): readonly CelRule[] =>
  Array.isArray(meta['cel']) ? (meta['cel'] as readonly CelRule[]) : [];

/**
 * Fields of a mapping that never change. The rule stands on the mapping, and looks on both sides whether the field is there: on the field
 * itself it would not be asked when that is added or removed.
 */
const unchanged = (field: Field): readonly CelRule[] =>
  Object.entries(fieldsOf(field.inner) ?? {})
    .filter(([, schema]) => {
      const { inner, meta } = describeField(schema);
      return meta['change'] === 'immutable' && inner._zod.def.type !== 'object';
    })
    .map(([name]) => ({
      rule: `has(self.${name}) == has(oldSelf.${name}) && (!has(self.${name}) || self.${name} == oldSelf.${name})`,
      message: `${name} cannot be changed: only a new object can have another one`,
    }));

/** The names of a map, which a structural schema has no place for. */
const nameRules = (field: Field): readonly CelRule[] => {
  const def = field.inner._zod.def;
  if (def.type !== 'record' || field.meta['opaque'] === true) return [];
  const { inner, meta } = describeField(def.keyType);
  const { minLength, maxLength, pattern } = textBounds(inner);
  const length = `name.size() >= ${minLength} && name.size() <= ${maxLength}`;
  const shape = pattern === undefined ? '' : ` && name.matches(${celText(pattern)})`;
  return [
    {
      rule: `self.all(name, ${length}${shape})`,
      message: `expected names to be ${String(meta['expected'])}`,
    },
  ];
};

export interface TextBounds {
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern?: string | undefined;
}

/** The bounds of a text. */
export const textBounds = (schema: Field['inner']): TextBounds => {
  let [minLength, maxLength] = [0, 0];
  let pattern: string | undefined;
  for (const check of schema._zod.def.checks ?? []) {
    const bounds: Readonly<Record<string, unknown>> = { ...check._zod.def };
    if (bounds['check'] === 'min_length') minLength = Number(bounds['minimum']);
    if (bounds['check'] === 'max_length') maxLength = Number(bounds['maximum']);
    if (bounds['pattern'] instanceof RegExp) pattern = bounds['pattern'].source;
  }
  return { minLength, maxLength, pattern };
};

/** A text in the quotes of CEL, in which backslashes mean something. */
const celText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** All that the API server must look at beyond the types of a field, with what it says when that is not so. `fixed`: of a spec. */
export const validationsOf = (field: Field, isSpec: boolean): readonly CelRule[] => [
  ...ownRules(field),
  ...nameRules(field),
  ...(isSpec ? unchanged(field) : []),
];
