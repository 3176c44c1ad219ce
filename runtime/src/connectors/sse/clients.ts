import type { History } from './history.ts';

/** What is needed of an express response to push text to a browser. */
export interface EventStream {
  /** Bytes that were written and have not left this process. */
  readonly writableLength: number;
  write(text: string): boolean;
  end(): void;
  destroy(): void;
}

/** Bytes that may wait for one client before it is dropped: it reads too slowly, and the browser connects again. */
export const mostWaitingBytes: number = 1024 * 1024;

/**
 * The browsers that look at one page. For each at most `mostWaitingBytes` and the records of one batch wait in memory; whoever
 * has more waiting when the next batch comes is dropped.
 */
export class EventClients {
  private readonly clients = new Set<EventStream>();
  private readonly history: History;
  private readonly onDropped: () => void;

  constructor(history: History, onDropped: () => void) {
    this.history = history;
    this.onDropped = onDropped;
  }

  get size(): number {
    return this.clients.size;
  }

  /** Adds a client and sends it what is remembered; one that comes back names the last event that it got. */
  add(client: EventStream, lastEventId?: string): void {
    this.clients.add(client);
    const text = this.history.text(lastEventId);
    if (text !== '') client.write(text);
  }

  remove(client: EventStream): void {
    this.clients.delete(client);
  }

  /** Sends records to all and remembers them. */
  send(records: readonly unknown[]): void {
    const text = this.history.keep(records);
    for (const client of this.clients) {
      if (client.writableLength <= mostWaitingBytes) client.write(text);
      else this.drop(client);
    }
  }

  /** Tells all that nothing more will come, and ends them. */
  end(): void {
    for (const client of this.clients) {
      client.write('event: end\ndata: {}\n\n');
      client.end();
    }
    this.clients.clear();
  }

  private drop(client: EventStream): void {
    this.clients.delete(client);
    client.destroy();
    this.onDropped();
  }
}
