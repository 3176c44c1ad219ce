import { Batch } from '../../batch/batch.ts';
import { TextReader } from '../../sys/text.ts';
import { Byte, skipUtf8Sequence } from './byte-classes.ts';
import { firstMarked } from './byte-words.ts';
import { type DecoderSettings, defaultRecordsPerBatch, type RecordDecoder, tooLong } from './decoder.ts';
import { Digits } from './digits.ts';
import { FieldColumn, Holds } from './field-column.ts';

/** How the text of a CSV column becomes a value. Empty text is null for numbers and booleans, an empty string for strings. */
export type CsvType = 'string' | 'number' | 'boolean';

export interface CsvSettings extends DecoderSettings {
  /** The names of all columns, in order. */
  readonly names: readonly string[];
  /** The columns to read, of those names. */
  readonly fields: readonly string[];
  readonly types: Readonly<Record<string, CsvType>>;
  /** One ASCII character. */
  readonly delimiter: string;
  /** Whether a quoted value may contain line feeds. */
  readonly quotedNewlines: boolean;
}

const incomplete = -1;
const exactDigits = 15;
const holdsOf = { string: Holds.text, number: Holds.number, boolean: Holds.boolean } as const;
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const createPowersOfTen = (): Float64Array => Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

/**
 * Reads CSV as RFC 4180 has it: values in quotes may hold delimiters, line feeds and doubled quotes; lines end in LF or CRLF.
 * A quote inside a value that is not quoted stands for itself. Only the columns asked for are kept, by their types; a record
 * with another number of values, text after a closing quote, a value that is not of its type or bytes that are no UTF-8 is
 * invalid. Blank lines are passed over.
 */
export class CsvScanner implements RecordDecoder {
  private readonly settings: CsvSettings;
  private readonly capacity: number;
  private readonly columns: readonly FieldColumn[];
  /** By position in the record: what becomes of the value. */
  private readonly targets: readonly (FieldColumn | undefined)[];
  private readonly delimiter: number;
  private readonly delimiterWord: number;
  private readonly digits = new Digits();
  private readonly powersOfTen = createPowersOfTen();
  /** Of all batches: the records have none yet. */
  private readonly noTimestamps: Float64Array;
  private reader: TextReader | undefined;
  private rows = 0;
  private lines = 0;
  private linesInRecord = 0;
  /** What is wrong with the record in hand. */
  private problem: string | undefined;

  constructor(settings: CsvSettings) {
    this.settings = settings;
    this.capacity = settings.recordsPerBatch ?? defaultRecordsPerBatch;
    this.noTimestamps = new Float64Array(this.capacity).fill(Number.NaN);
    this.columns = settings.fields.map((name) => {
      const column = new FieldColumn(name, this.capacity);
      const type = Object.hasOwn(settings.types, name) ? settings.types[name] : undefined;
      column.accepts(holdsOf[type ?? 'string']);
      return column;
    });
    this.targets = settings.names.map((name) => this.columns.find((column) => column.name === name));
    this.delimiter = settings.delimiter.charCodeAt(0);
    this.delimiterWord = Math.imul(this.delimiter, 0x01010101);
  }

  get length(): number {
    return this.rows;
  }

  get full(): boolean {
    return this.rows >= this.capacity;
  }

  decode(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    const { maximumRecordBytes } = this.settings;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.reader = undefined;
    bytes[to] = Byte.lineFeed;
    this.reserveText(to - from);
    let position = from;
    while (position < to && this.rows < this.capacity) {
      const blank = blankLineEnd(bytes, position);
      if (blank >= 0) {
        if (blank >= to && !atEnd) break;
        this.lines++;
        position = blank + 1;
        continue;
      }
      this.problem = undefined;
      this.linesInRecord = 1;
      let end = this.scanRecord(bytes, view, position, to, atEnd);
      if (end === incomplete) break;
      if (end - position > maximumRecordBytes) {
        // As when it is too long to be held: only its first line is lost, and a stray quote takes nothing else with it.
        this.problem = tooLong(maximumRecordBytes);
        this.linesInRecord = 1;
        end = this.textOf(bytes).lineFeed(position);
        this.reserveText(to - position);
      }
      if (this.problem === undefined) this.rows++;
      else this.reject(bytes, position, end, this.problem);
      this.lines += this.linesInRecord;
      position = end + 1;
    }
    return Math.min(position, to);
  }

  discard(bytes: Uint8Array, from: number, to: number, begins: boolean): number {
    if (begins) this.reject(bytes, from, to, tooLong(this.settings.maximumRecordBytes));
    const lineFeed = bytes.subarray(0, to).indexOf(Byte.lineFeed, from);
    if (lineFeed < 0) return -1;
    this.lines++;
    return lineFeed + 1;
  }

  take(): Batch | undefined {
    const length = this.rows;
    if (length === 0) return undefined;
    this.rows = 0;
    const set = {
      names: this.columns.map((column) => column.name),
      columns: this.columns.map((column) => column.take(length)),
    };
    return Batch.ofColumns(set, this.noTimestamps, length);
  }

  /** The text of records is no longer than their bytes, so reserving once leaves the loops without checks. */
  private reserveText(byteCount: number): void {
    for (const column of this.columns) column.reserveText(byteCount);
  }

  /** Scans one record into the current row: the position of its line feed, or −1 when it is not all there. */
  private scanRecord(bytes: Uint8Array, view: DataView, start: number, to: number, atEnd: boolean): number {
    const { targets, delimiter } = this;
    const count = targets.length;
    let position = start;
    for (let i = 0; ; i++) {
      const target = i < count ? targets[i] : undefined;
      if (bytes[position] === Byte.quote)
        position = this.scanQuoted(bytes, view, position, to, atEnd, target);
      else if (target === undefined) position = this.valueEnd(bytes, view, position);
      else position = this.scanPlain(bytes, view, position, target);
      if (position < 0 || (position >= to && !atEnd)) return incomplete;
      if (bytes[position] === delimiter && position < to) {
        position++;
        continue;
      }
      if (i + 1 !== count) this.problem ??= `it has ${i + 1} values where the header has ${count} columns`;
      return position;
    }
  }

  /** The position of the delimiter or line feed that ends the value at `start`; checks that it is UTF-8. */
  private valueEnd(bytes: Uint8Array, view: DataView, start: number): number {
    const pattern = this.delimiterWord;
    let position = start;
    for (;;) {
      const word = view.getInt32(position, true);
      const marks =
        (((word ^ pattern) - 0x01010101) | ((word ^ 0x0a0a0a0a) - 0x01010101) | word) & 0x80808080;
      if (marks === 0) {
        position += 4;
        continue;
      }
      position += firstMarked(marks);
      if (bytes[position]! < 0x80) return position;
      position = this.passWide(bytes, position);
    }
  }

  private passWide(bytes: Uint8Array, position: number): number {
    const end = skipUtf8Sequence(bytes, position);
    if (end >= 0) return end;
    this.problem ??= 'it is not valid UTF-8';
    return position + 1;
  }

  /** A value without quotes, into its column. */
  private scanPlain(bytes: Uint8Array, view: DataView, start: number, target: FieldColumn): number {
    if (target.holds === Holds.number) return this.scanNumber(bytes, view, start, target);
    const end = this.valueEnd(bytes, view, start);
    const last =
      bytes[end] === Byte.lineFeed && end > start && bytes[end - 1] === Byte.carriageReturn ? end - 1 : end;
    if (target.holds === Holds.text) copyText(view, start, last, target, this.rows);
    else this.putParsed(this.textOf(bytes).utf8(start, last), target);
    return end;
  }

  /** Plain decimal numbers of up to 15 digits are read here, anything else as text. */
  private scanNumber(bytes: Uint8Array, view: DataView, start: number, target: FieldColumn): number {
    const { digits } = this;
    const first = bytes[start] === Byte.minus ? start + 1 : start;
    let end = digits.read(view, first, 0);
    let count = end - first;
    let value = digits.value;
    if (bytes[end] === Byte.dot && count > 0) {
      const point = end;
      end = digits.read(view, point + 1, value);
      const decimals = end - point - 1;
      count += decimals;
      value = count > exactDigits ? value : digits.value / this.powersOfTen[decimals]!;
    }
    if (bytes[end] === Byte.carriageReturn && bytes[end + 1] === Byte.lineFeed) end++;
    const closed = bytes[end] === this.delimiter || bytes[end] === Byte.lineFeed;
    if (count === 0 || count > exactDigits || !closed) {
      const valueEnd = this.valueEnd(bytes, view, start);
      this.putParsed(this.textOf(bytes).utf8(start, valueEnd), target);
      return valueEnd;
    }
    target.putNumber(this.rows, first > start ? -value : value);
    return end;
  }

  /** A value in quotes; `start` is the opening one. Answers the position of what ends it. */
  private scanQuoted(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    to: number,
    atEnd: boolean,
    target: FieldColumn | undefined,
  ): number {
    let position = start + 1;
    let doubled = false;
    for (;;) {
      const byte = bytes[position]!;
      if (byte === Byte.quote) {
        if (bytes[position + 1] !== Byte.quote || position + 1 >= to) break;
        doubled = true;
        position += 2;
      } else if (byte === Byte.lineFeed) {
        if (position >= to) return this.unclosed(position, atEnd);
        if (!this.settings.quotedNewlines) return this.unclosed(position, true);
        this.linesInRecord++;
        position++;
      } else position = byte < 0x80 ? position + 1 : this.passWide(bytes, position);
    }
    if (target !== undefined) this.putQuoted(bytes, view, start + 1, position, doubled, target);
    position++;
    if (bytes[position] === Byte.carriageReturn && bytes[position + 1] === Byte.lineFeed && position < to)
      position++;
    if (bytes[position] === this.delimiter || bytes[position] === Byte.lineFeed) return position;
    this.problem ??= 'there is text between a closing quote and the next delimiter';
    return this.valueEnd(bytes, view, position);
  }

  private unclosed(position: number, final: boolean): number {
    if (!final) return incomplete;
    this.problem ??= this.settings.quotedNewlines
      ? 'a quote is opened and never closed'
      : 'a quote is not closed on its line, and quotedNewlines is false';
    return position;
  }

  private putQuoted(
    bytes: Uint8Array,
    view: DataView,
    from: number,
    to: number,
    doubled: boolean,
    target: FieldColumn,
  ): void {
    if (target.holds === Holds.text && !doubled) copyText(view, from, to, target, this.rows);
    else if (this.problem === undefined) {
      const text = this.textOf(bytes).utf8(from, to);
      this.putParsed(doubled ? text.replaceAll('""', '"') : text, target);
    }
  }

  private putParsed(text: string, target: FieldColumn): void {
    if (target.holds === Holds.text) {
      target.putString(this.rows, text);
      return;
    }
    const trimmed = text.trim();
    if (trimmed === '') target.putNull(this.rows);
    else if (target.holds === Holds.number && numberPattern.test(trimmed))
      target.putNumber(this.rows, Number(trimmed));
    else if (target.holds === Holds.boolean && /^(?:true|false|0|1)$/i.test(trimmed)) {
      target.putBoolean(this.rows, trimmed === '1' || trimmed.length === 4);
    } else {
      const kind = target.holds === Holds.number ? 'number' : 'boolean';
      this.problem ??= `column ${target.name} has ${JSON.stringify(trimmed.slice(0, 80))}, which is no ${kind}`;
    }
  }

  private textOf(bytes: Uint8Array): TextReader {
    this.reader ??= new TextReader(bytes);
    return this.reader;
  }

  private reject(bytes: Uint8Array, from: number, to: number, reason: string): void {
    this.settings.onInvalid({ bytes, from, to, reason, linesBefore: this.lines });
  }
}

/** The position of the line feed if the line at `start` is empty, else −1. */
const blankLineEnd = (bytes: Uint8Array, start: number): number => {
  if (bytes[start] === Byte.lineFeed) return start;
  return bytes[start] === Byte.carriageReturn && bytes[start + 1] === Byte.lineFeed ? start + 1 : -1;
};

/** Copies four bytes at a time; what sticks out is overwritten by the next value. */
const copyText = (view: DataView, from: number, to: number, target: FieldColumn, row: number): void => {
  const text = target.textView;
  const start = target.used;
  for (let source = from, used = start; source < to; source += 4, used += 4) {
    text.setInt32(used, view.getInt32(source, true), true);
  }
  target.endText(row, start, start + to - from);
};
