import { MillraceError } from '../../contract/errors.ts';
import { toJsonText } from './json-text.ts';

/** A text as a CSV value. An empty text is written in quotes, so that it is not taken for a missing value. */
const quoteText = (text: string, needsQuotes: RegExp): string =>
  text === '' || needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const valueText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (typeof value === 'object') return toJsonText(value);
  return String(value);
};

/**
 * Writes records as lines of CSV (RFC 4180, line feeds as line ends): null, undefined and missing fields as nothing, dates as
 * ISO text, arrays, maps and objects as JSON.
 */
export class CsvWriter {
  private readonly delimiter: string;
  private readonly needsQuotes: RegExp;
  private columns: readonly string[] | undefined;
  private known = new Set<string>();

  /** Without `columns` the fields of the first record are the columns. */
  constructor(delimiter: string, columns: readonly string[] | undefined) {
    this.delimiter = delimiter;
    this.needsQuotes = new RegExp(`["\\r\\n${delimiter.replace(/[\\\]^-]/, '\\$&')}]|^\\s|\\s$`);
    if (columns !== undefined) this.setColumns(columns);
  }

  /** The line of column names; known once there are columns. */
  header(): string {
    const names = (this.columns ?? []).map((name) => quoteText(name, this.needsQuotes));
    return `${names.join(this.delimiter)}\n`;
  }

  /**
   * One record with its line end.
   * @throws MillraceError record-invalid when it is no plain object, or has a field that no column is for.
   */
  line(record: unknown): string {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw new MillraceError('record-invalid', 'A record that is not an object cannot be written as CSV.', {
        hint: 'Map the records to objects with a field for each column.',
        where: { found: record === null ? 'null' : Array.isArray(record) ? 'array' : typeof record },
      });
    }
    const fields = record as Readonly<Record<string, unknown>>;
    if (this.columns === undefined) this.setColumns(Object.keys(fields));
    for (const name in fields) if (!this.known.has(name)) throw this.unknownField(name);
    let line = '';
    const columns = this.columns as readonly string[];
    for (let i = 0; i < columns.length; i++) {
      const name = columns[i] as string;
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (i > 0) line += this.delimiter;
      if (value === undefined || value === null) continue;
      line += typeof value === 'number' ? String(value) : quoteText(valueText(value), this.needsQuotes);
    }
    // A blank line would be passed over by readers.
    return line === '' ? '""\n' : `${line}\n`;
  }

  private setColumns(columns: readonly string[]): void {
    this.columns = columns;
    this.known = new Set(columns);
  }

  private unknownField(name: string): MillraceError {
    return new MillraceError(
      'record-invalid',
      `A record has the field ${JSON.stringify(name)}, and the CSV has no such column.`,
      {
        hint: 'Name all columns in the option `columns`, or map the records to the same fields.',
        where: { field: name, columns: (this.columns ?? []).join(', ') },
      },
    );
  }
}
