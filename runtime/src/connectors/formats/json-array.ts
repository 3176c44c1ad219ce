import { Batch } from '../../batch/batch.ts';
import { isAscii, isUtf8, TextReader } from '../../sys/text.ts';
import { Byte } from './byte-classes.ts';
import { plainStringEnd } from './byte-words.ts';
import { type DecoderSettings, defaultRecordsPerBatch, type RecordDecoder, tooLong } from './decoder.ts';
import { nestingProblem } from './depth.ts';

/**
 * Where the decoder stands: before the array, behind an element, behind the array, or in what cannot be read. `resumed` is
 * either of the first two: a position behind a byte order mark looks like one behind an element.
 */
type Place = 'before' | 'resumed' | 'inside' | 'closed' | 'broken';

const isSpace = (byte: number): boolean =>
  byte === Byte.space || byte === Byte.lineFeed || byte === Byte.carriageReturn || byte === Byte.tab;

/** How far an element that is being passed over has been followed. */
interface ElementScan {
  depth: number;
  inString: boolean;
  escaped: boolean;
}

/**
 * Follows brackets and strings from `from` on: the position after the element that began before, or −1 when it goes on
 * beyond `to`. Does not check the element: JSON.parse will. The line feed at `to` ends every run of plain bytes.
 */
const followElement = (
  scan: ElementScan,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
): number => {
  let { depth, inString, escaped } = scan;
  let position = from;
  while (position < to) {
    if (inString) {
      if (!escaped) position = Math.min(plainStringEnd(view, position), to);
      if (position === to) break;
      const byte = bytes[position++]!;
      if (escaped) escaped = false;
      else if (byte === Byte.backslash) escaped = true;
      else if (byte === Byte.quote) {
        inString = false;
        if (depth === 0) return position;
      }
      continue;
    }
    const byte = bytes[position]!;
    if (byte === Byte.quote) inString = true;
    else if (byte === Byte.openBrace || byte === Byte.openBracket) depth++;
    else if (byte === Byte.closeBrace || byte === Byte.closeBracket) {
      if (depth === 0) return position;
      depth--;
      if (depth === 0) return position + 1;
    } else if (depth === 0 && (byte === Byte.comma || isSpace(byte))) return position;
    position++;
  }
  scan.depth = depth;
  scan.inString = inString;
  scan.escaped = escaped;
  return -1;
};

/**
 * Reads the elements of one JSON array as records, each by JSON.parse of its own bytes, so that the array may be larger than
 * memory. An element that JSON.parse refuses is an invalid record and the next one is read; where the array itself is
 * broken, the rest of the file is one invalid record.
 */
export class JsonArray implements RecordDecoder {
  private readonly settings: DecoderSettings;
  private readonly capacity: number;
  private place: Place;
  private rows: unknown[] = [];
  private lines = 0;
  /** Up to where in the run in hand lines have been counted. */
  private counted = 0;
  private discarding: ElementScan = { depth: 0, inString: false, escaped: false };
  private view: DataView = new DataView(new ArrayBuffer(0));
  private text = new TextReader(new Uint8Array(0));
  /** Whether the run in hand is ASCII, so that elements need no check. */
  private ascii = false;

  /** `resumed`: the bytes begin behind an element, not at the start of the file. */
  constructor(settings: DecoderSettings, resumed: boolean) {
    this.settings = settings;
    this.capacity = settings.recordsPerBatch ?? defaultRecordsPerBatch;
    this.place = resumed ? 'resumed' : 'before';
  }

  get length(): number {
    return this.rows.length;
  }

  get full(): boolean {
    return this.rows.length >= this.capacity;
  }

  decode(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    this.begin(bytes, from, to);
    let position = from;
    while (this.rows.length < this.capacity) {
      const next = this.decodeOne(bytes, position, to, atEnd);
      if (next === position) break;
      position = next;
    }
    this.countLines(position);
    return position;
  }

  discard(bytes: Uint8Array, from: number, to: number, begins: boolean): number {
    this.begin(bytes, from, to);
    let position = from;
    if (begins) {
      position = Math.max(from, this.elementStart(bytes, from, to));
      this.reject(bytes, position, to, tooLong(this.settings.maximumRecordBytes));
      this.place = 'inside';
      this.discarding = { depth: 0, inString: false, escaped: false };
    }
    const end = followElement(this.discarding, bytes, this.view, position, to);
    this.countLines(end < 0 ? to : end);
    return end;
  }

  take(): Batch | undefined {
    if (this.rows.length === 0) return undefined;
    const rows = this.rows;
    this.rows = [];
    return Batch.ofRows(rows, new Float64Array(rows.length).fill(Number.NaN));
  }

  private begin(bytes: Uint8Array, from: number, to: number): void {
    bytes[to] = Byte.lineFeed;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.text = new TextReader(bytes);
    this.ascii = isAscii(bytes.subarray(from, to));
    this.counted = from;
  }

  /** Decodes one element or what else stands there: the position after it, or `from` when more bytes are needed. */
  private decodeOne(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number {
    if (this.place === 'broken' || this.place === 'closed') return to;
    const first = skipSpace(bytes, from, to);
    if (first === to) return atEnd ? this.cutOff(bytes, from, to) : from;
    const start = this.elementStart(bytes, first, to);
    if (start < 0) return this.break(bytes, first, to, this.expectation());
    if (start < to) {
      if (bytes[start] === Byte.closeBracket) {
        return this.closeArray(bytes, first, start, to, atEnd) ? to : from;
      }
      const end = followElement({ depth: 0, inString: false, escaped: false }, bytes, this.view, start, to);
      if (end >= 0 && (end < to || atEnd || isClosed(bytes, start))) {
        if (end === start)
          return this.break(bytes, start, to, `a value was expected at ${quoted(bytes, start)}`);
        this.parse(bytes, start, end);
        this.place = 'inside';
        return end;
      }
    }
    return atEnd ? this.cutOff(bytes, first, to) : from;
  }

  /** Behind the bracket or comma that must stand at `first`, and behind the space after it; −1 if neither stands there. */
  private elementStart(bytes: Uint8Array, first: number, to: number): number {
    const position = skipSpace(bytes, first, to);
    const byte = bytes[position];
    const { place } = this;
    if (place !== 'before' && byte === Byte.closeBracket) return position;
    const expected =
      byte === Byte.openBracket ? place !== 'inside' : byte === Byte.comma && place !== 'before';
    if (!expected) return -1;
    return skipSpace(bytes, position + 1, to);
  }

  /** The closing bracket is consumed with the end of the file only, so that every position but the end is behind an element. */
  private closeArray(bytes: Uint8Array, first: number, bracket: number, to: number, atEnd: boolean): boolean {
    const behind = skipSpace(bytes, bracket + 1, to);
    if (bytes[first] === Byte.comma)
      this.break(bytes, first, to, 'there is a comma before the closing bracket');
    else if (behind < to) this.break(bytes, behind, to, 'there is text behind the JSON array');
    else if (atEnd) this.place = 'closed';
    return this.place === 'closed' || this.place === 'broken';
  }

  private cutOff(bytes: Uint8Array, from: number, to: number): number {
    const reason =
      this.place === 'before' ? 'the file is empty, not a JSON array' : 'the file ends inside the JSON array';
    return this.break(bytes, from, to, reason);
  }

  private expectation(): string {
    return this.place === 'before'
      ? 'the file does not begin with [ as a JSON array does (for one record a line, use the format ndjson)'
      : 'a comma or the closing bracket of the JSON array was expected';
  }

  private break(bytes: Uint8Array, from: number, to: number, reason: string): number {
    this.reject(bytes, from, to, `${reason}; the rest of the file is not read`);
    this.place = 'broken';
    return to;
  }

  private parse(bytes: Uint8Array, from: number, to: number): void {
    const { maximumRecordBytes } = this.settings;
    if (to - from > maximumRecordBytes) this.reject(bytes, from, to, tooLong(maximumRecordBytes));
    else if (!this.ascii && !isUtf8(bytes.subarray(from, to)))
      this.reject(bytes, from, to, 'it is not valid UTF-8');
    else this.parseValid(bytes, from, to);
  }

  private parseValid(bytes: Uint8Array, from: number, to: number): void {
    let value: unknown;
    try {
      value = JSON.parse(this.ascii ? this.text.ascii(from, to) : this.text.utf8(from, to));
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.reject(bytes, from, to, `it is not valid JSON (${detail})`);
      return;
    }
    const problem = nestingProblem(value, bytes, from, to);
    if (problem === undefined) this.rows.push(value);
    else this.reject(bytes, from, to, problem);
  }

  /** Counts the lines of the run in hand up to `to`. */
  private countLines(to: number): void {
    for (;;) {
      const lineFeed = this.text.lineFeed(this.counted);
      if (lineFeed < 0 || lineFeed >= to) break;
      this.lines++;
      this.counted = lineFeed + 1;
    }
    this.counted = Math.max(this.counted, to);
  }

  private reject(bytes: Uint8Array, from: number, to: number, reason: string): void {
    this.countLines(from);
    this.settings.onInvalid({ bytes, from, to, reason, linesBefore: this.lines });
  }
}

const skipSpace = (bytes: Uint8Array, from: number, to: number): number => {
  let position = from;
  while (position < to && isSpace(bytes[position]!)) position++;
  return position;
};

/** Whether the element that begins here says itself where it ends. */
const isClosed = (bytes: Uint8Array, start: number): boolean => {
  const byte = bytes[start];
  return byte === Byte.quote || byte === Byte.openBrace || byte === Byte.openBracket;
};

const quoted = (bytes: Uint8Array, at: number): string => JSON.stringify(String.fromCharCode(bytes[at]!));
