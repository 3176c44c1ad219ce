import type { KeyGroupPiece } from '../state/keyed-snapshot.ts';

export type { KeyedSnapshot, KeyGroupPiece, SnapshotRequest } from '../state/keyed-snapshot.ts';

/** A piece of a key group, and the transform that it belongs to. */
export interface KeyGroupUnit extends KeyGroupPiece {
  readonly kind: 'keyGroup';
  readonly uid: string;
}

/** One state of one subtask that belongs to no key. */
export interface SubtaskUnit {
  readonly kind: 'list' | 'union' | 'broadcast';
  readonly uid: string;
  readonly state: string;
  readonly subtask: number;
  /** As in `SubtaskStateSnapshot`. */
  readonly items: readonly Uint8Array[];
}

/** An element that an unaligned barrier has overtaken: what its subtask must still take from a channel. */
export interface InFlightUnit {
  readonly kind: 'inFlight';
  /** The first transform of the receiving task. */
  readonly uid: string;
  /** The channel: see `channelName`. */
  readonly state: string;
  /** The receiving one. */
  readonly subtask: number;
  /** Encoded elements, in order. */
  readonly items: readonly Uint8Array[];
}

/** What a checkpoint consists of: units are written by one slot and may be read by others. */
export type SnapshotUnit = KeyGroupUnit | SubtaskUnit | InFlightUnit;
