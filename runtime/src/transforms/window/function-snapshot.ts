import type { KeyedSnapshot, KeyGroupPiece, SnapshotRequest } from '../../checkpoint/snapshot-unit.ts';
import { SnapshotSequence } from '../tables-snapshot.ts';
import type { FrozenPanes } from './frozen-panes.ts';
import { packParts } from './packed-state.ts';
import type { PaneOutput } from './pane-output.ts';

/** What stands first in the state of a function: whether it replaces all that is known of it. */
export const FunctionState = { whole: 0, changes: 1 } as const;

/** Wraps the state of a function as the second part of what a window has for a key group. */
const asPart = (
  keyGroup: number,
  kind: number,
  parts: readonly (Uint8Array | undefined)[],
): KeyGroupPiece => ({
  keyGroup,
  mode: 'changes',
  bytes: packParts({ arrivals: 0, parts: [undefined, packParts({ arrivals: kind, parts })] }),
});

/**
 * The state of a window function as the barrier found it: first that of keys, piece by piece, then that of single windows, a key group
 * at a time.
 */
export class FunctionSnapshot implements KeyedSnapshot {
  private readonly globals: KeyedSnapshot;
  private readonly panes: FrozenPanes;

  constructor(globals: KeyedSnapshot, panes: FrozenPanes) {
    this.globals = globals;
    this.panes = panes;
  }

  next(): KeyGroupPiece | undefined {
    const piece = this.globals.next();
    if (piece !== undefined) {
      const { keyGroup, mode, bytes } = piece;
      return asPart(keyGroup, FunctionState[mode], [bytes.length === 0 ? undefined : bytes]);
    }
    const ofGroup = this.panes.next();
    return ofGroup && asPart(ofGroup[0], FunctionState.changes, [undefined, ofGroup[1]]);
  }

  release(): void {
    this.globals.release();
    this.panes.release();
  }
}

/** A snapshot of windows, and behind it that of what their output keeps. A key group that is whole in one is whole in both. */
export const withOutputState = (
  windows: KeyedSnapshot,
  request: SnapshotRequest,
  isWhole: (keyGroup: number) => boolean,
  output: PaneOutput,
): KeyedSnapshot => {
  const { since } = request;
  const ofOutput = output.snapshotKeyGroups?.({
    ...request,
    since: (keyGroup) => (isWhole(keyGroup) ? undefined : since(keyGroup)),
  });
  return ofOutput === undefined ? windows : new SnapshotSequence([windows, ofOutput], () => undefined);
};
