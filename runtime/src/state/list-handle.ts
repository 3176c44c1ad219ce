import type { ListState } from '../api/state.ts';
import { absent } from './columns.ts';
import { HeapHandle } from './handle.ts';
import { Lengthened } from './undo-log.ts';

const nothing: readonly unknown[] = Object.freeze([]);

/** A list a key. The list given out by `get` is the one kept: it shows what is added later in the same call. */
export class KeyedList extends HeapHandle implements ListState<unknown> {
  get(): readonly unknown[] {
    const list = this.take();
    return list === absent ? nothing : (list as unknown[]);
  }

  add(value: unknown): void {
    const list = this.peek();
    if (list === absent) this.replace([value]);
    else this.lengthen(list as unknown[]).push(value);
  }

  addAll(values: Iterable<unknown>): void {
    // First all of them, so that an iterable that throws leaves the list as it was.
    const added = [...values];
    if (added.length === 0) return;
    const list = this.peek();
    if (list === absent) {
      this.replace(added);
    } else {
      const longer = this.lengthen(list as unknown[]);
      for (const value of added) longer.push(value);
    }
  }

  update(values: readonly unknown[]): void {
    if (values.length === 0) this.clear();
    else this.replace([...values]);
  }

  private lengthen(list: unknown[]): unknown[] {
    this.beforeWrite();
    this.cursor.log?.record(new Lengthened(list));
    return list;
  }
}
