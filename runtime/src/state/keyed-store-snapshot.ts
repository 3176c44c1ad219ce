import { emptyGroup, type GroupSnapshot } from './group-snapshot.ts';
import type { KeyedSnapshot, KeyGroupPiece } from './keyed-snapshot.ts';
import { PieceMaking } from './piece-making.ts';

/** A key group of a snapshot, or the number of one in which nothing is. */
export type SnapshotPart = GroupSnapshot | number;

/** The key groups of one store as a barrier found them, read one after the other. */
export class KeyedStoreSnapshot implements KeyedSnapshot {
  private readonly making: PieceMaking;
  /** What has not been read, the next one last. */
  private readonly parts: SnapshotPart[];
  private readonly ended: () => void;
  private isOpen = true;

  constructor(parts: readonly SnapshotPart[], mayBeOnDisk: boolean, ended: () => void) {
    this.making = new PieceMaking(mayBeOnDisk);
    this.parts = parts.toReversed();
    this.ended = ended;
  }

  next(): KeyGroupPiece | undefined {
    for (;;) {
      const part = this.parts.at(-1);
      if (part === undefined) break;
      const piece = typeof part === 'number' ? emptyGroup(part) : part.next(this.making);
      if (piece === undefined || typeof part === 'number') this.parts.pop();
      if (piece !== undefined) return piece;
      if (typeof part !== 'number') part.release();
    }
    this.release();
    return undefined;
  }

  release(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const part of this.parts) if (typeof part !== 'number') part.release();
    this.parts.length = 0;
    this.ended();
  }
}
