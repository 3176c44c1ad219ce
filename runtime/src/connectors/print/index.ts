/**
 * `print` writes records to standard output, one a line: strings as they are, everything else as JSON. For a first look at
 * a stream, not for delivery: after a failure lines may come again.
 */
import * as z from 'zod';
import { checkOptions } from '../../api/connector-options.ts';
import type { ConnectorContext, Sink, SinkWriter } from '../../api/connectors.ts';
import { toJsonText } from '../formats/json-text.ts';

export interface PrintOptions {
  /** Put before each line, followed by `> `. */
  readonly prefix?: string;
  /** Records that each subtask prints at most; how many more there were is said at the end. Absent = all. */
  readonly limit?: number;
}

const optionsSchema = z.strictObject({
  prefix: z.string().optional(),
  limit: z.number().int().min(0).optional(),
});

const lineStart = (prefix: string | undefined, context: ConnectorContext): string => {
  const subtask = context.parallelism > 1 ? `${context.subtask}` : undefined;
  const parts = [prefix, subtask].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? '' : `${parts.join(':')}> `;
};

const createWriter = (options: PrintOptions, context: ConnectorContext): SinkWriter => {
  const output = context.system.standardOutput;
  const start = lineStart(options.prefix, context);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  let seen = 0;
  let room = true;
  const write = (text: string): void => {
    if (output.write(text) || !room) return;
    room = false;
    output.whenDrained(() => {
      room = true;
      context.wake();
    });
  };
  return {
    write: (batch) => {
      const printed = Math.min(batch.length, limit - seen);
      seen += batch.length;
      if (printed <= 0) return;
      const rows = batch.rows();
      let text = '';
      for (let i = 0; i < printed; i++) {
        const row = rows[i];
        text += `${start}${typeof row === 'string' ? row : toJsonText(row)}\n`;
      }
      write(text);
    },
    hasRoom: () => room,
    flush: () => {},
    close: () => {
      if (seen > limit) write(`${start}… ${seen - limit} more not shown (limit ${limit})\n`);
    },
  };
};

/**
 * A sink that prints.
 * @throws MillraceError job-invalid when an option is wrong.
 */
export const print = <T>(options: PrintOptions = {}): Sink<T> => {
  checkOptions('print', optionsSchema, options);
  return {
    kind: 'print',
    delivery: 'at-least-once',
    createWriter: (context) => createWriter(options, context),
  };
};
