/**
 * The value domain: what a record and every part of it may be. null, undefined, boolean, number, bigint, string, Date,
 * Uint8Array, array, Map, Set and plain objects of these. Equality is by content: −0 = 0, NaN = NaN, 1 ≠ 1n, a missing
 * field ≠ undefined ≠ null; the order of fields, Map entries and Set members means nothing.
 */
import { MillraceError } from '../contract/errors.ts';
import { describeValue } from './describe.ts';

export { describeValue } from './describe.ts';
export { compareValues, equalValues } from './order.ts';

/** Values nested deeper than this are refused: no codec or hash has to fear for its stack. */
export const maximumDepth = 500;

/** Whether a value is an object whose fields are all there is to it: made by `{}`, `JSON.parse` or with a null prototype. */
export const isPlainObject = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Sets an own field, also `__proto__`, which an assignment would take for something else. */
export const setField = (target: Record<string, unknown>, name: string, value: unknown): void => {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[name] = value;
  }
};

/** The members of a supported container class; undefined for classes without members, false for anything else. */
const membersOf = (value: object): Iterable<unknown> | undefined | false => {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) return value as unknown[];
  if (prototype === Map.prototype) return [...(value as Map<unknown, unknown>)].flat(1);
  if (prototype === Set.prototype) return value as Set<unknown>;
  return prototype === Date.prototype || prototype === Uint8Array.prototype ? undefined : false;
};

const isSupported = (value: unknown, depth: number): boolean => {
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
    case 'undefined':
    case 'bigint':
      return true;
    case 'object':
      return value === null || (depth < maximumDepth && isSupportedObject(value, depth + 1));
    default:
      return false;
  }
};

const isSupportedObject = (value: object, depth: number): boolean => {
  if (isPlainObject(value)) {
    const names = Object.keys(value);
    for (const name of names) if (!isSupported(value[name], depth)) return false;
    // Symbols and hidden fields would be lost without a word on the way to another thread.
    return Reflect.ownKeys(value).length === names.length;
  }
  const members = membersOf(value);
  if (members === undefined || members === false) return members === undefined;
  if (Array.isArray(value) && extraFieldOf(value) !== undefined) return false;
  for (const member of members) if (!isSupported(member, depth)) return false;
  return true;
};

/** A field that a list has beside its members, as the result of `match` has: it would be lost on the way, too. */
const extraFieldOf = (list: readonly unknown[]): string | symbol | undefined => {
  // The engine names members first, then the length, then whatever was added.
  const last = Reflect.ownKeys(list).at(-1);
  return last === 'length' ? undefined : last;
};

/** What is wrong with a value, and the path to it. */
interface Problem {
  readonly path: string;
  readonly found: string;
  readonly hint: string;
}

const className = (value: object): string => {
  const prototype: unknown = Object.getPrototypeOf(value);
  const descriptor =
    prototype === null ? undefined : Object.getOwnPropertyDescriptor(prototype, 'constructor');
  const maker: unknown = descriptor?.value;
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'an object with its own prototype';
};

const adviceFor = (name: string): string => {
  if (name === 'Buffer') return 'Emit new Uint8Array(buffer) instead.';
  if (name === 'Promise') return 'Wait for promises with async I/O; a record holds results only.';
  if (name === 'Error') return 'Emit its message instead.';
  return 'Emit a plain object with the fields that matter instead.';
};

const pathOf = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;

const problemOfObject = (value: object, path: string, above: readonly object[]): Problem | undefined => {
  if (above.includes(value))
    return { path, found: 'a value that contains itself', hint: 'Emit values without cycles.' };
  if (above.length >= maximumDepth) {
    return { path, found: `a value nested deeper than ${maximumDepth}`, hint: 'Emit flatter values.' };
  }
  const inside = [...above, value];
  if (isPlainObject(value)) {
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === 'symbol' || !Object.prototype.propertyIsEnumerable.call(value, key)) {
        const kind = typeof key === 'symbol' ? 'a field named by a symbol' : `the hidden field ${key}`;
        return { path, found: `an object with ${kind}`, hint: 'Use ordinary fields only.' };
      }
      const problem = problemOf(value[key], path + pathOf(key), inside);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  return problemOfMembers(value, path, inside);
};

const problemOfMembers = (value: object, path: string, inside: readonly object[]): Problem | undefined => {
  const members = membersOf(value);
  if (members === false) {
    const name = className(value);
    return { path, found: `an instance of ${name}`, hint: adviceFor(name) };
  }
  const extra = Array.isArray(value) ? extraFieldOf(value) : undefined;
  if (extra !== undefined) {
    const found = `a list with the field ${String(extra)} beside its members`;
    return { path, found, hint: 'Emit [...list], or a plain object with the fields that matter.' };
  }
  let position = 0;
  for (const member of members ?? []) {
    const problem = problemOf(member, path + placeOf(value, position), inside);
    if (problem !== undefined) return problem;
    position += 1;
  }
  return undefined;
};

/** How a member is reached; members of a Map are its keys and values by turns. */
const placeOf = (container: object, position: number): string => {
  if (Array.isArray(container)) return `[${position}]`;
  if (container instanceof Set) return `.values()[${position}]`;
  return position % 2 === 0 ? `.keys()[${position >> 1}]` : `.values()[${position >> 1}]`;
};

const problemOf = (value: unknown, path: string, above: readonly object[]): Problem | undefined => {
  if (typeof value === 'object' && value !== null) return problemOfObject(value, path, above);
  if (typeof value === 'function') return { path, found: 'a function', hint: 'Emit data, not code.' };
  if (typeof value === 'symbol') return { path, found: 'a symbol', hint: 'Emit a text instead.' };
  return undefined;
};

/** The first part of a value that lies outside the domain: its path, what is there, and what to do. */
export const findUnsupported = (value: unknown): Problem | undefined =>
  isSupported(value, 0) ? undefined : problemOf(value, '', []);

/**
 * Checks that a value lies in the domain. `where` names the place for the message, e.g. `the transform “parse”`.
 * @throws MillraceError `value-unsupported` naming the path inside the record, what was found there and what to do.
 */
export const assertSupported = (value: unknown, where: string): void => {
  const problem = findUnsupported(value);
  if (problem === undefined) return;
  const { path, found, hint } = problem;
  const place = path === '' ? 'The record itself' : path.length > 200 ? `${path.slice(0, 200)}…` : path;
  throw new MillraceError(
    'value-unsupported',
    `${place} is ${found}, which no record may hold (from ${where}).`,
    {
      hint,
      where: { path: path.slice(0, 200), record: describeValue(value, 200) },
    },
  );
};

/** A deep copy that shares nothing that can change with the original. */
export const cloneValue = <T>(value: T): T => cloneUnknown(value) as T;

const cloneUnknown = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneUnknown);
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof Map)
    return new Map([...value].map(([key, held]) => [cloneUnknown(key), cloneUnknown(held)]));
  if (value instanceof Set) return new Set([...value].map(cloneUnknown));
  const copy: Record<string, unknown> = { ...value };
  for (const name of Object.keys(copy)) {
    const field = copy[name];
    // Spreading made every field an own one, `__proto__` too, so that an assignment only replaces it.
    if (typeof field === 'object' && field !== null) copy[name] = cloneUnknown(field);
  }
  return copy;
};

const refuseChange = (): never => {
  throw new TypeError('This value belongs to a record that was emitted: copy it before changing it.');
};

/** Puts own methods that refuse over those that change a Map, a Set or a Date, whose inside cannot be frozen. */
const shadowChanges = (value: object, methods: readonly string[]): void => {
  if (Object.isFrozen(value)) return;
  for (const name of methods) Object.defineProperty(value, name, { value: refuseChange });
  Object.freeze(value);
};

/**
 * Freezes a value and all in it, so that a change of an emitted record throws where it happens. The bytes of a Uint8Array
 * cannot be frozen and stay open.
 */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) {
    shadowChanges(
      value,
      Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set')),
    );
  } else if (value instanceof Map) {
    for (const entry of value) entry.forEach(deepFreeze);
    shadowChanges(value, ['set', 'delete', 'clear']);
  } else if (value instanceof Set) {
    value.forEach(deepFreeze);
    shadowChanges(value, ['add', 'delete', 'clear']);
  } else {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
};
