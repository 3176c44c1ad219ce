import type * as z from 'zod';
import { isUtf8, TextReader } from '../../sys/text.ts';

/** The records of a body, or what is wrong with its first bad line (from 1). */
export type ParsedBody =
  | { readonly ok: true; readonly records: readonly unknown[] }
  | { readonly ok: false; readonly line: number; readonly reason: string };

/** Reads a body of NDJSON; empty lines are skipped. All of a body is taken or nothing, so that a client can send it again. */
export const parseBody = (bytes: Uint8Array, schema: z.ZodType | undefined): ParsedBody => {
  if (!isUtf8(bytes)) return { ok: false, line: 0, reason: 'the body is not valid UTF-8' };
  const lines = new TextReader(bytes).utf8(0, bytes.length).split('\n');
  const records: unknown[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const record = parseLine(line, schema);
    if ('reason' in record) return { ok: false, line: index + 1, reason: record.reason };
    records.push(record.value);
  }
  return { ok: true, records };
};

const parseLine = (
  line: string,
  schema: z.ZodType | undefined,
): { readonly value: unknown } | { readonly reason: string } => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { reason: (error as Error).message };
  }
  if (schema === undefined) return { value };
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const [issue] = result.error.issues;
  return { reason: `field ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'does not fit the schema'}` };
};
