import { Batch } from '../../batch/batch.ts';
import { TextReader } from '../../sys/text.ts';
import { Byte, createJsonStringClasses, skipUtf8Sequence } from './byte-classes.ts';
import { firstMarked, plainStringEnd, specialBytes } from './byte-words.ts';
import { type DecoderSettings, defaultRecordsPerBatch, type RecordDecoder, tooLong } from './decoder.ts';
import { nestingProblem } from './depth.ts';
import { Digits, digitsEnd } from './digits.ts';
import { FieldColumn, Holds } from './field-column.ts';
import { JsonBytes } from './json-bytes.ts';
import type { KeySegment } from './key-segment.ts';
import { KeyTemplate } from './key-template.ts';
import { parseJsonLine } from './ndjson-line.ts';

/** 10^k, exact in a number up to 10^22. */
const createPowersOfTen = (): Float64Array => Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

/** Digits that a number holds whatever they are. */
const exactDigits = 15;

/**
 * Reads declared fields of NDJSON records from bytes into columns, without making objects or strings of the rest. Every
 * line that it accepts gives exactly what JSON.parse gives for these fields; the whole line is checked, not only the
 * fields. A value that it cannot read itself (escapes, long numbers, arrays, objects) goes through JSON.parse alone; a
 * line that it does not recognise goes through JSON.parse as a whole, and what that refuses is an invalid record.
 */
export class NdjsonScanner implements RecordDecoder {
  private readonly columns: readonly FieldColumn[];
  private readonly capacity: number;
  private readonly settings: DecoderSettings;
  private readonly json = new JsonBytes();
  private readonly template: KeyTemplate;
  private readonly classes = createJsonStringClasses();
  private readonly digits = new Digits();
  private readonly powersOfTen = createPowersOfTen();
  /** The number, within the batch, of the last line in which a field was seen. */
  private readonly seen: Int32Array;
  private stamp = 0;
  /** Of all batches: the records have none yet. */
  private readonly noTimestamps: Float64Array;
  private reader: TextReader | undefined;
  private rows = 0;
  private lines = 0;

  constructor(fields: readonly string[], settings: DecoderSettings) {
    this.settings = settings;
    this.capacity = settings.recordsPerBatch ?? defaultRecordsPerBatch;
    this.columns = fields.map((name) => new FieldColumn(name, this.capacity));
    this.template = new KeyTemplate(fields, this.json);
    this.noTimestamps = new Float64Array(this.capacity).fill(Number.NaN);
    this.seen = new Int32Array(fields.length);
  }

  get length(): number {
    return this.rows;
  }

  get full(): boolean {
    return this.rows >= this.capacity;
  }

  decode(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    this.reader = undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    bytes[to] = Byte.lineFeed;
    this.reserveText(to - from);
    const { maximumRecordBytes } = this.settings;
    let position = from;
    while (position < to && this.rows < this.capacity) {
      const end = this.scanLine(bytes, view, position);
      if (end >= 0 && (end < to || atEnd) && end - position <= maximumRecordBytes) {
        this.rows++;
        this.lines++;
        position = end + 1;
        continue;
      }
      const lineFeed = this.textOf(bytes).lineFeed(position);
      if (lineFeed >= to && !atEnd) break;
      this.parseLine(bytes, position, lineFeed);
      this.lines++;
      this.reserveText(to - position);
      position = lineFeed + 1;
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
    this.seen.fill(0);
    this.stamp = 0;
    const set = {
      names: this.columns.map((column) => column.name),
      columns: this.columns.map((column) => column.take(length)),
    };
    return Batch.ofColumns(set, this.noTimestamps, length);
  }

  private textOf(bytes: Uint8Array): TextReader {
    this.reader ??= new TextReader(bytes);
    return this.reader;
  }

  /** The text of a batch is no longer than its bytes, so reserving once leaves the loops without checks. */
  private reserveText(byteCount: number): void {
    for (const column of this.columns) column.reserveText(byteCount);
  }

  /** Scans the record at `start` into the current row: the position of its line feed, or −1 if it is not that simple. */
  private scanLine(bytes: Uint8Array, view: DataView, start: number): number {
    const { template } = this;
    this.stamp++;
    let expected = template.begin();
    let position = start;
    while (expected?.isAt(view, position)) {
      position = this.passValue(bytes, view, position + expected.length, expected.field);
      if (position < 0) return -1;
      expected = expected.next;
    }
    const asExpected = expected === undefined && position > start && template.hasAllFields;
    if (asExpected && bytes[position] === Byte.closeBrace && bytes[position + 1] === Byte.lineFeed) {
      return position + 1;
    }
    return this.scanRest(bytes, view, position, position > start, expected);
  }

  /** The part of a record from its first surprise on; `opened` = behind a value. */
  private scanRest(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    opened: boolean,
    expectedFirst: KeySegment | undefined,
  ): number {
    const { template } = this;
    let expected = expectedFirst;
    let opening: number = opened ? Byte.comma : Byte.openBrace;
    let position = start;
    for (;;) {
      if (opening === Byte.comma && bytes[position] === Byte.closeBrace) break;
      const value = template.find(bytes, view, position, opening, expected);
      if (value < 0) break;
      expected = template.next;
      opening = Byte.comma;
      position = this.passValue(bytes, view, value, template.field);
      if (position < 0) return -1;
    }
    position = this.endOfLine(bytes, position, opening);
    if (position < 0) return -1;
    this.markMissing(this.stamp);
    template.end();
    return position;
  }

  /** Reads a value into its field, or passes over one that nobody asked for: the position behind it or −1. */
  private passValue(bytes: Uint8Array, view: DataView, start: number, field: number): number {
    if (field >= 0) {
      this.seen[field] = this.stamp;
      return this.readField(bytes, view, start, field);
    }
    const first = bytes[start]!;
    if (first === Byte.quote) {
      const end = plainStringEnd(view, start + 1);
      return bytes[end] === Byte.quote ? end + 1 : this.json.skipString(bytes, start);
    }
    // A zero may be followed by no digit, and that is rare enough for the general way.
    if (first <= Byte.zero || first > Byte.nine) return this.json.skipValue(bytes, start);
    const end = digitsEnd(view, start);
    const byte = bytes[end]!;
    if (byte === Byte.dot || (byte | 0x20) === Byte.lowerE) return this.json.skipNumber(bytes, start);
    return end;
  }

  /** After the last value: the closing brace and the line feed. */
  private endOfLine(bytes: Uint8Array, start: number, opening: number): number {
    const opened = opening === Byte.comma;
    if (opened && bytes[start] === Byte.closeBrace && bytes[start + 1] === Byte.lineFeed) return start + 1;
    let position = this.json.skipSpace(bytes, start);
    if (!opened) {
      if (bytes[position] !== Byte.openBrace) return -1;
      position = this.json.skipSpace(bytes, position + 1);
    }
    if (bytes[position] !== Byte.closeBrace) return -1;
    position = this.json.skipSpace(bytes, position + 1);
    return bytes[position] === Byte.lineFeed ? position : -1;
  }

  private markMissing(stamp: number): void {
    for (let field = 0; field < this.columns.length; field++) {
      if (this.seen[field] !== stamp) this.columns[field]!.putMissing(this.rows);
    }
  }

  private readField(bytes: Uint8Array, view: DataView, start: number, field: number): number {
    const column = this.columns[field]!;
    const first = bytes[start]!;
    if (first === Byte.quote && column.accepts(Holds.text)) return this.readText(bytes, view, start, column);
    if (first === Byte.minus || (first >= Byte.zero && first <= Byte.nine)) {
      return this.readNumber(bytes, view, start, column);
    }
    return this.readOther(bytes, start, column);
  }

  /** Copies a string four bytes at a time; a word that holds its end is copied too and its rest overwritten later. */
  private readText(bytes: Uint8Array, view: DataView, start: number, column: FieldColumn): number {
    const target = column.textView;
    let used = column.used;
    let position = start + 1;
    for (;;) {
      const word = view.getInt32(position, true);
      target.setInt32(used, word, true);
      const special = specialBytes(word);
      if (special !== 0) {
        const plain = firstMarked(special);
        position += plain;
        used += plain;
        break;
      }
      position += 4;
      used += 4;
    }
    if (bytes[position] !== Byte.quote) return this.readWideText(bytes, start, position, column, used);
    column.endText(this.rows, column.used, used);
    return position + 1;
  }

  /** The rest of a string from its first byte that is not plain ASCII. */
  private readWideText(
    bytes: Uint8Array,
    start: number,
    from: number,
    column: FieldColumn,
    copied: number,
  ): number {
    const { classes } = this;
    const { text } = column;
    let position = from;
    let used = copied;
    for (;;) {
      const byte = bytes[position]!;
      if (classes[byte] === 0) {
        text[used++] = byte;
        position++;
      } else if (byte === Byte.quote) {
        column.endText(this.rows, column.used, used);
        return position + 1;
      } else {
        if (byte < 0x80) return this.readOther(bytes, start, column);
        const end = skipUtf8Sequence(bytes, position);
        if (end < 0) return -1;
        while (position < end) text[used++] = bytes[position++]!;
      }
    }
  }

  /** Any value, by JSON.parse of its text alone. */
  private readOther(bytes: Uint8Array, start: number, column: FieldColumn): number {
    const end = this.json.skipValue(bytes, start);
    if (end < 0) return -1;
    const value: unknown = JSON.parse(this.textOf(bytes).utf8(start, end));
    if (nestingProblem([value], bytes, start, end) !== undefined) return -1;
    column.putValue(this.rows, value);
    return end;
  }

  /** Puts the number at `start` into its column: the position behind it, or −1 when there is no valid number. */
  private readNumber(bytes: Uint8Array, view: DataView, start: number, column: FieldColumn): number {
    const { digits } = this;
    const first = bytes[start] === Byte.minus ? start + 1 : start;
    let end = digits.read(view, first, 0);
    let count = end - first;
    if (count === 0 || (count > 1 && bytes[first] === Byte.zero))
      return this.readLongNumber(bytes, start, column);
    let value = digits.value;
    if (bytes[end] === Byte.dot) {
      const point = end;
      end = digits.read(view, point + 1, value);
      const decimals = end - point - 1;
      count += decimals;
      if (decimals === 0 || count > exactDigits) return this.readLongNumber(bytes, start, column);
      // A quotient of two exact numbers is rounded once, as the true value is.
      value = digits.value / this.powersOfTen[decimals]!;
    }
    if (count > exactDigits || (bytes[end]! | 0x20) === Byte.lowerE)
      return this.readLongNumber(bytes, start, column);
    column.putNumber(this.rows, first > start ? -value : value);
    return end;
  }

  private readLongNumber(bytes: Uint8Array, start: number, column: FieldColumn): number {
    const end = this.json.skipNumber(bytes, start);
    if (end >= 0) column.putNumber(this.rows, Number(this.textOf(bytes).ascii(start, end)));
    return end;
  }

  /** The whole line by JSON.parse: the last word on whether it is valid. */
  private parseLine(bytes: Uint8Array, from: number, to: number): void {
    const { maximumRecordBytes } = this.settings;
    if (to - from > maximumRecordBytes) {
      this.reject(bytes, from, to, tooLong(maximumRecordBytes));
      return;
    }
    const parsed = parseJsonLine(this.textOf(bytes), bytes, from, to);
    if (parsed.kind === 'value') this.putRecord(bytes, from, to, parsed.value);
    else if (parsed.kind === 'invalid') this.reject(bytes, from, to, parsed.reason);
  }

  private putRecord(bytes: Uint8Array, from: number, to: number, record: unknown): void {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      this.reject(bytes, from, to, 'it is not a JSON object, and fields are read from it');
      return;
    }
    for (const column of this.columns) {
      const present = Object.hasOwn(record, column.name);
      column.putValue(
        this.rows,
        present ? (record as Readonly<Record<string, unknown>>)[column.name] : undefined,
      );
    }
    this.rows++;
  }

  private reject(bytes: Uint8Array, from: number, to: number, reason: string): void {
    this.settings.onInvalid({ bytes, from, to, reason, linesBefore: this.lines });
  }
}
