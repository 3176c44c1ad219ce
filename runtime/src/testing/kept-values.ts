import { describeValue } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import type { KeyedStore } from '../state/keyed-store.ts';
import { contentOf } from './content.ts';

interface Kept {
  readonly state: string;
  readonly transform: string;
  /** What was in it when the call ended; undefined during the call. */
  content: string | undefined;
}

/** Methods that lengthen a list that was given out before. */
const growing: ReadonlySet<string | symbol> = new Set(['add', 'addAll']);

type Method = (...given: unknown[]) => unknown;

const isHeapValue = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isIterator = (value: unknown): value is Iterable<unknown> & Iterator<unknown> =>
  isHeapValue(value) && 'next' in value && Symbol.iterator in value;

/**
 * Finds values of keyed state that were changed after the call in which the function got or gave them. Such a change is lost
 * when the state is written to a snapshot between the calls, or lives on disk.
 */
export class KeptValues {
  private readonly kept = new Map<object, Kept>();

  /** Watches all handles that a store gives out from now on. */
  watch(store: KeyedStore, transform: string): void {
    const register = store.register.bind(store);
    store.register = (descriptor) =>
      this.observe(register(descriptor) as object, { state: descriptor.name, transform });
  }

  /**
   * A call has ended: what it did not touch must be as it was.
   * @throws MillraceError user-code that names the state.
   */
  endCall(): void {
    for (const [value, kept] of this.kept) {
      const content = contentOf(value);
      if (kept.content === undefined) kept.content = content;
      if (kept.content === content) continue;
      throw new MillraceError(
        'user-code',
        `A value of the state “${kept.state}” was changed after the call that it belongs to: ${describeValue(value, 200)}`,
        {
          where: { transform: kept.transform, state: kept.state },
          hint: 'Read the state in each call, and give a changed value back by update: a value kept in a variable is not state.',
        },
      );
    }
  }

  private observe(handle: object, from: Pick<Kept, 'state' | 'transform'>): unknown {
    return new Proxy(handle, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]): unknown => {
          for (const value of given) this.note(value, from);
          const lists = growing.has(name) ? this.unchangedLists(from) : [];
          const result = (member as Method).apply(target, given);
          for (const [list, kept] of lists) if (contentOf(list) !== kept.content) kept.content = undefined;
          return this.noteResult(result, from);
        };
      },
    });
  }

  /** Lists of a state that are as they were when their call ended: what grows now grows by the handle, not behind its back. */
  private unchangedLists({ state, transform }: Pick<Kept, 'state' | 'transform'>): readonly [object, Kept][] {
    return [...this.kept].filter(
      ([value, kept]) =>
        Array.isArray(value) &&
        kept.state === state &&
        kept.transform === transform &&
        kept.content === contentOf(value),
    );
  }

  private noteResult(result: unknown, from: Pick<Kept, 'state' | 'transform'>): unknown {
    if (!isIterator(result)) {
      this.note(result, from);
      return result;
    }
    const values = [...result];
    for (const value of values) this.note(value, from);
    return values.values();
  }

  /** Entries of a map are new pairs of what is in it, and so are noted one by one. */
  private note(value: unknown, from: Pick<Kept, 'state' | 'transform'>): void {
    if (!isHeapValue(value)) return;
    this.kept.set(value, { ...from, content: undefined });
    if (Array.isArray(value)) for (const part of value) this.note(part, from);
  }
}
