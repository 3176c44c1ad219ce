import { hashString } from '../../batch/hash.ts';
import { describeValue } from '../../batch/values.ts';

/** How records are spread over directories: by a field (`country=DE/`), or by time in UTC (`yyyy-MM-dd/HH`). */
export type PartitionBy =
  | string
  | {
      /** yyyy, MM, dd, HH and mm stand for the parts of the time; slashes make directories. */
      readonly time: string;
      /** A numeric field in ms since the epoch; default the timestamp of the record. */
      readonly field?: string;
    };

/** The directory of a record, relative to that of the sink; empty = the directory itself. */
export type Partitioner = (record: unknown, timestampMs: number) => string;

/** Bytes that a name may have on every usual disk, with room for what is put around it. */
const longestNameBytes = 180;

const fieldOf = (record: unknown, name: string): unknown =>
  typeof record === 'object' && record !== null && Object.hasOwn(record, name)
    ? (record as Readonly<Record<string, unknown>>)[name]
    : undefined;

const escapeCharacter = (character: string): string =>
  Array.from(
    new TextEncoder().encode(character),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');

/**
 * A value as one name of a directory, different for different texts: letters, digits and `_ . -` stay, everything else is
 * percent-encoded, so that no value leaves the directory of the sink; a long one is cut and told apart by its hash.
 */
export const partitionName = (value: unknown): string => {
  if (value === undefined || value === null) return '__null__';
  const text =
    value instanceof Date
      ? String(value.getTime())
      : typeof value === 'object'
        ? describeValue(value, 1000)
        : String(value);
  if (text === '') return '__empty__';
  const safe = text
    .replace(/[^\p{L}\p{N}_.-]/gu, escapeCharacter)
    .replace(/^\.+/, (dots) => '%2E'.repeat(dots.length));
  // Names in double underscores say what has no text.
  if (safe.startsWith('__')) return `%5F${safe.slice(1, 100)}`;
  if (new TextEncoder().encode(safe).length <= longestNameBytes) return safe;
  return `${safe.slice(0, 40)}~${hashString(text).toString(16)}`;
};

const timeParts: Readonly<Record<string, (date: Date) => string>> = {
  yyyy: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  MM: (date) => String(date.getUTCMonth() + 1).padStart(2, '0'),
  dd: (date) => String(date.getUTCDate()).padStart(2, '0'),
  HH: (date) => String(date.getUTCHours()).padStart(2, '0'),
  mm: (date) => String(date.getUTCMinutes()).padStart(2, '0'),
};

const longestTimeMs = 8.64e15;

/** Formats by minute: the finest part there is, so that neighbours cost a comparison. */
const timeFormatter = (pattern: string): ((timeMs: number) => string) => {
  let lastMinute = Number.NaN;
  let lastText = '';
  return (timeMs) => {
    if (!(Math.abs(timeMs) <= longestTimeMs)) return '__null__';
    const minute = Math.floor(timeMs / 60_000);
    if (minute !== lastMinute) {
      const date = new Date(timeMs);
      lastText = pattern.replace(/yyyy|MM|dd|HH|mm/g, (part) => timeParts[part]?.(date) ?? part);
      lastMinute = minute;
    }
    return lastText;
  };
};

/** Values whose directory is remembered: escaping costs more than writing the record. */
const mostRemembered = 10_000;

const fieldPartitioner = (field: string): Partitioner => {
  const remembered = new Map<unknown, string>();
  const start = `${partitionName(field)}=`;
  return (record) => {
    const value = fieldOf(record, field);
    const known = remembered.get(value);
    if (known !== undefined) return known;
    const name = start + partitionName(value);
    if (remembered.size < mostRemembered && typeof value !== 'object') remembered.set(value, name);
    return name;
  };
};

/** How the directory of a record is found. */
export const createPartitioner = (by: PartitionBy | undefined): Partitioner => {
  if (by === undefined) return () => '';
  if (typeof by === 'string') return fieldPartitioner(by);
  const format = timeFormatter(by.time);
  const { field } = by;
  if (field === undefined) return (_, timestampMs) => format(timestampMs);
  return (record) => {
    const value = fieldOf(record, field);
    return format(value instanceof Date ? value.getTime() : typeof value === 'number' ? value : Number.NaN);
  };
};
