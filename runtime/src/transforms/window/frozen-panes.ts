import { ByteWriter, encodeValue } from '../../batch/codec.ts';
import { cloneValue } from '../../batch/values.ts';
import { ValueMap } from '../../state/value-map.ts';
import type { PaneValues } from './pane-state-handles.ts';

/** What a window of a key has. */
export interface PaneEntry {
  readonly key: unknown;
  readonly startMs: number;
  readonly endMs: number;
  readonly values: PaneValues;
  /** Snapshots that had been begun when it was made or copied: later ones may share it. */
  readonly epoch: number;
}

export const cloneValues = (values: PaneValues): PaneValues => {
  const clone = (value: unknown): unknown =>
    value instanceof ValueMap
      ? new ValueMap([...value.entries()].map(([key, entry]) => [key, cloneValue(entry)] as const))
      : cloneValue(value);
  return new Map([...values].map(([name, value]) => [name, clone(value)]));
};

export const panesVersion = 1;

export const encodePanes = (entries: readonly PaneEntry[]): Uint8Array => {
  const writer = new ByteWriter();
  writer.writeByte(panesVersion);
  const plain = entries.map(({ key, startMs, endMs, values }) => [
    [key, startMs, endMs],
    [...values].map(([name, value]) =>
      value instanceof ValueMap ? [name, true, [...value.entries()]] : [name, false, value],
    ),
  ]);
  encodeValue(plain, writer);
  return writer.toBytes();
};

/** The windows of a key group, as a barrier found them. */
export interface FrozenGroup {
  readonly keyGroup: number;
  readonly entries: readonly PaneEntry[];
}

/** The state of single windows as a barrier found it, encoded a key group at a time. Nobody changes what it holds: see `PaneStates.write`. */
export class FrozenPanes {
  private readonly groups: FrozenGroup[];
  private readonly ended: () => void;
  private isOpen = true;

  constructor(groups: readonly FrozenGroup[], ended: () => void) {
    this.groups = groups.toReversed();
    this.ended = ended;
  }

  /** What there is of the next key group, without bytes where that is nothing; undefined = that was all. */
  next(): readonly [keyGroup: number, bytes: Uint8Array] | undefined {
    const group = this.groups.pop();
    if (group === undefined) {
      this.release();
      return undefined;
    }
    const { keyGroup, entries } = group;
    return [keyGroup, entries.length === 0 ? new Uint8Array(0) : encodePanes(entries)];
  }

  release(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.groups.length = 0;
    this.ended();
  }
}
