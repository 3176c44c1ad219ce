import type { Batch } from '../../batch/batch.ts';
import { MillraceError } from '../../contract/errors.ts';
import { isUtf8, TextReader } from '../../sys/text.ts';
import { Byte } from './byte-classes.ts';
import { parseCsvLine } from './csv-line.ts';
import { CsvScanner, type CsvType } from './csv-scanner.ts';
import type { DecoderSettings, RecordDecoder } from './decoder.ts';

export interface CsvFormat {
  /** The columns to read; absent = all. */
  readonly fields?: readonly string[] | undefined;
  readonly types: Readonly<Record<string, CsvType>>;
  readonly delimiter: string;
  readonly quotedNewlines: boolean;
}

const checkNames = (names: readonly string[], format: CsvFormat, file: string): void => {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new MillraceError(
      'record-invalid',
      `The header of ${file} names the column ${JSON.stringify(repeated)} twice.`,
      {
        hint: 'Give the column names in the option `header` and say that the file has a header line to skip, or correct the file.',
        where: { file },
      },
    );
  }
  const absent = [...(format.fields ?? []), ...Object.keys(format.types)].find(
    (name) => !names.includes(name),
  );
  if (absent !== undefined) {
    throw new MillraceError('record-invalid', `${file} has no column ${JSON.stringify(absent)}.`, {
      hint: `Its columns are: ${names.join(', ')}. Is the delimiter ${JSON.stringify(format.delimiter)} right?`,
      where: { file },
    });
  }
};

/**
 * A scanner for a CSV file whose columns are known.
 * @throws MillraceError record-invalid when a column asked for is not among them, or one is named twice.
 */
export const createCsvScanner = (
  names: readonly string[],
  format: CsvFormat,
  settings: DecoderSettings,
  file: string,
): CsvScanner => {
  checkNames(names, format, file);
  return new CsvScanner({ ...format, ...settings, names, fields: format.fields ?? names });
};

/** The position of the line feed that ends the header, or −1. A quoted name may contain line feeds. */
const headerEnd = (bytes: Uint8Array, from: number, to: number): number => {
  let quoted = false;
  for (let i = from; i < to; i++) {
    if (bytes[i] === Byte.quote) quoted = !quoted;
    else if (bytes[i] === Byte.lineFeed && !quoted) return i;
  }
  return -1;
};

/** The names in a header line without its line feed. */
const readNames = (
  bytes: Uint8Array,
  from: number,
  to: number,
  delimiter: string,
  file: string,
): readonly string[] => {
  const end = to > from && bytes[to - 1] === Byte.carriageReturn ? to - 1 : to;
  if (!isUtf8(bytes.subarray(from, end))) {
    throw new MillraceError('record-invalid', `The header of ${file} is not valid UTF-8.`, {
      where: { file },
    });
  }
  return parseCsvLine(new TextReader(bytes).utf8(from, end), delimiter);
};

/** Decodes a CSV file from its first byte: the first line names the columns. */
export class CsvWithHeader implements RecordDecoder {
  /** The names of the columns, once the header has been read. */
  names: readonly string[] | undefined;
  private readonly format: CsvFormat;
  private readonly settings: DecoderSettings;
  private readonly file: string;
  private scanner: CsvScanner | undefined;

  constructor(format: CsvFormat, settings: DecoderSettings, file: string) {
    this.format = format;
    this.settings = settings;
    this.file = file;
  }

  get length(): number {
    return this.scanner?.length ?? 0;
  }

  get full(): boolean {
    return this.scanner?.full ?? false;
  }

  decode(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    if (this.scanner !== undefined) return this.scanner.decode(bytes, from, to, atEnd);
    const lineFeed = headerEnd(bytes, from, to);
    if (lineFeed < 0 && !atEnd) return from;
    const end = lineFeed < 0 ? to : lineFeed;
    if (end === from && lineFeed < 0) return to;
    this.names = readNames(bytes, from, end, this.format.delimiter, this.file);
    const settings: DecoderSettings = {
      ...this.settings,
      onInvalid: (record) => this.settings.onInvalid({ ...record, linesBefore: record.linesBefore + 1 }),
    };
    this.scanner = createCsvScanner(this.names, this.format, settings, this.file);
    return lineFeed < 0 ? to : this.scanner.decode(bytes, lineFeed + 1, to, atEnd);
  }

  discard(bytes: Uint8Array, from: number, to: number, begins: boolean): number {
    if (this.scanner !== undefined) return this.scanner.discard(bytes, from, to, begins);
    throw new MillraceError(
      'record-invalid',
      `The first line of ${this.file} is too long to be a CSV header.`,
      {
        hint: 'Is the file CSV? If its first line is longer than a record may be, raise maximumRecordBytes.',
        where: { file: this.file },
      },
    );
  }

  take(): Batch | undefined {
    return this.scanner?.take();
  }
}
