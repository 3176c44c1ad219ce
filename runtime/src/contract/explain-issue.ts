import type { z } from 'zod';
import { describeFound, type Problem, pathText } from './problem.ts';
import { missingUnit } from './quantity.ts';
import { describeField, fieldsOf, schemaAt, walkFields } from './schema-walk.ts';
import { looksSecret } from './secrets.ts';
import { nearest } from './suggest.ts';

type Path = readonly (string | number)[];

/** What belongs at a field, in words: what the schema says of itself, or what follows from its type. */
const expectedAt = (schema: z.core.$ZodType | undefined): string => {
  if (schema === undefined) return 'a known field';
  const { inner, meta } = describeField(schema);
  if (typeof meta['expected'] === 'string') return meta['expected'];
  const def = inner._zod.def;
  switch (def.type) {
    case 'enum':
      return `one of ${Object.values(def.entries).join(', ')}`;
    case 'literal':
      return def.values.join(' or ');
    case 'boolean':
      return 'true or false';
    case 'object':
      return `a mapping with ${Object.keys(def.shape).join(', ')}`;
    default:
      return `a ${def.type}`;
  }
};

const allowedValues = (schema: z.core.$ZodType): readonly string[] => {
  const def = describeField(schema).inner._zod.def;
  if (def.type === 'literal') return def.values.map(String);
  return def.type === 'enum' ? Object.values(def.entries).map(String) : [];
};

/** The names that other systems have for the fields, each with the field that they mean here. */
const otherNames = (fields: Readonly<Record<string, z.core.$ZodType>>): Map<string, string> => {
  const names = new Map<string, string>();
  for (const [field, schema] of Object.entries(fields)) {
    const known = describeField(schema).meta['alsoKnownAs'];
    if (Array.isArray(known)) for (const name of known) names.set(String(name), field);
  }
  return names;
};

/** Where else in the whole schema a field of this name stands, lists and maps excepted. */
const placesOf = (root: z.core.$ZodType, name: string): string[] => {
  const places: string[] = [];
  walkFields(root, (path) => {
    if (path.at(-1) === name && !path.includes('[]') && !path.includes('{}')) places.push(pathText(path));
  });
  return places;
};

const hintForUnknown = (root: z.core.$ZodType, path: Path, name: string): string | undefined => {
  const schema = schemaAt(root, path);
  const fields = schema === undefined ? undefined : fieldsOf(schema);
  if (fields === undefined) return undefined;
  if (name === '<<') return 'Merge keys are not part of YAML 1.2: write the fields out.';
  const others = otherNames(fields);
  const meant = others.get(name) ?? nearest(name, Object.keys(fields));
  if (meant !== undefined) return `Did you mean ${meant}?`;
  const places = placesOf(root, name);
  if (places.length > 0 && places.length <= 3) return `Did you mean ${places.join(' or ')}?`;
  const other = nearest(name, others.keys());
  if (other !== undefined) return `Did you mean ${others.get(other)}?`;
  return `The fields here are ${Object.keys(fields).join(', ')}.`;
};

/** Values that YAML read as something else than their writer meant. */
const hintForValue = (schema: z.core.$ZodType | undefined, input: unknown): string | undefined => {
  if (schema === undefined) return undefined;
  const { inner, meta } = describeField(schema);
  const { type } = inner._zod.def;
  if (input === null) return 'Give it a value, or remove the line.';
  if (meta['duration'] !== undefined && typeof input === 'number')
    return `Add the unit: ${input}s, or ${input}ms.`;
  if (meta['quantity'] === true && typeof input === 'number') return missingUnit(String(input));
  if (type === 'string' && (typeof input === 'number' || typeof input === 'boolean')) {
    return `Write it in quotes: "${input}".`;
  }
  if (typeof input !== 'string') return undefined;
  const allowed = allowedValues(schema);
  const meant = allowed.length === 1 ? allowed[0] : nearest(input, allowed);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  const isNumber = type === 'number' && /^-?\d+(?:\.\d+)?$/.test(input);
  if (isNumber || (type === 'boolean' && /^(?:true|false)$/.test(input))) return 'Write it without quotes.';
  return type === 'boolean' && /^(?:yes|no|on|off)$/i.test(input)
    ? 'YAML 1.2 knows true and false only.'
    : undefined;
};

/** Values of variables and of arguments that look like a secret are not shown, not even wrong ones. */
const isHidden = (path: Path): boolean => {
  const [, block, entry, field] = path;
  if (path[0] !== 'spec') return false;
  if (block === 'env') return typeof entry === 'number' && field === 'value';
  return block === 'args' && looksSecret(String(entry));
};

const sizeOf = (input: unknown): string => {
  if (Array.isArray(input)) return `a list of ${input.length} ${input.length === 1 ? 'entry' : 'entries'}`;
  if (typeof input === 'string' && input.length > 60) return `a text of ${input.length} characters`;
  return describeFound(input);
};

const valueProblem = (root: z.core.$ZodType, path: Path, input: unknown): Problem => {
  const schema = schemaAt(root, path);
  const expected = expectedAt(schema);
  if (input === undefined)
    return { path, message: `expected ${expected}, but it is missing`, expected, found: 'nothing' };
  const hidden = isHidden(path);
  const found = hidden ? 'a value that is not shown' : sizeOf(input);
  const hint = hidden && typeof input === 'number' ? 'Write it in quotes.' : hintForValue(schema, input);
  return { path, message: `expected ${expected}, found ${found}`, expected, found, hint };
};

const keyProblem = (root: z.core.$ZodType, path: Path): Problem => {
  const schema = schemaAt(root, path.slice(0, -1));
  const def = schema === undefined ? undefined : describeField(schema).inner._zod.def;
  const expected = expectedAt(def?.type === 'record' ? def.keyType : undefined);
  const found = describeFound(String(path.at(-1)));
  return { path, message: `expected ${expected}, found ${found}`, expected, found, atKey: true };
};

/** Looking for what was meant takes time; whoever has so many unknown fields has given another file. */
const mostGuesses = 20;

const unknownField = (root: z.core.$ZodType, path: Path, name: string, place: number): Problem => {
  const schema = schemaAt(root, path);
  const names = Object.keys((schema === undefined ? undefined : fieldsOf(schema)) ?? {});
  return {
    path: [...path, name],
    message: 'there is no such field',
    expected: `one of ${names.join(', ')}`,
    found: describeFound(name),
    hint: place < mostGuesses ? hintForUnknown(root, path, name) : undefined,
    atKey: true,
  };
};

const ruleProblem = (path: Path, params: Readonly<Record<string, unknown>>): Problem => {
  const expected = String(params['expected']);
  const found = isHidden(path) ? 'a value that is not shown' : String(params['found']);
  const { message, hint } = params;
  return {
    path,
    message: typeof message === 'string' ? message : `expected ${expected}, found ${found}`,
    expected,
    found,
    ...(typeof hint === 'string' ? { hint } : {}),
  };
};

/** What an issue that zod found in `root` means for the one who wrote the manifest. It must have been found with `reportInput`. */
export const explainIssue = (root: z.core.$ZodType, issue: z.core.$ZodIssue): readonly Problem[] => {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name, place) => unknownField(root, path, name, place));
  }
  if (issue.code === 'invalid_key') return [keyProblem(root, path)];
  if (issue.code === 'custom' && issue.params !== undefined) return [ruleProblem(path, issue.params)];
  return [valueProblem(root, path, issue.input)];
};
