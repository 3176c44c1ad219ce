import type { Kind } from './kinds.ts';
import { expired } from './refusals.ts';
import type { DevObject } from './values.ts';

/** Something that has happened to an object. */
export interface Change {
  readonly kind: Kind;
  readonly revision: number;
  /** How it was before; absent = it is new. */
  readonly before?: DevObject | undefined;
  /** How it is now; absent = it is gone. */
  readonly after?: DevObject | undefined;
}

/** All changes in order, the last ones remembered: from them comes what watches see, and how things were a while ago. */
export class EventLog {
  private readonly remembered: Change[] = [];
  private readonly listeners = new Set<(change: Change) => void>();
  private readonly most: number;
  /** Of the last change. */
  private latest = 0;
  /** Of the last change that is forgotten. */
  private forgotten = 0;

  constructor(most: number) {
    this.most = most;
  }

  get revision(): number {
    return this.latest;
  }

  append(change: (revision: number) => Omit<Change, 'revision'>): void {
    this.latest++;
    const made = { ...change(this.latest), revision: this.latest };
    this.remembered.push(made);
    if (this.remembered.length > this.most) this.forget(this.remembered.length - this.most);
    for (const listener of this.listeners) listener(made);
  }

  /** Forgets all that was: whoever asks for it must list again. */
  compact(): void {
    this.forget(this.remembered.length);
  }

  /** What came after a revision. @throws `gone` when that is not remembered. */
  since(revision: number): readonly Change[] {
    if (revision < this.forgotten) throw expired();
    return this.remembered.filter((change) => change.revision > revision);
  }

  /** A listener may not change anything itself: others have not heard yet of what it hears. */
  listen(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private forget(count: number): void {
    const gone = this.remembered.splice(0, count);
    this.forgotten = gone.at(-1)?.revision ?? this.forgotten;
  }
}
