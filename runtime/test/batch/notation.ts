import { readFileSync } from 'node:fs';
import { setField } from '../../src/batch/values.ts';

/** A value of the domain in JSON: an object with one field, the name of the type. */
export type Notation =
  | 'null'
  | 'undefined'
  | { readonly boolean: boolean }
  | { readonly number: string }
  | { readonly bigint: string }
  | { readonly string: string }
  | { readonly date: number | null }
  | { readonly bytes: string }
  | { readonly array: readonly Notation[] }
  | { readonly set: readonly Notation[] }
  | { readonly map: readonly (readonly [Notation, Notation])[] }
  | { readonly object: readonly (readonly [string, Notation])[] };

/** The value that a notation stands for. */
export const fromNotation = (notation: Notation): unknown => {
  if (notation === 'null') return null;
  if (notation === 'undefined') return undefined;
  if ('boolean' in notation) return notation.boolean;
  if ('number' in notation) return Number(notation.number);
  if ('bigint' in notation) return BigInt(notation.bigint);
  if ('string' in notation) return notation.string;
  if ('date' in notation) return new Date(notation.date ?? Number.NaN);
  if ('bytes' in notation) return new Uint8Array(Buffer.from(notation.bytes, 'hex'));
  if ('array' in notation) return notation.array.map(fromNotation);
  if ('set' in notation) return new Set(notation.set.map(fromNotation));
  if ('map' in notation)
    return new Map(notation.map.map(([key, held]) => [fromNotation(key), fromNotation(held)]));
  const object: Record<string, unknown> = {};
  for (const [name, held] of notation.object) setField(object, name, fromNotation(held));
  return object;
};

/** The entries of a golden file. Read as text, because bundlers do not know lone surrogates in JSON. */
export const readGolden = <T>(name: string): T[] =>
  JSON.parse(readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8')) as T[];
