import type { JobEvent } from '../../contract/control/events.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { Cancellable, System } from '../../sys/system.ts';
import type { JobControl } from './job-control.ts';

/** What is needed of a response to push text to who reads it. */
export interface EventReader {
  /** Bytes that were written and have not left this process. */
  readonly writableLength: number;
  write(text: string): boolean;
  end(): void;
  destroy(): void;
}

/** Events that are remembered for who comes back, at most so many and so long. */
export const mostEvents = 1000;
const mostCharacters = 1024 * 1024;
/** Whoever reads so slowly that more waits for it is dropped; it may come back. */
const mostWaitingBytes = 1024 * 1024;
export const mostReaders = 64;
/** So that proxies keep the connection, and a reader that is gone is noticed. */
export const heartbeatMs = 15_000;

interface Remembered {
  readonly number: number;
  readonly text: string;
}

/** Pushes the events of a job to all who read, numbered, and remembers the newest. */
export class EventStream {
  private readonly system: System;
  private readonly control: JobControl;
  /** Tells the numbers of this stream from those of an earlier one. */
  private readonly run: string;
  private readonly unsubscribe: () => void;
  private readonly history: Remembered[] = [];
  private readonly readers = new Set<EventReader>();
  private characters = 0;
  private number = 0;
  private opening = 0;
  private heartbeat: Cancellable | undefined;
  private closed = false;

  constructor(system: System, control: JobControl) {
    this.system = system;
    this.control = control;
    this.run = system.random.id().slice(0, 8);
    this.unsubscribe = control.subscribe((event) => this.send(event));
  }

  /**
   * Lets someone read: from behind the last event that it got if that is remembered, else from the status of now. `accept` is
   * called when nothing can be refused any more.
   * @throws MillraceError unavailable when there are too many readers already, or when the stream has ended.
   */
  async open(lastEventId: string | undefined, accept: () => EventReader | undefined): Promise<void> {
    if (this.closed || this.readers.size + this.opening >= mostReaders) throw this.full();
    let from = this.numberOf(lastEventId);
    let first = '';
    this.opening++;
    try {
      if (from === undefined) {
        from = this.number;
        const status = await this.control.getStatus({});
        first = this.text(from, { type: 'status', status });
      }
    } finally {
      this.opening--;
    }
    if (this.closed) throw this.full();
    const reader = accept();
    if (reader === undefined) return;
    this.readers.add(reader);
    this.heartbeat ??= this.beatLater();
    const missed = this.history.filter(({ number }) => number > from).map(({ text }) => text);
    // At least a comment, so that whoever connects knows at once that it is connected.
    reader.write(`${first}${missed.join('')}` || ':\n\n');
  }

  remove(reader: EventReader): void {
    this.readers.delete(reader);
  }

  close(): void {
    this.closed = true;
    this.unsubscribe();
    this.heartbeat?.cancel();
    for (const reader of this.readers) reader.end();
    this.readers.clear();
  }

  private send(event: JobEvent): void {
    const number = ++this.number;
    const text = this.text(number, event);
    this.history.push({ number, text });
    this.characters += text.length;
    while (this.history.length > mostEvents || this.characters > mostCharacters) {
      this.characters -= this.history.shift()?.text.length ?? 0;
    }
    this.push(text);
  }

  private push(text: string): void {
    for (const reader of this.readers) {
      if (reader.writableLength <= mostWaitingBytes) reader.write(text);
      else this.drop(reader);
    }
  }

  private drop(reader: EventReader): void {
    this.readers.delete(reader);
    reader.destroy();
  }

  private beatLater(): Cancellable {
    return this.system.timers.after(heartbeatMs, () => {
      this.push(':\n\n');
      this.heartbeat = this.readers.size > 0 ? this.beatLater() : undefined;
    });
  }

  private text(number: number, event: JobEvent): string {
    return `id: ${this.run}-${number}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  }

  /** The number of an event of ours behind which all is remembered. */
  private numberOf(id: string | undefined): number | undefined {
    const [run, text = ''] = id?.split('-') ?? [];
    if (run !== this.run || !/^\d{1,15}$/.test(text)) return undefined;
    const number = Number(text);
    const oldest = this.number - this.history.length;
    return number >= oldest && number <= this.number ? number : undefined;
  }

  private full(): MillraceError {
    const message = this.closed
      ? 'The event stream has ended.'
      : `${mostReaders} programs read events already.`;
    return new MillraceError('unavailable', message, { hint: 'Try again later.' });
  }
}
