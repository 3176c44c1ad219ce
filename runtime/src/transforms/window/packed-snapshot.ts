import type { KeyedSnapshot, KeyGroupPiece } from '../../checkpoint/snapshot-unit.ts';
import { packParts } from './packed-state.ts';
import type { PaneOutput } from './pane-output.ts';

/**
 * A snapshot of windows in a store, with the state of functions beside it: all of that, as the barrier found it, goes with the first
 * piece of its key group.
 */
export class PackedSnapshot implements KeyedSnapshot {
  private readonly snapshot: KeyedSnapshot;
  private readonly arrivals: number;
  private readonly outputs: ReadonlyMap<number, Uint8Array | undefined>;
  private keyGroup = -1;

  constructor(snapshot: KeyedSnapshot, arrivals: number, keyGroups: readonly number[], output: PaneOutput) {
    this.snapshot = snapshot;
    this.arrivals = arrivals;
    this.outputs = new Map(keyGroups.map((keyGroup) => [keyGroup, output.exportKeyGroup?.(keyGroup)]));
  }

  seek(): boolean {
    return this.snapshot.seek?.() ?? true;
  }

  next(): KeyGroupPiece | undefined {
    const { arrivals } = this;
    const piece = this.snapshot.next();
    if (piece === undefined) return undefined;
    const { keyGroup, mode } = piece;
    const isFirst = keyGroup !== this.keyGroup;
    this.keyGroup = keyGroup;
    const output = isFirst ? this.outputs.get(keyGroup) : undefined;
    if (piece.bytes.length === 0 && output === undefined) return piece;
    const panes = piece.bytes.length === 0 ? undefined : piece.bytes;
    return { keyGroup, mode, bytes: packParts({ arrivals, parts: isFirst ? [panes, output] : [panes] }) };
  }

  release(): void {
    this.snapshot.release();
  }
}
