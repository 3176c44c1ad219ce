import { toJsonText } from '../formats/json-text.ts';

/** Characters of the history at most: a browser that connects is sent all of it at once. */
const mostCharacters = 512 * 1024;

/**
 * The newest records as events, for browsers that come later: so many of them, or the newest of each key. Memory is bounded
 * in records and in characters, by leaving out the oldest.
 */
export class History {
  /** By key, or by number; oldest first. */
  private readonly events = new Map<unknown, string>();
  private readonly mostRecords: number;
  private readonly key: string | undefined;
  private number = 0;
  private characters = 0;

  constructor(mostRecords: number, key: string | undefined) {
    this.mostRecords = mostRecords;
    this.key = key;
  }

  /** Remembers records and gives their events. */
  keep(records: readonly unknown[]): string {
    let text = '';
    for (const record of records) {
      const event = `data: ${toJsonText(record)}\n\n`;
      text += event;
      this.add(this.keyOf(record), event);
    }
    return text;
  }

  /** Everything remembered, oldest first. */
  text(): string {
    return [...this.events.values()].join('');
  }

  private add(key: unknown, event: string): void {
    this.remove(key);
    this.events.set(key, event);
    this.characters += event.length;
    while (this.events.size > this.mostRecords || this.characters > mostCharacters) {
      this.remove(this.events.keys().next().value);
    }
  }

  private remove(key: unknown): void {
    const event = this.events.get(key);
    if (event === undefined) return;
    this.characters -= event.length;
    this.events.delete(key);
  }

  /** Keys that are objects are told apart by their JSON. */
  private keyOf(record: unknown): unknown {
    if (this.key === undefined) return this.number++;
    const key = (record as Readonly<Record<string, unknown>> | null | undefined)?.[this.key];
    return typeof key === 'object' && key !== null ? toJsonText(key) : key;
  }
}
