import type { PreparedSink, SourcePosition, TaskWatermark } from '../checkpoint/slot-snapshot.ts';
import type {
  KeyedSnapshot,
  KeyGroupPiece,
  SnapshotRequest,
  SubtaskUnit,
} from '../checkpoint/snapshot-unit.ts';
import type { Processor } from '../transforms/processor.ts';
import type { ChainLink } from './chain.ts';

/** The keyed state of one transform as it was at the barrier. */
export interface FrozenState {
  readonly uid: string;
  /** Those of this subtask. */
  readonly keyGroups: readonly number[];
  readonly snapshot: KeyedSnapshot;
}

/** The checkpoint whose contents are durable for a key group of a transform; see `SnapshotRequest.since`. */
export type Since = (uid: string, keyGroup: number) => number | undefined;

/** One subtask as it was at the barrier, nothing of it encoded yet. */
export interface FrozenSubtask {
  readonly keyed: readonly FrozenState[];
  readonly units: readonly SubtaskUnit[];
  readonly sinks: readonly Promise<PreparedSink>[];
  readonly watermark: TaskWatermark;
  /** Of a source. */
  readonly position: SourcePosition | undefined;
}

/** For processors that cannot freeze: their key groups are exported at the barrier, whole. */
class ExportedState implements KeyedSnapshot {
  private readonly pieces: KeyGroupPiece[] = [];

  constructor(processor: Processor, keyGroups: readonly number[]) {
    for (const keyGroup of keyGroups) {
      // Nothing is said too, in place of what an earlier checkpoint had.
      const bytes = processor.exportKeyGroup?.(keyGroup) ?? new Uint8Array(0);
      this.pieces.push({ keyGroup, mode: 'whole', bytes });
    }
    this.pieces.reverse();
  }

  next(): KeyGroupPiece | undefined {
    return this.pieces.pop();
  }

  release(): void {
    this.pieces.length = 0;
  }
}

/** The keyed state of a link; undefined = it has none. */
const freezeKeyed = ({ uid, processor }: ChainLink, request: SnapshotRequest): FrozenState | undefined => {
  const { keyGroups } = request;
  if (keyGroups.length === 0) return undefined;
  if (processor.snapshotKeyGroups !== undefined) {
    return { uid, keyGroups, snapshot: processor.snapshotKeyGroups(request) };
  }
  if (processor.exportKeyGroup === undefined) return undefined;
  return { uid, keyGroups, snapshot: new ExportedState(processor, keyGroups) };
};

const subtaskUnits = ({ uid, processor }: ChainLink, subtask: number): readonly SubtaskUnit[] =>
  (processor.exportSubtaskState?.() ?? []).map(({ kind, name, items }) => ({
    kind,
    uid,
    state: name,
    subtask,
    items,
  }));

/** Freezes the links of a chain at a barrier. */
export const freezeLinks = (
  links: readonly ChainLink[],
  requestOf: (uid: string) => SnapshotRequest,
  subtask: number,
): Pick<FrozenSubtask, 'keyed' | 'units' | 'sinks'> => ({
  keyed: links.flatMap((link) => freezeKeyed(link, requestOf(link.uid)) ?? []),
  units: links.flatMap((link) => subtaskUnits(link, subtask)),
  sinks: links.flatMap(({ uid, processor }) => {
    const prepared = processor.prepare?.(requestOf(uid).checkpointId);
    return prepared === undefined ? [] : [prepared.then((committables) => ({ uid, committables }))];
  }),
});
