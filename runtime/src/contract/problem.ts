/** A place in a manifest that is wrong, without where in the text that is: what a check of plain data finds. */
export interface Problem {
  readonly path: readonly (string | number)[];
  /** One sentence: what is wrong. */
  readonly message: string;
  readonly expected: string;
  readonly found: string;
  /** One sentence: what to do. */
  readonly hint?: string | undefined;
  /** Whether the name of the field is wrong, not its value. */
  readonly atKey?: boolean;
}

/** A problem with its place in a file. Lines and columns count from 1; columns in UTF-16 code units, as editors do. */
export interface LocatedProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters that are wrong, in this line, from the column on; at least 1. */
  readonly length: number;
  /** The field, as in `spec.env[2].name`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly expected: string;
  readonly found: string;
  readonly hint?: string | undefined;
  /** The text of the line, with what is likely to be a secret in it covered. */
  readonly source: string;
}

/** A path as people write it: `spec.env[2].name`, `metadata.labels["example.com/team"]`. */
export const pathText = (path: readonly (string | number)[]): string =>
  path
    .map((part, place) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(part)) return `[${JSON.stringify(part)}]`;
      return place === 0 ? part : `.${part}`;
    })
    .join('');

/** The beginning of a text that may be long; what is cut off is counted. */
export const shorten = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;

/** A value as it was found, in a few words. */
export const describeFound = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty text' : `the text ${JSON.stringify(shorten(value, 60))}`;
    case 'number':
    case 'bigint':
      return `the number ${value}`;
    case 'boolean':
      return String(value);
    case 'undefined':
      return 'nothing';
    default:
      if (value === null) return 'nothing (null)';
      return Array.isArray(value) ? 'a list' : 'a mapping';
  }
};
