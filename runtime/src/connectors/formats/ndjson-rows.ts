import { Batch } from '../../batch/batch.ts';
import { isAscii, TextReader } from '../../sys/text.ts';
import { Byte } from './byte-classes.ts';
import { type DecoderSettings, defaultRecordsPerBatch, type RecordDecoder, tooLong } from './decoder.ts';
import { nestingProblem } from './depth.ts';
import { parseJsonLine } from './ndjson-line.ts';

/** Reads whole NDJSON records by JSON.parse: for jobs whose code may look at any field. Any JSON value is a record. */
export class NdjsonRows implements RecordDecoder {
  private readonly settings: DecoderSettings;
  private readonly capacity: number;
  private rows: unknown[] = [];
  private lines = 0;

  constructor(settings: DecoderSettings) {
    this.settings = settings;
    this.capacity = settings.recordsPerBatch ?? defaultRecordsPerBatch;
  }

  get length(): number {
    return this.rows.length;
  }

  get full(): boolean {
    return this.rows.length >= this.capacity;
  }

  decode(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    bytes[to] = Byte.lineFeed;
    const text = new TextReader(bytes);
    const ascii = isAscii(bytes.subarray(from, to));
    let position = from;
    while (position < to && this.rows.length < this.capacity) {
      const lineFeed = text.lineFeed(position);
      if (lineFeed >= to && !atEnd) break;
      if (!ascii || !this.parseAscii(text, bytes, position, lineFeed))
        this.parse(text, bytes, position, lineFeed);
      this.lines++;
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
    if (this.rows.length === 0) return undefined;
    const rows = this.rows;
    this.rows = [];
    return Batch.ofRows(rows, new Float64Array(rows.length).fill(Number.NaN));
  }

  /** The usual line, without looking at it first. False = not that, and nothing is done. */
  private parseAscii(text: TextReader, bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from > this.settings.maximumRecordBytes) return false;
    try {
      const value: unknown = JSON.parse(text.ascii(from, to));
      if (nestingProblem(value, bytes, from, to) !== undefined) return false;
      this.rows.push(value);
      return true;
    } catch {
      return false;
    }
  }

  private parse(text: TextReader, bytes: Uint8Array, from: number, to: number): void {
    const { maximumRecordBytes } = this.settings;
    if (to - from > maximumRecordBytes) {
      this.reject(bytes, from, to, tooLong(maximumRecordBytes));
      return;
    }
    const parsed = parseJsonLine(text, bytes, from, to);
    if (parsed.kind === 'value') this.rows.push(parsed.value);
    else if (parsed.kind === 'invalid') this.reject(bytes, from, to, parsed.reason);
  }

  private reject(bytes: Uint8Array, from: number, to: number, reason: string): void {
    this.settings.onInvalid({ bytes, from, to, reason, linesBefore: this.lines });
  }
}
