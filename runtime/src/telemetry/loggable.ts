import { MillraceError } from '../contract/errors.ts';
import { looksSecret, redacted, redactText } from '../contract/secrets.ts';

/** Beyond these a value is cut: a log line is no place for data. */
const deepest = 6;
const mostMembers = 50;
const longestText = 8192;

/** A value as it goes into a log line: JSON-safe, without secrets, of bounded size. */
export type Loggable =
  | null
  | boolean
  | number
  | string
  | readonly Loggable[]
  | { readonly [name: string]: Loggable };

const textOf = (text: string): string =>
  redactText(text.length > longestText ? `${text.slice(0, longestText)}… (${text.length} characters)` : text);

/** Reading a field may run code of the user's (a getter, a proxy), and that may throw. */
const fieldOf = (owner: object, name: string): unknown => {
  try {
    return (owner as Readonly<Record<string, unknown>>)[name];
  } catch {
    return '(unreadable)';
  }
};

const errorFields = (error: Error): [string, unknown][] => {
  const fields: [string, unknown][] = [
    ['name', fieldOf(error, 'name')],
    ['message', fieldOf(error, 'message')],
  ];
  if (error instanceof MillraceError) {
    fields.push(['code', error.code], ['where', error.where]);
    if (error.hint !== undefined) fields.push(['hint', error.hint]);
  } else {
    for (const name of ['code', 'stack']) {
      const value = fieldOf(error, name);
      if (value !== undefined) fields.push([name, value]);
    }
  }
  const cause = fieldOf(error, 'cause');
  if (cause !== undefined) fields.push(['cause', cause]);
  return fields;
};

const cut = <T>(members: readonly T[]): readonly T[] => members.slice(0, mostMembers);

const fieldsOf = (value: object): [string, unknown][] => {
  if (value instanceof Error) return errorFields(value);
  if (value instanceof Map) return cut([...value]).map(([key, member]) => [String(toLoggable(key)), member]);
  return cut(Object.keys(value)).map((name) => [name, fieldOf(value, name)]);
};

const objectToLoggable = (value: object, above: readonly object[]): Loggable => {
  if (above.includes(value)) return '(circular)';
  if (above.length >= deepest) return '(too deep)';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  const inside = [...above, value];
  if (Array.isArray(value) || value instanceof Set) {
    const members = Array.from(cut([...value]), (member) => convert(member, inside));
    const rest = (Array.isArray(value) ? value.length : value.size) - members.length;
    return rest > 0 ? [...members, `… ${rest} more`] : members;
  }
  const fields = fieldsOf(value).map(([name, member]): [string, Loggable] => [
    textOf(name),
    looksSecret(name) && !isHarmless(member) ? redacted : convert(member, inside),
  ]);
  const all =
    value instanceof Error ? fields.length : value instanceof Map ? value.size : Object.keys(value).length;
  if (all > fields.length) fields.push(['…', `${all - fields.length} more`]);
  return Object.fromEntries(fields);
};

/** Whether a secret is there or not is no secret. */
const isHarmless = (value: unknown): boolean =>
  value === null || value === undefined || typeof value === 'boolean';

const convert = (value: unknown, above: readonly object[]): Loggable => {
  switch (typeof value) {
    case 'string':
      return textOf(value);
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : objectToLoggable(value, above);
    case 'function':
      return '(function)';
    case 'undefined':
    case 'bigint':
    case 'symbol':
      return String(value);
  }
};

/** Any value as one for a log line. Never throws, never calls `toJSON` or `toString` of an object that a user made. */
export const toLoggable = (value: unknown): Loggable => convert(value, []);
