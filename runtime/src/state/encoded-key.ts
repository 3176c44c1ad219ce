import { equalValues } from '../batch/values.ts';
import { readText, textLength, writeText } from './key-text.ts';

// TEMPORARY until batch/codec.ts is there: tagged JSON.
const tag = (value: unknown): unknown => {
  if (value === undefined) return ['u'];
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : ['n', String(value)];
  if (typeof value === 'bigint') return ['b', String(value)];
  if (typeof value === 'string') return value;
  if (value instanceof Date) return ['d', value.getTime()];
  if (value instanceof Uint8Array) return ['y', [...value]];
  if (Array.isArray(value)) return ['a', value.map(tag)];
  if (value instanceof Map) return ['m', [...value].map(tag)];
  if (value instanceof Set) return ['S', [...value].map(tag)];
  return ['o', Object.entries(value).map(tag)];
};
const untag = (value: unknown): unknown => {
  if (!Array.isArray(value)) return value;
  const [kind, content] = value as [string, never];
  if (kind === 'u') return undefined;
  if (kind === 'n') return Number(content);
  if (kind === 'b') return BigInt(content);
  if (kind === 'd') return new Date(content);
  if (kind === 'y') return new Uint8Array(content);
  const members = (content as unknown[]).map(untag);
  if (kind === 'a') return members;
  if (kind === 'm') return new Map(members as [unknown, unknown][]);
  if (kind === 'S') return new Set(members);
  return Object.fromEntries(members as [string, unknown][]);
};

/** The value that these bytes encode. */
export const keyFromBytes = (bytes: Uint8Array, start: number, end: number): unknown =>
  untag(JSON.parse(readText(bytes, start, end)));

/** A key that is no string, as bytes. One object for many keys, one after the other. */
export class EncodedKey {
  private key: unknown;
  private text = '';
  length = 0;

  encode(key: unknown): void {
    this.key = key;
    this.text = JSON.stringify(tag(key));
    this.length = textLength(this.text);
  }

  copyTo(target: Uint8Array, at: number): void {
    writeText(this.text, target, at);
  }

  /**
   * Whether the bytes in [start, end) encode an equal key. Equal keys mostly have equal bytes; those that do not (fields in
   * another order) are compared as values.
   */
  equals(bytes: Uint8Array, start: number, end: number): boolean {
    return equalValues(keyFromBytes(bytes, start, end), this.key);
  }
}
