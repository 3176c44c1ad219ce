import type { StateAccess, StateDescriptor } from '../../api/state.ts';
import type { TimeWindow } from '../../api/windows.ts';
import { ByteReader, decodeValue } from '../../batch/codec.ts';
import { hashValue } from '../../batch/hash.ts';
import { MillraceError } from '../../contract/errors.ts';
import { keyGroupOf } from '../../state/key-groups.ts';
import { ValueMap } from '../../state/value-map.ts';
import type { UndoableState } from '../record-guard.ts';
import { cloneValues, encodePanes, FrozenPanes, type PaneEntry, panesVersion } from './frozen-panes.ts';
import { createPaneHandle, type PaneCursor, type PaneValues } from './pane-state-handles.ts';

type Groups = (ValueMap<readonly unknown[], PaneEntry> | undefined)[];

/**
 * What a window function keeps for single windows, which few do: an entry for each window of a key that has something, until
 * the window is over. At a barrier entries are shared with its snapshot, and one that is written before that is read is copied first.
 */
export class PaneStates implements StateAccess, PaneCursor, UndoableState {
  readonly state: StateAccess['state'];
  private readonly transformName: string;
  private readonly maxParallelism: number;
  /** By key group. */
  private readonly groups: Groups = [];
  private count = 0;
  /** Entries as they were before the call in hand; undefined = nothing is noted. */
  private before: Map<readonly unknown[], PaneEntry | undefined> | undefined;
  /** Whether there ever was an entry. */
  private hasHad = false;
  /** Snapshots that were begun, and those that are not read yet. */
  private epoch = 0;
  private open = 0;
  /** The window in hand: key, start and end, and its key group. */
  private name: readonly [unknown, number, number] = [undefined, 0, 0];
  private group = 0;

  constructor(transformName: string, maxParallelism: number) {
    this.transformName = transformName;
    this.maxParallelism = maxParallelism;
    // One function stands for the overloads of the interface, which say what each descriptor gives.
    this.state = ((descriptor: StateDescriptor) => this.handle(descriptor)) as StateAccess['state'];
  }

  get size(): number {
    return this.count;
  }

  /** Takes a window of a key in hand. */
  select(key: unknown, { startMs, endMs }: TimeWindow, hash: number = hashValue(key)): void {
    this.name = [key, startMs, endMs];
    this.group = keyGroupOf(hash, this.maxParallelism);
  }

  read(): PaneValues | undefined {
    return this.groups[this.group]?.get(this.name)?.values;
  }

  write(): PaneValues {
    const { name, epoch } = this;
    const entry = this.groups[this.group]?.get(name);
    this.note(name, entry);
    if (entry !== undefined && (this.open === 0 || entry.epoch === epoch)) return entry.values;
    const values: PaneValues = entry === undefined ? new Map() : cloneValues(entry.values);
    const [key, startMs, endMs] = name;
    this.put({ key, startMs, endMs, values, epoch }, this.group);
    return values;
  }

  /** Forgets the window in hand. */
  clear(): void {
    const { name } = this;
    const entry = this.groups[this.group]?.get(name);
    if (entry === undefined) return;
    this.note(name, entry);
    this.remove(name, this.group);
  }

  /** Forgets all windows that end by here. */
  release(endMs: number): void {
    if (this.count === 0) return;
    for (const [keyGroup, entries] of this.groups.entries())
      for (const [name, entry] of entries?.entries() ?? [])
        if (entry.endMs <= endMs) this.remove(name, keyGroup);
  }

  beginRecord(): void {
    this.before = new Map();
  }

  commitRecord(): void {
    this.before = undefined;
  }

  rollbackRecord(): void {
    for (const [name, entry] of this.before ?? []) {
      const keyGroup = keyGroupOf(hashValue(name[0]), this.maxParallelism);
      if (entry === undefined) this.remove(name, keyGroup);
      else this.put(entry, keyGroup);
    }
    this.before = undefined;
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    const entries = [...(this.groups[keyGroup]?.values() ?? [])];
    return entries.length === 0 ? undefined : encodePanes(entries);
  }

  /** At a barrier: what there is of each of these key groups; none of them when there never was anything. */
  freeze(keyGroups: readonly number[]): FrozenPanes {
    this.epoch++;
    this.open++;
    const groups = this.hasHad
      ? keyGroups.map((keyGroup) => ({ keyGroup, entries: [...(this.groups[keyGroup]?.values() ?? [])] }))
      : [];
    return new FrozenPanes(groups, () => {
      this.open--;
    });
  }

  importKeyGroup(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    if (reader.readByte() !== panesVersion)
      throw reader.corrupt('the state of windows has an unknown version');
    type Saved = readonly [
      readonly [unknown, number, number],
      readonly (readonly [string, boolean, unknown])[],
    ];
    for (const [name, states] of decodeValue(reader) as readonly Saved[]) {
      const [key, startMs, endMs] = name;
      const values = states.map(([state, isMap, value]): [string, unknown] => [
        state,
        isMap ? new ValueMap(value as readonly (readonly [unknown, unknown])[]) : value,
      ]);
      const keyGroup = keyGroupOf(hashValue(key), this.maxParallelism);
      this.put({ key, startMs, endMs, values: new Map(values), epoch: this.epoch }, keyGroup);
    }
  }

  dropKeyGroup(keyGroup: number): void {
    this.count -= this.groups[keyGroup]?.size ?? 0;
    this.groups[keyGroup] = undefined;
  }

  private handle(descriptor: StateDescriptor): unknown {
    if (descriptor.ttl === undefined) return createPaneHandle(this, descriptor);
    throw new MillraceError(
      'user-code',
      `The state “${descriptor.name}” of single windows has a time to live.`,
      {
        hint: 'State of a window lives as long as the window: remove ttl, or use globalState.',
        where: { transform: this.transformName, state: descriptor.name },
      },
    );
  }

  private note(name: readonly unknown[], entry: PaneEntry | undefined): void {
    if (this.before === undefined) return;
    for (const noted of this.before.keys()) if (noted.every((part, i) => Object.is(part, name[i]))) return;
    this.before.set(name, entry === undefined ? undefined : { ...entry, values: cloneValues(entry.values) });
  }

  private put(entry: PaneEntry, keyGroup: number): void {
    this.groups[keyGroup] ??= new ValueMap();
    const entries = this.groups[keyGroup];
    const before = entries.size;
    entries.set([entry.key, entry.startMs, entry.endMs], entry);
    this.count += entries.size - before;
    this.hasHad = true;
  }

  private remove(name: readonly unknown[], keyGroup: number): void {
    if (this.groups[keyGroup]?.delete(name) === true) this.count--;
  }
}
