import type { Terminal } from '../../src/cli/command-io.ts';

const escapeCode = '\u001b';
const parts = new RegExp(`${escapeCode}\\[\\d*[A-Z]|[\\n\\r]|[^${escapeCode}\\n\\r]+`, 'g');

/**
 * A terminal in memory that shows what a person would see: it knows line breaks, the return to the first column, the cursor up
 * and the clearing below it, and fails at anything else that moves.
 */
export class Screen implements Terminal {
  columns: number;
  rows: number;
  private readonly lines: string[] = [''];
  private row = 0;
  private column = 0;
  private handler: ((write: () => void, endsLine: boolean) => void) | undefined;

  constructor({ columns = 80, rows = 24 } = {}) {
    this.columns = columns;
    this.rows = rows;
  }

  draw(text: string): void {
    for (const part of text.match(parts) ?? []) this.take(part);
  }

  onText(handler: (write: () => void, endsLine: boolean) => void): () => void {
    if (this.handler !== undefined) throw new Error('One painter at a time.');
    this.handler = handler;
    return () => {
      this.handler = undefined;
    };
  }

  /** Something else of the process writes. */
  write(text: string): void {
    if (this.handler === undefined) return this.draw(text);
    let writes = 0;
    const write = (): void => {
      writes++;
      this.draw(text);
    };
    this.handler(write, text.endsWith('\n'));
    if (writes !== 1) throw new Error(`A text was written ${writes} times.`);
  }

  /** All lines, those that have been scrolled away included. */
  get shown(): readonly string[] {
    const last = this.lines.at(-1) === '' ? -1 : undefined;
    return this.lines.slice(0, last);
  }

  private take(part: string): void {
    if (part === '\n') {
      this.row++;
      this.column = 0;
      if (this.row === this.lines.length) this.lines.push('');
    } else if (part === '\r') this.column = 0;
    else if (part === `${escapeCode}[J`) {
      this.lines.length = this.row + 1;
      this.lines[this.row] = this.current.slice(0, this.column);
    } else if (part.startsWith(escapeCode) && part.endsWith('A'))
      this.row = Math.max(0, this.row - Number.parseInt(part.slice(2), 10));
    else if (part.startsWith(escapeCode))
      throw new Error(`The screen does not know ${JSON.stringify(part)}.`);
    else {
      this.lines[this.row] =
        this.current.slice(0, this.column).padEnd(this.column) +
        part +
        this.current.slice(this.column + part.length);
      this.column += part.length;
    }
  }

  private get current(): string {
    return this.lines[this.row] ?? '';
  }
}
