/** Values as texts, so that results can be compared as sets. Written anew here: the laws must not rest on what they test. */

const bytesText = (bytes: Uint8Array): string => `x${Buffer.from(bytes).toString('hex')}`;

const partsText = (value: object, text: (part: unknown) => string): string => {
  if (Array.isArray(value)) return `[${Array.from(value, text).join()}]`;
  if (value instanceof Date) return `@${value.getTime()}`;
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof Map) return `Map[${[...value].map((entry) => text(entry)).join()}]`;
  if (value instanceof Set) return `Set[${[...value].map(text).join()}]`;
  return `{${Object.entries(value)
    .map(([name, held]) => `${JSON.stringify(name)}:${text(held)}`)
    .join()}}`;
};

/** Everything there is to see of a value: −0, missing fields and the order of fields too. */
export const textOf = (value: unknown): string => {
  if (typeof value === 'object' && value !== null) return partsText(value, textOf);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value);
  return Object.is(value, -0) ? '-0' : String(value);
};

/** A record with its event time. */
export const timedText = (record: { readonly item: unknown; readonly timestampMs: number }): string =>
  `${record.timestampMs} ${textOf(record.item)}`;

/** Equal for equal keys: −0 is 0, and the order of fields does not matter. */
export const keyText = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '0' : textOf(value);
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  const sorted = isPlain
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
  return partsText(sorted, keyText);
};
