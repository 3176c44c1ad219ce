/** Equality and the total order of the value domain. Two values compare as 0 exactly when they are equal. */

/** The place of a type in the order of types. */
const rankOf = (value: unknown): number => {
  switch (typeof value) {
    case 'undefined':
      return 0;
    case 'boolean':
      return 2;
    case 'number':
      return 3;
    case 'bigint':
      return 4;
    case 'string':
      return 5;
    default:
      return value === null ? 1 : rankOfObject(value as object);
  }
};

const rankOfObject = (value: object): number => {
  if (Array.isArray(value)) return 8;
  if (value instanceof Date) return 6;
  if (value instanceof Uint8Array) return 7;
  if (value instanceof Map) return 9;
  return value instanceof Set ? 10 : 11;
};

const compareNumbers = (left: number, right: number): number => {
  if (left < right) return -1;
  if (left > right) return 1;
  if (left === right) return 0;
  const leftIsNaN = Number.isNaN(left);
  return leftIsNaN === Number.isNaN(right) ? 0 : leftIsNaN ? 1 : -1;
};

const compareBytes = (left: Uint8Array, right: Uint8Array): number => {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = (left[i] as number) - (right[i] as number);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return Math.sign(left.length - right.length);
};

const compareLists = (left: readonly unknown[], right: readonly unknown[]): number => {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const order = compareValues(left[i], right[i]);
    if (order !== 0) return order;
  }
  return Math.sign(left.length - right.length);
};

/** Entries of a Map in the order of their keys, flattened; equal Maps give equal lists. */
const sortedEntries = (map: ReadonlyMap<unknown, unknown>): unknown[] => [...map].sort(compareLists).flat(1);

const sortedMembers = (set: ReadonlySet<unknown>): unknown[] => [...set].sort(compareValues);

/** Fields in the order of their names, name and value by turns. */
const sortedFields = (value: object): unknown[] =>
  Object.keys(value)
    .sort()
    .flatMap((name) => [name, (value as Record<string, unknown>)[name]]);

/**
 * A total order over the domain: by type (undefined, null, boolean, number, bigint, string, Date, bytes, array, Map, Set,
 * object), then by value. NaN and invalid dates come last among their own; texts by UTF-16 code unit as in `sort()`.
 */
export const compareValues = (left: unknown, right: unknown): number => {
  if (typeof left === 'number' && typeof right === 'number') return compareNumbers(left, right);
  if (left === right) return 0;
  const rank = rankOf(left);
  const difference = rank - rankOf(right);
  if (difference !== 0) return difference < 0 ? -1 : 1;
  switch (rank) {
    case 6:
      return compareNumbers((left as Date).getTime(), (right as Date).getTime());
    case 7:
      return compareBytes(left as Uint8Array, right as Uint8Array);
    case 8:
      return compareLists(left as unknown[], right as unknown[]);
    case 9:
      return compareLists(
        sortedEntries(left as Map<unknown, unknown>),
        sortedEntries(right as Map<unknown, unknown>),
      );
    case 10:
      return compareLists(sortedMembers(left as Set<unknown>), sortedMembers(right as Set<unknown>));
    case 11:
      return compareLists(sortedFields(left as object), sortedFields(right as object));
    default:
      // Booleans, bigints and strings of one type have JavaScript's own order.
      return (left as string) < (right as string) ? -1 : 1;
  }
};

const equalLists = (left: readonly unknown[], right: readonly unknown[]): boolean => {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (!equalValues(left[i], right[i])) return false;
  return true;
};

const equalFields = (left: Record<string, unknown>, right: Record<string, unknown>): boolean => {
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  for (const name of names) {
    if (!Object.hasOwn(right, name) || !equalValues(left[name], right[name])) return false;
  }
  return true;
};

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null;

const equalSets = (left: ReadonlySet<unknown>, right: ReadonlySet<unknown>): boolean => {
  if (left.size !== right.size) return false;
  for (const member of left) {
    if (!isScalar(member)) return equalLists(sortedMembers(left), sortedMembers(right));
    if (!right.has(member)) return false;
  }
  return true;
};

const equalMaps = (left: ReadonlyMap<unknown, unknown>, right: ReadonlyMap<unknown, unknown>): boolean => {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) {
    if (!isScalar(key)) return equalLists(sortedEntries(left), sortedEntries(right));
    if (!right.has(key) || !equalValues(value, right.get(key))) return false;
  }
  return true;
};

/** Whether two values of the domain are the same by content; see the rules at the top of `values.ts`. */
export const equalValues = (left: unknown, right: unknown): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) {
    return typeof left === 'number' && Number.isNaN(left) && typeof right === 'number' && Number.isNaN(right);
  }
  const rank = rankOfObject(left);
  if (rank !== rankOfObject(right)) return false;
  switch (rank) {
    case 8:
      return equalLists(left as unknown[], right as unknown[]);
    case 9:
      return equalMaps(left as Map<unknown, unknown>, right as Map<unknown, unknown>);
    case 10:
      return equalSets(left as Set<unknown>, right as Set<unknown>);
    case 11:
      return equalFields(left as Record<string, unknown>, right as Record<string, unknown>);
    default:
      return compareValues(left, right) === 0;
  }
};
