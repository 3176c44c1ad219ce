import type { Loggable } from './loggable.ts';

/** One entry on its way to text: all strings are free of secrets already. */
export interface LogEntry {
  readonly timeMs: number;
  readonly level: string;
  readonly message: string;
  readonly fields: { readonly [name: string]: Loggable };
}

/** Names that an entry has of its own; a field of the same name moves aside. */
const ownNames = new Set(['time', 'level', 'message']);

const timeOf = (timeMs: number): string => {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? String(timeMs) : time.toISOString();
};

/** One JSON object a line: `time`, `level`, `message`, then the fields. */
export const jsonLine = ({ timeMs, level, message, fields }: LogEntry): string =>
  JSON.stringify({
    time: timeOf(timeMs),
    level,
    message,
    ...Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [ownNames.has(name) ? `${name}_` : name, value]),
    ),
  });

/** Line breaks and control characters would let data write lines of its own into the log, or colours into the terminal. */
const escapeControls = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (found) => {
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[found];
    return short ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

const plainValue = (value: Loggable): string => {
  if (typeof value === 'string') return /^[^\s"=\\]+$/.test(value) ? value : JSON.stringify(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

type ErrorFields = { readonly [name: string]: Loggable };

const isErrorFields = (value: Loggable | undefined): value is ErrorFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'message' in value;

/** What an error says, below the line it belongs to: its sentence, where, what to do, where it was thrown, and what was behind it. */
const errorLines = (error: ErrorFields, lead: string): string[] => {
  const { name, code, message, where, hint, stack, cause } = error as Readonly<
    Record<string, Loggable | undefined>
  >;
  const lines = [
    `${lead}${plainText(name)}${code === undefined ? '' : ` (${plainText(code)})`}: ${plainText(message)}`,
  ];
  if (typeof where === 'object' && where !== null) {
    for (const [place, value] of Object.entries(where)) lines.push(`  ${place}: ${plainText(value)}`);
  }
  if (hint !== undefined) lines.push(`  hint: ${plainText(hint)}`);
  if (typeof stack === 'string') {
    lines.push(
      ...stack
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 10),
    );
  }
  return isErrorFields(cause) ? [...lines, ...errorLines(cause, 'caused by ')] : lines;
};

const plainText = (value: Loggable | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

/** One readable line: time, level, message, `name=value` for each field; an `error` follows in lines of its own, indented. */
export const plainLine = ({ timeMs, level, message, fields }: LogEntry): string => {
  const { error, ...others } = fields as Readonly<Record<string, Loggable>>;
  const named = Object.entries(error === undefined || isErrorFields(error) ? others : fields);
  const head = [
    timeOf(timeMs),
    level.toUpperCase().padEnd(5),
    message,
    ...named.map(([name, value]) => `${name}=${plainValue(value)}`),
  ];
  const below = isErrorFields(error) ? errorLines(error, '') : [];
  return [head.join(' '), ...below.map((line) => `    ${line}`)].map(escapeControls).join('\n');
};
