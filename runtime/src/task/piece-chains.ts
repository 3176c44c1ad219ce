import type { KeyGroupPiece } from '../checkpoint/snapshot-unit.ts';

/** So many checkpoints at most are behind the last whole piece, of a key group that is small and of one that is not. */
const longestChain = { small: 16, large: 64 } as const;
/**
 * Every so many checkpoints it is the turn of some key groups. Where one is written whole, all rows of its table are looked at, while
 * a checkpoint without any passes over those that were not written; so turns come together.
 */
const turnEvery = 8;
/** A key group is small up to here: to write it again costs next to nothing. */
const smallBytes = 64 * 1024;

/** What of a key group is in the store: its last whole piece, and the checkpoints behind it. */
interface Chain {
  wholeBytes: number;
  changedBytes: number;
  checkpoints: number;
}

/** What the checkpoint under way writes of it. */
interface Written {
  isWhole: boolean;
  bytes: number;
}

/** Between 0 and 1, another one for each key group. */
const spread = (keyGroup: number): number => (keyGroup * 0.618_033_988_75) % 1;

/**
 * When a key group is written whole again: when its changes have outgrown the whole, so that a restart reads four times the state at
 * most and no byte is written much more often than it changes; and after so many checkpoints, so that a manifest names few objects.
 * Not all key groups have their turn at once, since a checkpoint that wrote all of them would be a long one.
 */
export class PieceChains {
  private readonly chains: Map<string, Map<number, Chain>> = new Map();
  private written: Map<string, Map<number, Written>> = new Map();

  /** Whether a checkpoint should write all of a key group of a transform. */
  isDue(uid: string, keyGroup: number, checkpointId: number): boolean {
    const chain = this.chains.get(uid)?.get(keyGroup);
    if (chain === undefined) return false;
    const { wholeBytes, changedBytes, checkpoints } = chain;
    const longest = wholeBytes <= smallBytes ? longestChain.small : longestChain.large;
    if (checkpointId % turnEvery !== 0) return changedBytes > wholeBytes * 2;
    const isTurn = (checkpointId / turnEvery + keyGroup) % (longest / turnEvery) === 0;
    return isTurn || checkpoints >= longest || changedBytes > wholeBytes * (0.5 + spread(keyGroup));
  }

  /** A checkpoint begins: what an earlier one has written and nobody has completed is not in the store. */
  begin(): void {
    this.written = new Map();
  }

  /** The checkpoint under way has a piece. */
  add(uid: string, { keyGroup, mode, bytes }: KeyGroupPiece): void {
    const ofTransform = this.written.get(uid) ?? new Map<number, Written>();
    this.written.set(uid, ofTransform);
    const before = ofTransform.get(keyGroup);
    if (before === undefined) ofTransform.set(keyGroup, { isWhole: mode === 'whole', bytes: bytes.length });
    else before.bytes += bytes.length;
  }

  /** The checkpoint is in the log. */
  completed(): void {
    for (const [uid, ofTransform] of this.written) {
      const chains = this.chains.get(uid) ?? new Map<number, Chain>();
      this.chains.set(uid, chains);
      for (const [keyGroup, { isWhole, bytes }] of ofTransform) {
        const chain = chains.get(keyGroup);
        if (isWhole || chain === undefined)
          chains.set(keyGroup, { wholeBytes: bytes, changedBytes: 0, checkpoints: 0 });
        else {
          chain.changedBytes += bytes;
          chain.checkpoints += 1;
        }
      }
    }
    this.begin();
  }
}
