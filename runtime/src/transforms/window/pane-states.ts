import type { StateAccess, StateDescriptor } from '../../api/state.ts';
import type { TimeWindow } from '../../api/windows.ts';
import { ByteReader, ByteWriter, decodeValue, encodeValue } from '../../batch/codec.ts';
import { hashValue } from '../../batch/hash.ts';
import { cloneValue } from '../../batch/values.ts';
import { MillraceError } from '../../contract/errors.ts';
import { keyGroupOf } from '../../state/key-groups.ts';
import { ValueMap } from '../../state/value-map.ts';
import type { UndoableState } from '../record-guard.ts';
import { createPaneHandle, type PaneCursor, type PaneValues } from './pane-state-handles.ts';

/** One window of one key, as the name of its state. */
interface Pane {
  readonly key: unknown;
  readonly startMs: number;
  readonly endMs: number;
}

interface Entry extends Pane {
  values: PaneValues;
}

const cloneValues = (values: PaneValues): PaneValues => {
  const clone = (value: unknown): unknown =>
    value instanceof ValueMap
      ? new ValueMap([...value.entries()].map(([key, entry]) => [key, cloneValue(entry)] as const))
      : cloneValue(value);
  return new Map([...values].map(([name, value]) => [name, clone(value)]));
};

const byteVersion = 1;

const encodeEntries = (entries: readonly Entry[]): Uint8Array => {
  const writer = new ByteWriter();
  writer.writeByte(byteVersion);
  const plain = entries.map(({ key, startMs, endMs, values }) => [
    [key, startMs, endMs],
    [...values].map(([name, value]) =>
      value instanceof ValueMap ? [name, true, [...value.entries()]] : [name, false, value],
    ),
  ]);
  encodeValue(plain, writer);
  return writer.toBytes();
};

/**
 * What a window function keeps for single windows, which few do: an entry for each window of a key that has something, until
 * the window is over.
 */
export class PaneStates implements StateAccess, PaneCursor, UndoableState {
  readonly state: StateAccess['state'];
  private readonly transformName: string;
  private readonly maxParallelism: number;
  private readonly entries: ValueMap<readonly unknown[], Entry> = new ValueMap();
  /** Entries as they were before the call in hand; undefined = nothing is noted. */
  private before: Map<readonly unknown[], Entry | undefined> | undefined;
  /** Whether there ever was an entry. */
  private hasHad = false;
  private pane: Pane = { key: undefined, startMs: 0, endMs: 0 };

  constructor(transformName: string, maxParallelism: number) {
    this.transformName = transformName;
    this.maxParallelism = maxParallelism;
    // One function stands for the overloads of the interface, which say what each descriptor gives.
    this.state = ((descriptor: StateDescriptor) => this.handle(descriptor)) as StateAccess['state'];
  }

  get size(): number {
    return this.entries.size;
  }

  /** Takes a window of a key in hand. */
  select(key: unknown, window: TimeWindow): void {
    this.pane = { key, startMs: window.startMs, endMs: window.endMs };
  }

  read(): PaneValues | undefined {
    return this.entries.get(this.name())?.values;
  }

  write(): PaneValues {
    const name = this.name();
    const entry = this.entries.get(name);
    this.note(name, entry);
    if (entry !== undefined) return entry.values;
    const values: PaneValues = new Map();
    this.hasHad = true;
    this.entries.set(name, { ...this.pane, values });
    return values;
  }

  /** Forgets the window in hand. */
  clear(): void {
    const name = this.name();
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    this.note(name, entry);
    this.entries.delete(name);
  }

  /** Forgets all windows that end by here. */
  release(endMs: number): void {
    if (this.entries.size === 0) return;
    for (const [name, entry] of this.entries.entries()) if (entry.endMs <= endMs) this.entries.delete(name);
  }

  beginRecord(): void {
    this.before = new Map();
  }

  commitRecord(): void {
    this.before = undefined;
  }

  rollbackRecord(): void {
    for (const [name, entry] of this.before ?? []) {
      if (entry === undefined) this.entries.delete(name);
      else this.entries.set(name, entry);
    }
    this.before = undefined;
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    const entries = [...this.entries.values()].filter(({ key }) => this.groupOf(key) === keyGroup);
    return entries.length === 0 ? undefined : encodeEntries(entries);
  }

  /** What there is of each of these key groups, without bytes where that is nothing; none at all when there never was anything. */
  exportAll(keyGroups: readonly number[]): (readonly [number, Uint8Array])[] {
    if (!this.hasHad) return [];
    const byGroup = Map.groupBy(this.entries.values(), ({ key }) => this.groupOf(key));
    return keyGroups.map((keyGroup) => {
      const entries = byGroup.get(keyGroup);
      return [keyGroup, entries === undefined ? new Uint8Array(0) : encodeEntries(entries)];
    });
  }

  importKeyGroup(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    if (reader.readByte() !== byteVersion)
      throw reader.corrupt('the state of windows has an unknown version');
    type Saved = readonly [
      readonly [unknown, number, number],
      readonly (readonly [string, boolean, unknown])[],
    ];
    this.hasHad = true;
    for (const [name, states] of decodeValue(reader) as readonly Saved[]) {
      const [key, startMs, endMs] = name;
      const values = states.map(([state, isMap, value]): [string, unknown] => [
        state,
        isMap ? new ValueMap(value as readonly (readonly [unknown, unknown])[]) : value,
      ]);
      this.entries.set(name, { key, startMs, endMs, values: new Map(values) });
    }
  }

  dropKeyGroup(keyGroup: number): void {
    for (const [name, { key }] of this.entries.entries()) {
      if (this.groupOf(key) === keyGroup) this.entries.delete(name);
    }
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

  private note(name: readonly unknown[], entry: Entry | undefined): void {
    if (this.before === undefined) return;
    for (const noted of this.before.keys()) if (noted.every((part, i) => Object.is(part, name[i]))) return;
    this.before.set(name, entry === undefined ? undefined : { ...entry, values: cloneValues(entry.values) });
  }

  private name(): readonly unknown[] {
    return [this.pane.key, this.pane.startMs, this.pane.endMs];
  }

  private groupOf(key: unknown): number {
    return keyGroupOf(hashValue(key), this.maxParallelism);
  }
}
