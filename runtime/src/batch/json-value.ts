import { Buffer } from 'node:buffer';
import { MillraceError } from '../contract/errors.ts';

/** The member that says what stands for something that JSON does not have. */
const mark = '$';

/** Numbers that JSON does not have, by their texts. */
const oddNumbers: readonly string[] = ['NaN', 'Infinity', '-Infinity'];

const marked = (what: string, value?: unknown): Readonly<Record<string, unknown>> =>
  value === undefined ? { [mark]: what } : { [mark]: what, value };

const objectToJson = (object: object): unknown => {
  const members = Object.fromEntries(
    Object.entries(object).map(([name, member]) => [name, valueToJson(member)]),
  );
  return Object.hasOwn(object, mark) ? marked('object', members) : members;
};

/** Any value of a record or of state as plain JSON, from which `valueFromJson` makes the same value again. */
export const valueToJson = (value: unknown): unknown => {
  switch (typeof value) {
    case 'undefined':
      return marked('undefined');
    case 'bigint':
      return marked('bigint', String(value));
    case 'number':
      return Number.isFinite(value) ? value : marked('number', String(value));
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(valueToJson);
  if (value instanceof Date) return marked('date', valueToJson(value.getTime()));
  if (value instanceof Uint8Array) return marked('bytes', Buffer.from(value).toString('base64'));
  if (value instanceof Map)
    return marked(
      'map',
      Array.from(value, ([key, one]) => [valueToJson(key), valueToJson(one)]),
    );
  if (value instanceof Set) return marked('set', Array.from(value, valueToJson));
  return objectToJson(value);
};

const nonsense = (what: string): MillraceError =>
  new MillraceError('record-invalid', `A value is marked as ${what}, and is none.`, {
    hint: 'Write it as `millrace savepoint export` does.',
  });

const membersFromJson = (members: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).map(([name, member]) => [name, valueFromJson(member)]));

const markedFromJson = (what: unknown, value: unknown): unknown => {
  const isText = typeof value === 'string';
  const isList = Array.isArray(value);
  if (what === 'undefined') return undefined;
  if (what === 'bigint' && isText && /^-?\d+$/.test(value)) return BigInt(value);
  if (what === 'number' && isText && oddNumbers.includes(value)) return Number(value);
  if (what === 'date') return new Date(valueFromJson(value) as number);
  if (what === 'bytes' && isText) return new Uint8Array(Buffer.from(value, 'base64'));
  if (what === 'set' && isList) return new Set(value.map(valueFromJson));
  if (what === 'object' && typeof value === 'object' && value !== null) return membersFromJson(value);
  if (what === 'map' && isList && value.every((pair) => Array.isArray(pair) && pair.length === 2))
    return new Map(
      (value as [unknown, unknown][]).map(([key, one]) => [valueFromJson(key), valueFromJson(one)]),
    );
  throw nonsense(JSON.stringify(what) ?? 'nothing');
};

/** The value that `valueToJson` wrote. @throws MillraceError record-invalid when it makes no sense */
export const valueFromJson = (json: unknown): unknown => {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(valueFromJson);
  if (!Object.hasOwn(json, mark)) return membersFromJson(json);
  const { [mark]: what, value } = json as { readonly [mark]: unknown; readonly value?: unknown };
  return markedFromJson(what, value);
};
