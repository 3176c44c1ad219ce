import { Buffer } from 'node:buffer';

const newline = 0x0a;

/** Cuts bytes that come in parts into lines of text. */
export class Lines {
  private parts: Uint8Array[] = [];
  private length = 0;
  private readonly mostBytes: number;
  private readonly onLine: (line: string) => void;

  /** `onLine` gets each line without its end; empty ones are left out. A line longer than `mostBytes` is an error of `take`. */
  constructor(mostBytes: number, onLine: (line: string) => void) {
    this.mostBytes = mostBytes;
    this.onLine = onLine;
  }

  /** Bytes of a line whose end has not come. */
  get pendingBytes(): number {
    return this.length;
  }

  take(bytes: Uint8Array): void {
    let from = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
      this.keep(bytes.subarray(from, end));
      this.giveLine();
      from = end + 1;
    }
    if (from < bytes.length) this.keep(bytes.subarray(from));
  }

  private keep(part: Uint8Array): void {
    this.length += part.length;
    if (this.length > this.mostBytes) throw new RangeError(`A line is longer than ${this.mostBytes} bytes.`);
    this.parts.push(part);
  }

  private giveLine(): void {
    const line = Buffer.concat(this.parts).toString('utf8');
    this.parts = [];
    this.length = 0;
    if (line !== '') this.onLine(line);
  }
}
