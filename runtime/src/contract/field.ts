import * as z from 'zod';
import type { Change } from './change.ts';
import { durationHint, durationOf, durationPattern, parseDuration } from './duration.ts';
import { describeFound } from './problem.ts';
import type { Meta } from './schema-walk.ts';

/** What a person writes: every field that has a default or may be absent is left out at will. */
export type Written<T> = T extends readonly (infer E)[]
  ? readonly Written<E>[]
  : T extends object
    ? { readonly [K in keyof T]?: Written<T[K]> | undefined }
    : T;

/** What every field says of itself. `absent` tells what leaving it out means where no default can stand for that. */
export interface About {
  readonly absent?: string;
  /** Names that people from other systems try first. */
  readonly alsoKnownAs?: readonly string[];
}

/** The declaration of a field: what a change of it does, and one or more sentences on what it is. */
export const about = (change: Change, description: string, more: About = {}): Meta => ({
  description,
  change,
  ...more,
});

/** A broken rule between several fields, or inside of one: `path` is relative to where the rule stands. */
export interface BrokenRule {
  readonly path: readonly (string | number)[];
  readonly expected: string;
  readonly found: string;
  /** Says it better than “expected …, found …”. */
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
}

/** A mapping of which only the outer form is known, since it is checked together with its fields. */
export type Unchecked = Readonly<Record<string, unknown>>;

/** A rule as the API server checks it, in the Common Expression Language: `self` is the value that the rule stands at. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** A rule over the fields of one mapping. It sees what is written even if a field is wrong, so it must look before it compares. */
export type Rule = ((fields: Unchecked) => readonly BrokenRule[]) & { readonly cel?: readonly CelRule[] };

/** A rule with its like in CEL, so that a cluster refuses the same at admission. Defaults are filled in before it looks. */
export const inCel = (rule: Rule, ...cel: readonly CelRule[]): Rule =>
  Object.assign((fields: Unchecked) => rule(fields), { cel });

/** Whether a value is a mapping. */
export const isMapping = (value: unknown): value is Unchecked =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How many of the names are there. */
export const present = (fields: Unchecked, names: readonly string[]): string[] =>
  names.filter((name) => fields[name] !== undefined);

const report = (broken: readonly BrokenRule[], addIssue: z.core.$RefinementCtx['addIssue']): void => {
  for (const { path, ...params } of broken) addIssue({ code: 'custom', path: [...path], params });
};

/** Rules are looked at even where fields are wrong, so that one pass finds everything. */
const always = { when: (): boolean => true };

/** A mapping with these fields and no others, and rules between them. */
export const block = <S extends z.core.$ZodLooseShape>(
  shape: S,
  ...rules: readonly Rule[]
): z.ZodObject<S, z.core.$strict> =>
  z
    .strictObject(shape)
    .superRefine((value, { addIssue }) => {
      if (isMapping(value)) for (const rule of rules) report(rule(value), addIssue);
    }, always)
    .meta({ rules: rules.length, cel: rules.flatMap(({ cel = [] }) => cel) });

/** A rule: exactly one (or, with `atLeast` 0, at most one) of the fields. */
export const oneOf = (names: readonly string[], atLeast: 0 | 1 = 1): Rule => {
  const expected = `${atLeast === 1 ? 'exactly' : 'at most'} one of ${names.join(', ')}`;
  const check: Rule = (fields) => {
    const given = present(fields, names);
    if (given.length > 1)
      return given.slice(1).map((name) => ({ path: [name], expected, found: given.join(' and ') }));
    return given.length < atLeast ? [{ path: [], expected, found: 'none of them' }] : [];
  };
  const howMany = names.map((name) => `(has(self.${name}) ? 1 : 0)`).join(' + ');
  return inCel(check, {
    rule: `${howMany} ${atLeast === 1 ? '==' : '<='} 1`,
    message: `expected ${expected}`,
  });
};

/** A text of at least one character. `expected` is how a problem names what should be there. */
export const text = (maximum: number, pattern?: RegExp, expected?: string): z.ZodString => {
  const plain = z.string().min(1).max(maximum);
  const shaped = pattern === undefined ? plain : plain.regex(pattern);
  return shaped.meta({ expected: expected ?? `a text of 1 to ${maximum} characters` });
};

/** A text that may be empty. */
export const anyText = (maximum: number): z.ZodString =>
  z
    .string()
    .max(maximum)
    .meta({ expected: `a text of at most ${maximum} characters` });

/**
 * A text with a further condition that no pattern can tell. `broken` gives the found and the hint, or undefined when all is well;
 * `cel` is the same condition for the API server, which is asked only about texts that the pattern fits.
 */
export const checkedText = (
  schema: z.ZodString,
  broken: (value: string) => { readonly found?: string; readonly hint?: string | undefined } | undefined,
  cel?: string,
): z.ZodString => {
  const expected = String(z.globalRegistry.get(schema)?.['expected'] ?? 'a valid text');
  return schema
    .superRefine((value, { addIssue }) => {
      const problem = typeof value === 'string' ? broken(value) : undefined;
      if (problem === undefined) return;
      const found = problem.found ?? describeFound(value);
      report([{ path: [], expected, found, hint: problem.hint }], addIssue);
    })
    .meta({
      expected,
      ...(cel === undefined ? {} : { cel: [{ rule: cel, message: `expected ${expected}` }] }),
    });
};

/**
 * CEL knows durations without days. Days read as hours, less days read as seconds, are 3599 s each; so many seconds are missing to a day
 * where they are read as seconds. Nothing but `replace` makes texts whose length the API server can foresee, and it refuses rules that
 * might take long.
 */
const celDuration = ((hours: string, seconds: string): string =>
  `timestamp((${hours} - ${seconds}).getSeconds() / 3599 * 86399) + ${seconds}`)(
  "duration(self.replace('d', 'h'))",
  "duration(self.replace('d', 's'))",
);

const celDurationIn = (minimumMs: number, maximumMs: number): string => {
  const bound = (durationMs: number): string => `timestamp(0) + duration('${durationMs}ms')`;
  return `[${celDuration}].all(it, it >= ${bound(minimumMs)} && it <= ${bound(maximumMs)})`;
};

/** A duration with its unit, between two others. */
export const duration = (minimum: string, maximum: string): z.ZodString => {
  const [minimumMs, maximumMs] = [parseDuration(minimum), parseDuration(maximum)];
  const expected = `a duration from ${minimum} to ${maximum}, such as 10s or 1h30m`;
  const base = z
    .string()
    .min(2)
    .max(32)
    .regex(durationPattern)
    .meta({ expected, duration: { minimum, maximum } });
  return checkedText(
    base,
    (value) => {
      const hint = durationHint(value);
      if (hint !== undefined) return { hint };
      const valueMs = durationOf(value);
      return valueMs < minimumMs || valueMs > maximumMs ? {} : undefined;
    },
    celDurationIn(minimumMs, maximumMs),
  ).meta({ duration: { minimum, maximum } });
};

/** A whole number between two others, these included. */
export const integer = (minimum: number, maximum: number): z.ZodInt =>
  z
    .int()
    .min(minimum)
    .max(maximum)
    .meta({ expected: `a whole number from ${minimum} to ${maximum}` });

/** A number between two others, these included. */
export const decimal = (minimum: number, maximum: number): z.ZodNumber =>
  z
    .number()
    .min(minimum)
    .max(maximum)
    .meta({ expected: `a number from ${minimum} to ${maximum}` });

/** A list of bounded length. */
export const listOf = <E extends z.ZodType>(element: E, maximum: number): z.ZodArray<E> =>
  z
    .array(element)
    .max(maximum)
    .meta({ expected: `a list of at most ${maximum} entries` });

/** A mapping with free names, of bounded size. */
export const mapOf = <V extends z.ZodType>(
  key: z.ZodString,
  value: V,
  maximum: number,
): z.ZodRecord<z.ZodString, V> => {
  const expected = `a mapping of at most ${maximum} entries`;
  return z
    .record(key, value)
    .superRefine((map, { addIssue }) => {
      const size = isMapping(map) ? Object.keys(map).length : 0;
      if (size > maximum) report([{ path: [], expected, found: `${size} entries` }], addIssue);
    }, always)
    .meta({ expected, maxProperties: maximum });
};

/** A part of Kubernetes' own API that is handed on as it is written; only its size is bounded. */
export const opaque = (maximumCharacters: number): z.ZodRecord<z.ZodString, z.ZodUnknown> => {
  const expected = `a mapping of at most ${maximumCharacters} characters of JSON`;
  return z
    .record(z.string(), z.unknown())
    .superRefine((value, { addIssue }) => {
      const size = JSON.stringify(value).length;
      if (size > maximumCharacters) report([{ path: [], expected, found: `${size} characters` }], addIssue);
    })
    .meta({ expected, opaque: true, maxCharacters: maximumCharacters });
};
