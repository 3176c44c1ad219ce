import type { KeyedSnapshot, KeyGroupPiece } from '../../checkpoint/snapshot-unit.ts';
import { packParts } from './packed-state.ts';

/** A snapshot of windows in a store: each piece as the first part of what there is of its key group. */
export class PackedSnapshot implements KeyedSnapshot {
  private readonly snapshot: KeyedSnapshot;
  private readonly arrivals: number;

  constructor(snapshot: KeyedSnapshot, arrivals: number) {
    this.snapshot = snapshot;
    this.arrivals = arrivals;
  }

  seek(): boolean {
    return this.snapshot.seek?.() ?? true;
  }

  next(): KeyGroupPiece | undefined {
    const piece = this.snapshot.next();
    if (piece === undefined || piece.bytes.length === 0) return piece;
    return { ...piece, bytes: packParts({ arrivals: this.arrivals, parts: [piece.bytes] }) };
  }

  release(): void {
    this.snapshot.release();
  }
}
