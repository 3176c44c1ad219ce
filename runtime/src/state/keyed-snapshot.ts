/**
 * A piece of a key group of one transform. A key group is one `whole` piece, which replaces all that is known of it (empty
 * bytes = nothing is there), and any number of `changes` behind it, each for the processor's `applyKeyGroup`: the rest of a
 * large key group, or what was written since an earlier checkpoint.
 */
export interface KeyGroupPiece {
  readonly keyGroup: number;
  readonly mode: 'whole' | 'changes';
  readonly bytes: Uint8Array;
}

/** What a snapshot of keyed state must hold. */
export interface SnapshotRequest {
  readonly checkpointId: number;
  /** The key groups that the subtask owns, none where it has no keys: a snapshot says nothing of any other. */
  readonly keyGroups: readonly number[];
  /**
   * The checkpoint whose contents are durable for this key group, so that what was written after it is enough; undefined = all of it
   * is wanted.
   */
  since(keyGroup: number): number | undefined;
}

/**
 * What a barrier froze of a transform's keyed state. It is encoded piece by piece while the transform goes on: a write first saves
 * what the snapshot has not read yet. A transform has one open at a time.
 */
export interface KeyedSnapshot {
  /**
   * Looks for the next piece for a millisecond or two; false = it is not found yet: call again. Absent = `next` is never long, as it
   * is when this has said true.
   */
  seek?(): boolean;
  /** The next piece, a few hundred KiB at most; undefined = all is written, and nothing is held any more. */
  next(): KeyGroupPiece | undefined;
  /** Gives up the rest, when the checkpoint was aborted. Harmless after the end. */
  release(): void;
}
