import { assertSupported, maximumDepth } from '../../batch/values.ts';
import { Byte } from './byte-classes.ts';

/**
 * What is wrong with a value that JSON.parse made of these bytes, or undefined: the value domain has a limit of nesting that
 * JSON has not. Bytes with fewer brackets than the limit are not looked into.
 */
export const nestingProblem = (
  value: unknown,
  bytes: Uint8Array,
  from: number,
  to: number,
): string | undefined => {
  if (to - from <= maximumDepth * 2) return undefined;
  let brackets = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i];
    if (byte === Byte.openBrace || byte === Byte.openBracket) brackets++;
  }
  if (brackets < maximumDepth) return undefined;
  try {
    assertSupported(value, 'the record');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
