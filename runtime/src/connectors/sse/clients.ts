/** What is needed of an express response to push text to a browser. */
export interface EventStream {
  readonly writableLength: number;
  write(text: string): boolean;
  end(): void;
  destroy(): void;
}

/** Bytes that may wait for one client before it is dropped: it reads too slowly, and the browser connects again. */
const mostWaitingBytes = 1024 * 1024;

/** The browsers that look at one page, and what a new one is shown first. Memory is bounded by `historyRecords`. */
export class EventClients {
  dropped = 0;
  private readonly clients = new Set<EventStream>();
  private readonly history: string[] = [];
  private readonly historyRecords: number;

  constructor(historyRecords: number) {
    this.historyRecords = historyRecords;
  }

  get size(): number {
    return this.clients.size;
  }

  /** Adds a client and sends it the newest records. */
  add(client: EventStream): void {
    this.clients.add(client);
    if (this.history.length > 0) client.write(this.history.join(''));
  }

  remove(client: EventStream): void {
    this.clients.delete(client);
  }

  /** Sends records, each as JSON text, to all. */
  send(records: readonly string[]): void {
    const events = records.map((record) => `data: ${record}\n\n`);
    this.keep(events);
    const text = events.join('');
    for (const client of this.clients) this.write(client, text);
  }

  /** Tells all that nothing more will come, and ends them. */
  end(): void {
    for (const client of this.clients) {
      client.write('event: end\ndata: {}\n\n');
      client.end();
    }
    this.clients.clear();
  }

  private write(client: EventStream, text: string): void {
    if (client.writableLength + text.length <= mostWaitingBytes) {
      client.write(text);
      return;
    }
    this.clients.delete(client);
    this.dropped++;
    client.destroy();
  }

  private keep(events: readonly string[]): void {
    this.history.push(...events.slice(-this.historyRecords));
    if (this.history.length > this.historyRecords) {
      this.history.splice(0, this.history.length - this.historyRecords);
    }
  }
}
