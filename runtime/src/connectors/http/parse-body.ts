import type * as z from 'zod';
import { isUtf8, TextReader } from '../../sys/text.ts';
import { nestingProblem } from '../formats/depth.ts';

/** The records of a body, or what is wrong with its first bad line (from 1; 0 = with the body as a whole). */
export type ParsedBody =
  | { readonly ok: true; readonly records: readonly unknown[] }
  | { readonly ok: false; readonly line: number; readonly reason: string };

type ParsedLine = { readonly value: unknown } | { readonly reason: string };

/** Reads a body of NDJSON; empty lines are skipped. All of a body is taken or nothing, so that a client can send it again. */
export const parseBody = (bytes: Uint8Array, schema: z.ZodType | undefined): ParsedBody => {
  if (!isUtf8(bytes)) return { ok: false, line: 0, reason: 'the body is not valid UTF-8' };
  const reader = new TextReader(bytes);
  const records: unknown[] = [];
  for (let from = 0, line = 1; from < bytes.length; line++) {
    const feed = reader.lineFeed(from);
    const to = feed < 0 ? bytes.length : feed;
    const text = reader.utf8(from, to);
    if (text.trim() !== '') {
      const record = parseLine(text, schema);
      const reason = 'reason' in record ? record.reason : nestingProblem(record.value, bytes, from, to);
      if (reason !== undefined) return { ok: false, line, reason };
      if ('value' in record) records.push(record.value);
    }
    from = to + 1;
  }
  return { ok: true, records };
};

const parseLine = (text: string, schema: z.ZodType | undefined): ParsedLine => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { reason: (error as Error).message };
  }
  if (schema === undefined) return { value };
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  const message = issue?.message ?? 'does not fit the schema';
  return { reason: path === '' ? message : `field ${path}: ${message}` };
};
