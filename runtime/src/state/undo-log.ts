/** One change that can be taken back. */
export interface Change {
  undo(): void;
}

/**
 * What a record has changed so far, so that a record that fails leaves nothing behind. Changes are taken back in the
 * opposite order. A heap value that was there before the record is never changed itself: the record gets a copy of its own
 * when it first reads it.
 */
export class UndoLog {
  private readonly changes: Change[] = [];
  /** Values made for this record or by it: they may be changed in place. */
  private readonly own: Set<unknown> = new Set();

  record(change: Change): void {
    this.changes.push(change);
  }

  /** From now on this value counts as the record's own. */
  adopt(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.own.add(value);
  }

  /** Whether a value may be changed in place without being seen after a rollback. */
  mayChange(value: unknown): boolean {
    return typeof value !== 'object' || value === null || this.own.has(value);
  }

  rollback(): void {
    for (let change = this.changes.pop(); change !== undefined; change = this.changes.pop()) change.undo();
    this.own.clear();
  }

  /** Forgets everything: the record has succeeded. */
  clear(): void {
    this.changes.length = 0;
    this.own.clear();
  }
}

/** A list that gets longer. */
export class Lengthened implements Change {
  private readonly list: unknown[];
  private readonly length: number;

  constructor(list: unknown[]) {
    this.list = list;
    this.length = list.length;
  }

  undo(): void {
    this.list.length = this.length;
  }
}
