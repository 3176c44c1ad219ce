import type { BroadcastState } from '../api/state.ts';
import { cloneValue } from '../batch/values.ts';
import type { Change, UndoLog } from './undo-log.ts';
import { ChangedEntry, ValueMap } from './value-map.ts';

type Entries = ValueMap<unknown, unknown>;

class ReplacedEntries implements Change {
  private readonly map: SubtaskMap;
  private readonly entries: Entries;

  constructor(map: SubtaskMap, entries: Entries) {
    this.map = map;
    this.entries = entries;
  }

  undo(): void {
    this.map.restore(this.entries);
  }
}

/** Broadcast state of one subtask: a map in order of insertion. */
export class SubtaskMap implements BroadcastState<unknown, unknown> {
  private held: Entries = new ValueMap();
  private readonly log: () => UndoLog | undefined;

  /** `log` gives the log of the record in hand, if it may be undone. */
  constructor(log: () => UndoLog | undefined) {
    this.log = log;
  }

  get(key: unknown): unknown {
    const value = this.held.get(key);
    const log = this.log();
    if (log === undefined || log.mayChange(value)) return value;
    const copy = cloneValue(value);
    log.record(new ChangedEntry(this.held, key));
    log.adopt(copy);
    this.held.set(key, copy);
    return copy;
  }

  has(key: unknown): boolean {
    return this.held.has(key);
  }

  *entries(): Generator<readonly [unknown, unknown]> {
    if (this.log() !== undefined) this.own();
    for (const key of this.held.keys()) yield [key, this.get(key)];
  }

  put(key: unknown, value: unknown): void {
    const log = this.log();
    log?.record(new ChangedEntry(this.held, key));
    log?.adopt(value);
    this.held.set(key, value);
  }

  delete(key: unknown): void {
    if (!this.held.has(key)) return;
    this.own();
    this.held.delete(key);
  }

  clear(): void {
    this.log()?.record(new ReplacedEntries(this, this.held));
    this.held = new ValueMap();
    this.log()?.adopt(this.held);
  }

  restore(entries: Entries): void {
    this.held = entries;
  }

  /** Putting an entry back would change the order: in a record that may be undone, a copy takes the map's place. */
  private own(): void {
    const log = this.log();
    if (log === undefined || log.mayChange(this.held)) return;
    log.record(new ReplacedEntries(this, this.held));
    this.held = new ValueMap(this.held);
    log.adopt(this.held);
  }
}
