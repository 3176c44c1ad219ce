import type { Terminal } from './command-io.ts';

const clearBelow = '\r\u001b[J';

/**
 * Keeps a block of lines at the bottom of a terminal: each painting goes over the last one, other text of the process goes
 * above, and the last painting stays. One at a time on a terminal.
 */
export class Painter {
  private readonly terminal: Terminal;
  private readonly release: () => void;
  private lines: readonly string[] = [];
  /** Lines that stand on the terminal now. */
  private height = 0;
  /** Whether other text has left the cursor inside a line. */
  private insideLine = false;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.release = terminal.onText((write, endsLine) => this.around(write, endsLine));
  }

  /** Replaces what was painted before. */
  paint(lines: readonly string[]): void {
    this.lines = lines;
    this.terminal.draw(`${this.insideLine ? '\n' : ''}${this.up()}${clearBelow}${lines.join('\n')}\n`);
    this.insideLine = false;
    this.height = lines.length;
  }

  /** Leaves what was painted where it is and goes on below: something this process does not know of may stand there. */
  goOn(): void {
    this.height = 0;
  }

  /** Leaves what was painted, and the terminal alone. */
  end(): void {
    this.release();
  }

  private around(write: () => void, endsLine: boolean): void {
    if (this.height > 0) this.terminal.draw(`${this.up()}${clearBelow}`);
    this.height = 0;
    write();
    this.insideLine = !endsLine;
    if (endsLine && this.lines.length > 0) this.paint(this.lines);
  }

  private up(): string {
    return this.height > 0 ? `\u001b[${this.height}A` : '';
  }
}
