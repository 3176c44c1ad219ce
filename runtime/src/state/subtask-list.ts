import type { SubtaskListState } from '../api/state.ts';
import { cloneValue } from '../batch/values.ts';
import { type Change, Lengthened, type UndoLog } from './undo-log.ts';

/** The items that a list had before it got others. */
class ReplacedItems implements Change {
  private readonly list: SubtaskList;
  private readonly items: unknown[];

  constructor(list: SubtaskList, items: unknown[]) {
    this.list = list;
    this.items = items;
  }

  undo(): void {
    this.list.restore(this.items);
  }
}

/** List state of one subtask. */
export class SubtaskList implements SubtaskListState<unknown> {
  private items: unknown[] = [];
  private readonly log: () => UndoLog | undefined;

  /** `log` gives the log of the record in hand, if it may be undone. */
  constructor(log: () => UndoLog | undefined) {
    this.log = log;
  }

  get(): readonly unknown[] {
    const log = this.log();
    if (log === undefined || log.mayChange(this.items)) return this.items;
    // Whoever holds the items may change what is in them: the record gets its own.
    log.record(new ReplacedItems(this, this.items));
    this.items = cloneValue(this.items);
    log.adopt(this.items);
    return this.items;
  }

  add(value: unknown): void {
    this.log()?.record(new Lengthened(this.items));
    this.items.push(value);
  }

  update(values: readonly unknown[]): void {
    const log = this.log();
    log?.record(new ReplacedItems(this, this.items));
    this.items = [...values];
    log?.adopt(this.items);
  }

  restore(items: unknown[]): void {
    this.items = items;
  }
}
