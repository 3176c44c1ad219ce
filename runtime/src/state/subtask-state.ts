import type {
  BroadcastState,
  BroadcastStateDescriptor,
  ListStateDescriptor,
  SubtaskListState,
} from '../api/state.ts';
import { ByteReader, ByteWriter, decodeValue, encodeValue } from '../batch/codec.ts';
import { hashValue } from '../batch/hash.ts';
import { MillraceError } from '../contract/errors.ts';
import type { StateDescription } from './state-description.ts';
import { SubtaskList } from './subtask-list.ts';
import { SubtaskMap } from './subtask-map.ts';
import { UndoLog } from './undo-log.ts';

/** How a state is treated when the number of subtasks changes. */
type SubtaskStateKind = 'list' | 'union' | 'broadcast';

/** One state of one subtask: a list as its items, each by itself, so that they can be dealt out. */
export interface SubtaskStateSnapshot {
  readonly kind: SubtaskStateKind;
  readonly name: string;
  /** An encoded value each; for broadcast state an entry each, key and value by turns. */
  readonly items: readonly Uint8Array[];
}

const writeItem = (writer: ByteWriter, ...values: readonly unknown[]): Uint8Array => {
  writer.reset();
  for (const value of values) encodeValue(value, writer);
  return writer.toBytes();
};

/** The values that `writeItem` wrote. @throws MillraceError record-invalid unless there are so many and nothing else */
const readItem = (item: Uint8Array, count: number): unknown[] => {
  const reader = new ByteReader(item);
  const values: unknown[] = [];
  for (let i = 0; i < count; i++) values.push(decodeValue(reader));
  if (reader.remaining > 0) throw reader.corrupt(`${reader.remaining} bytes follow an item`);
  return values;
};

/**
 * The state of one subtask of a transform that belongs to no key: lists, whose items are dealt out anew when the parallelism
 * changes; *union* lists, of which every subtask then gets all items; and *broadcast* maps, of which every subtask holds an
 * equal copy.
 */
export class SubtaskState {
  private readonly lists = new Map<string, SubtaskList>();
  private readonly unions = new Map<string, SubtaskList>();
  private readonly broadcasts = new Map<string, SubtaskMap>();
  /** The names of today's lists by those that older snapshots have for them. */
  private readonly renamed = new Map<string, string>();
  private readonly log: UndoLog = new UndoLog();
  /** The log while a record may be undone. */
  private current: UndoLog | undefined;

  /** @throws MillraceError job-invalid when the name is taken by a state of another kind */
  listState<T>(descriptor: ListStateDescriptor<T>): SubtaskListState<T> {
    return this.describedList('list', descriptor) as SubtaskListState<unknown> as SubtaskListState<T>;
  }

  /** @throws MillraceError job-invalid when the name is taken by a state of another kind */
  unionListState<T>(descriptor: ListStateDescriptor<T>): SubtaskListState<T> {
    return this.describedList('union', descriptor) as SubtaskListState<unknown> as SubtaskListState<T>;
  }

  /** @throws MillraceError job-invalid when the name is taken by a state of another kind */
  broadcastState<K, V>(descriptor: BroadcastStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.broadcast(descriptor.name) as BroadcastState<unknown, unknown> as BroadcastState<K, V>;
  }

  /** What the states look like. */
  describe(): readonly StateDescription[] {
    const oldNames = new Map([...this.renamed].map(([old, name]) => [name, old]));
    const described = (kind: StateDescription['kind'], names: Iterable<string>): StateDescription[] =>
      Array.from(names, (name) => {
        const renamedFrom = oldNames.get(name);
        return renamedFrom === undefined ? { name, kind } : { name, kind, renamedFrom };
      });
    return [
      ...described('list-subtask', this.lists.keys()),
      ...described('union', this.unions.keys()),
      ...described('broadcast', this.broadcasts.keys()),
    ];
  }

  /** From now on every change is noted, until the record is committed or rolled back. */
  beginRecord(): void {
    this.log.clear();
    this.current = this.log;
  }

  commitRecord(): void {
    this.log.clear();
    this.current = undefined;
  }

  /** Takes back everything since `beginRecord`. */
  rollbackRecord(): void {
    this.log.rollback();
    this.current = undefined;
  }

  /** A number that is equal in all subtasks whose broadcast state is equal, and most likely differs where it is not. */
  broadcastChecksum(): number {
    let sum = 0;
    for (const [name, map] of this.broadcasts) {
      // States and entries are summed: their order of creation means nothing.
      for (const [key, value] of map.entries()) sum = (sum + hashValue([name, key, value])) >>> 0;
    }
    return sum;
  }

  /** All that there is. @throws MillraceError value-unsupported when a value lies outside the value domain */
  export(): readonly SubtaskStateSnapshot[] {
    const writer = new ByteWriter();
    const snapshots: SubtaskStateSnapshot[] = [];
    for (const [kind, lists] of [
      ['list', this.lists],
      ['union', this.unions],
    ] as const) {
      for (const [name, list] of lists) {
        snapshots.push({ kind, name, items: list.get().map((item) => writeItem(writer, item)) });
      }
    }
    for (const [name, map] of this.broadcasts) {
      const items = [...map.entries()].map(([key, value]) => writeItem(writer, key, value));
      snapshots.push({ kind: 'broadcast', name, items });
    }
    return snapshots;
  }

  /** Replaces each state named here. @throws MillraceError record-invalid for damaged bytes */
  import(snapshots: readonly SubtaskStateSnapshot[]): void {
    for (const { kind, name, items } of snapshots) {
      if (kind === 'broadcast') {
        const map = this.broadcast(name);
        map.clear();
        for (const item of items) {
          const [key, value] = readItem(item, 2);
          map.put(key, value);
        }
      } else {
        const isKnown = this.lists.has(name) || this.unions.has(name);
        const now = isKnown ? name : (this.renamed.get(name) ?? name);
        this.list(kind, now).update(items.map((item) => readItem(item, 1)[0]));
      }
    }
  }

  private describedList(kind: 'list' | 'union', descriptor: ListStateDescriptor<unknown>): SubtaskList {
    const { name, renamedFrom, version = 1 } = descriptor;
    if (version !== 1) {
      throw new MillraceError(
        'job-invalid',
        `The list state “${name}” belongs to a subtask, and such lists have no versions: it cannot have version ${version}.`,
        {
          hint: 'Read both forms of its items in the function, or use a new list beside the old one.',
          where: { state: name },
        },
      );
    }
    if (renamedFrom !== undefined) this.renamed.set(renamedFrom, name);
    return this.list(kind, name);
  }

  private list(kind: 'list' | 'union', name: string): SubtaskList {
    const lists = kind === 'list' ? this.lists : this.unions;
    const known = lists.get(name);
    if (known !== undefined) return known;
    this.requireFree(name);
    const list = new SubtaskList(() => this.current);
    lists.set(name, list);
    return list;
  }

  private broadcast(name: string): SubtaskMap {
    const known = this.broadcasts.get(name);
    if (known !== undefined) return known;
    this.requireFree(name);
    const map = new SubtaskMap(() => this.current);
    this.broadcasts.set(name, map);
    return map;
  }

  private requireFree(name: string): void {
    if (!this.lists.has(name) && !this.unions.has(name) && !this.broadcasts.has(name)) return;
    throw new MillraceError(
      'job-invalid',
      `The state “${name}” is asked for as two different kinds of state.`,
      {
        hint: 'Give one of the two another name.',
        where: { state: name },
      },
    );
  }
}

/**
 * What each of `parallelism` subtasks starts with, from what all of them had: list items in turn, union lists and broadcast
 * state whole.
 */
export const redistribute = (
  parts: readonly (readonly SubtaskStateSnapshot[])[],
  parallelism: number,
): readonly (readonly SubtaskStateSnapshot[])[] => {
  const targets: SubtaskStateSnapshot[][] = Array.from({ length: parallelism }, () => []);
  const all = parts.flat();
  const names = new Map(all.map(({ kind, name }) => [`${kind} ${name}`, { kind, name }]));
  for (const { kind, name } of names.values()) {
    const same = all.filter((state) => state.kind === kind && state.name === name);
    const items = kind === 'broadcast' ? (same[0]?.items ?? []) : same.flatMap((state) => state.items);
    targets.forEach((target, subtask) => {
      const own = kind === 'list' ? items.filter((_, i) => i % parallelism === subtask) : items;
      target.push({ kind, name, items: own });
    });
  }
  return targets;
};
