import { isUtf8, type TextReader } from '../../sys/text.ts';
import { Byte } from './byte-classes.ts';
import { nestingProblem } from './depth.ts';

/** What stands on a line of NDJSON. */
export type JsonLine =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'blank' }
  | { readonly kind: 'invalid'; readonly reason: string };

const isBlank = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte !== Byte.space && byte !== Byte.tab && byte !== Byte.carriageReturn) return false;
  }
  return true;
};

/** JSON.parse of one line; bytes that are no UTF-8 are refused, never replaced. */
export const parseJsonLine = (text: TextReader, bytes: Uint8Array, from: number, to: number): JsonLine => {
  if (isBlank(bytes, from, to)) return { kind: 'blank' };
  if (!isUtf8(bytes.subarray(from, to))) return { kind: 'invalid', reason: 'it is not valid UTF-8' };
  try {
    const value: unknown = JSON.parse(text.utf8(from, to));
    const problem = nestingProblem(value, bytes, from, to);
    return problem === undefined ? { kind: 'value', value } : { kind: 'invalid', reason: problem };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: 'invalid', reason: `it is not valid JSON (${detail})` };
  }
};
