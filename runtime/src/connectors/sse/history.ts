import { toJsonText } from '../formats/json-text.ts';

/** Characters of the history at most: a browser that connects is sent all of it at once. */
const mostCharacters = 512 * 1024;

/** A record as it is sent. */
interface PageEvent {
  readonly number: number;
  readonly text: string;
}

/**
 * The newest records as events, for browsers that come later: so many of them, or the newest of each key. Memory is bounded
 * in records and in characters, by leaving out the oldest. Events are numbered, so that a browser that comes back is sent
 * only what it has not seen; `run` tells the numbers of this page from those of an earlier one.
 */
export class History {
  /** By key, or by number; oldest first. */
  private readonly events = new Map<unknown, PageEvent>();
  private readonly mostRecords: number;
  private readonly key: string | undefined;
  private readonly run: string;
  private number = 0;
  private characters = 0;

  constructor(mostRecords: number, key: string | undefined, run: string) {
    this.mostRecords = mostRecords;
    this.key = key;
    this.run = run;
  }

  /** Remembers records and gives their events. */
  keep(records: readonly unknown[]): string {
    let all = '';
    for (const record of records) {
      const number = ++this.number;
      const text = `id: ${this.run}-${number}\ndata: ${toJsonText(record)}\n\n`;
      all += text;
      this.add(this.keyOf(record, number), { number, text });
    }
    return all;
  }

  /** What is remembered of what came after the event with this id, oldest first; of everything for an id of none of ours. */
  text(lastEventId?: string): string {
    const last = this.numberOf(lastEventId);
    let all = '';
    for (const { number, text } of this.events.values()) if (number > last) all += text;
    return all;
  }

  private numberOf(id: string | undefined): number {
    const start = `${this.run}-`;
    if (id?.startsWith(start) !== true) return 0;
    const number = Number(id.slice(start.length));
    return Number.isSafeInteger(number) && number <= this.number ? number : 0;
  }

  private add(key: unknown, event: PageEvent): void {
    this.remove(key);
    this.events.set(key, event);
    this.characters += event.text.length;
    while (this.events.size > this.mostRecords || this.characters > mostCharacters) {
      this.remove(this.events.keys().next().value);
    }
  }

  private remove(key: unknown): void {
    const event = this.events.get(key);
    if (event === undefined) return;
    this.characters -= event.text.length;
    this.events.delete(key);
  }

  /** Keys that are objects are told apart by their JSON. */
  private keyOf(record: unknown, number: number): unknown {
    if (this.key === undefined) return number;
    const key = (record as Readonly<Record<string, unknown>> | null | undefined)?.[this.key];
    return typeof key === 'object' && key !== null ? toJsonText(key) : key;
  }
}
