import { ByteWriter } from '../batch/codec.ts';
import type {
  DescribedState,
  PreparedSink,
  SlotSnapshot,
  SourcePosition,
  SubtaskCheckpoint,
  TaskWatermark,
} from '../checkpoint/slot-snapshot.ts';
import type { KeyGroupPiece, SnapshotUnit } from '../checkpoint/snapshot-unit.ts';
import { placeOfChannel } from '../exchange/channel-names.ts';
import type { BarrierCheckpoint } from '../exchange/element.ts';
import { writeElement } from '../exchange/frame.ts';
import type { Clock } from '../sys/system.ts';
import type { FrozenState, FrozenSubtask, Since } from './freeze.ts';
import type { Overtaken, OvertakenElement } from './overtaken.ts';
import { PieceChains } from './piece-chains.ts';
import type { Subtask } from './subtask.ts';

/** Where the units of a slot's snapshots go. */
export interface SnapshotOutput {
  /** False while too much is on its way: the slot encodes no more until it is woken. */
  hasRoom(): boolean;
  unit(checkpointId: number, unit: SnapshotUnit): void;
  /** All units were given, and sinks have prepared. */
  taken(snapshot: SlotSnapshot): void;
}

export interface SlotSnapshotsSettings {
  readonly slot: number;
  readonly clock: Clock;
  readonly output: SnapshotOutput;
  /** Of all transforms of the slot. */
  describeStates(): readonly DescribedState[];
  /** So many bytes of arrays outside of the heap were made for a moment. */
  onGarbage?(bytes: number): void;
  /** Something is to be encoded. */
  wake(): void;
  fail(error: unknown): void;
}

/** What one step encodes at most: so many pieces, and none when there are so many bytes. */
const stepPieces = 16;
const stepBytes = 128 * 1024;

/**
 * What is made of a piece on its way: numbers of rows and keys, its bytes, a copy or two. Nobody would free them before V8's limit for memory
 * outside of the heap, and then by collecting everything, state in objects included: 13 CPU-seconds for 166 MB of such state, and 5 so.
 */
const copiesOfPiece = 4;

/** How far the snapshot of one subtask is. */
interface Progress {
  readonly report: { -readonly [Name in keyof SubtaskCheckpoint]: SubtaskCheckpoint[Name] };
  readonly frozenAtMs: number;
}

/** What an unaligned barrier has overtaken in one subtask. */
interface InFlight {
  readonly uid: string;
  readonly overtaken: Overtaken;
  readonly progress: Progress;
}

/** A slot's share of one checkpoint, from the barrier's injection until all is written. */
class PendingSnapshot {
  readonly checkpoint: BarrierCheckpoint;
  readonly waitsFor: Set<Subtask>;
  readonly encoding: { readonly state: FrozenState; readonly progress: Progress }[] = [];
  readonly progress: Progress[] = [];
  readonly inFlight: InFlight[] = [];
  readonly edges = new Set<string>();
  readonly sources: SourcePosition[] = [];
  readonly watermarks: TaskWatermark[] = [];
  readonly sinks: PreparedSink[] = [];
  readonly keyed: { readonly uid: string; readonly keyGroups: readonly number[] }[] = [];
  /** Sinks that are sealing. */
  preparing = 0;

  constructor(checkpoint: BarrierCheckpoint, subtasks: readonly Subtask[]) {
    this.checkpoint = checkpoint;
    this.waitsFor = new Set(subtasks);
  }

  get isComplete(): boolean {
    return this.waitsFor.size + this.encoding.length + this.inFlight.length + this.preparing === 0;
  }

  release(): void {
    for (const { state } of this.encoding.splice(0)) state.snapshot.release();
    for (const { overtaken } of this.inFlight.splice(0)) overtaken.release();
  }
}

/**
 * The snapshots of one slot. At its barrier each subtask is frozen, which copies nothing; then its state is encoded, a piece
 * between two batches. One snapshot is under way at a time: the barrier of a later one gives up what is left of an earlier,
 * which the coordinator has aborted.
 */
export class SlotSnapshots {
  private readonly settings: SlotSnapshotsSettings;
  private pending: PendingSnapshot | undefined;
  /** The newest checkpoint that was begun: barriers of older ones are late. */
  private newestId = 0;
  /** The newest that is in the log. */
  private completedId: number | undefined;
  private readonly chains: PieceChains = new PieceChains();
  private readonly writer = new ByteWriter();

  constructor(settings: SlotSnapshotsSettings) {
    this.settings = settings;
  }

  /** A barrier is on its way through the slot, or has come to the first of its subtasks; those that have ended give their share at once. */
  begin(checkpoint: BarrierCheckpoint, subtasks: readonly Subtask[]): void {
    if (checkpoint.id <= this.newestId) return;
    this.newestId = checkpoint.id;
    this.pending?.release();
    this.pending = new PendingSnapshot(checkpoint, subtasks);
    this.chains.begin();
    for (const subtask of subtasks) if (subtask.ended) this.freeze(subtask);
  }

  /**
   * A barrier passes this subtask, aligned or ahead of what it has overtaken. One of a checkpoint that was given up may come when the next has
   * begun: it cuts nothing.
   */
  barrier(
    checkpoint: BarrierCheckpoint,
    subtasks: readonly Subtask[],
    subtask: Subtask,
    overtaken?: Overtaken,
  ): void {
    this.begin(checkpoint, subtasks);
    if (this.pending?.checkpoint.id === checkpoint.id) this.freeze(subtask, overtaken);
  }

  /** What a subtask has belongs to the checkpoint under way: its barrier is here, or it has ended without it. */
  freeze(subtask: Subtask, overtaken?: Overtaken): void {
    const { pending } = this;
    if (pending === undefined || !pending.waitsFor.delete(subtask)) return;
    const { clock } = this.settings;
    const startMs = clock.monotonicMs();
    const frozen = subtask.freeze(pending.checkpoint, this.sinceOf(pending.checkpoint));
    const frozenAtMs = clock.monotonicMs();
    const alignmentMs = subtask.alignmentMs;
    const startDelayMs = Math.max(0, clock.nowMs() - pending.checkpoint.triggeredMs - alignmentMs);
    const report = {
      task: subtask.task,
      startDelayMs,
      alignmentMs,
      syncMs: frozenAtMs - startMs,
      asyncMs: 0,
      stateBytes: 0,
      isUnaligned: overtaken !== undefined,
      inFlightBytes: 0,
    };
    const progress = { report, frozenAtMs };
    this.add(pending, frozen, progress);
    if (overtaken !== undefined) {
      overtaken.onChange = () => this.settings.wake();
      pending.inFlight.push({ uid: subtask.uid, overtaken, progress });
    }
    this.settings.wake();
  }

  /** Encodes one large piece or some small ones; false = there is nothing to do, or no room. */
  work(): boolean {
    const { pending } = this;
    if (pending === undefined || !this.settings.output.hasRoom()) return false;
    if (this.workInFlight(pending)) return true;
    const current = pending.encoding[0];
    if (current === undefined) return this.complete(pending);
    const { state, progress } = current;
    let bytes = 0;
    for (let i = 0; i < stepPieces && bytes < stepBytes; i++) {
      if (state.snapshot.seek?.() === false) return true;
      const piece = state.snapshot.next();
      if (piece === undefined) {
        pending.encoding.shift();
        progress.report.asyncMs = this.settings.clock.monotonicMs() - progress.frozenAtMs;
        return true;
      }
      bytes += piece.bytes.length;
      this.give(pending, state.uid, piece, progress);
    }
    return true;
  }

  /** The checkpoint is in the log, or never will be. */
  checkpointEnded(checkpointId: number, completed: boolean): void {
    if (completed) this.completedId = checkpointId;
    if (completed && checkpointId === this.newestId) this.chains.completed();
    if (this.pending?.checkpoint.id !== checkpointId) return;
    this.pending.release();
    this.pending = undefined;
  }

  private sinceOf({ id, isWhole, keepsChains = false }: BarrierCheckpoint): Since {
    const { completedId, chains } = this;
    const isDue = (uid: string, keyGroup: number): boolean => !keepsChains && chains.isDue(uid, keyGroup, id);
    return (uid, keyGroup) => (isWhole || isDue(uid, keyGroup) ? undefined : completedId);
  }

  private add(pending: PendingSnapshot, frozen: FrozenSubtask, progress: Progress): void {
    const { output, fail, wake } = this.settings;
    pending.progress.push(progress);
    pending.watermarks.push(frozen.watermark);
    if (frozen.position !== undefined) pending.sources.push(frozen.position);
    for (const unit of frozen.units) {
      for (const item of unit.items) progress.report.stateBytes += item.length;
      output.unit(pending.checkpoint.id, unit);
    }
    for (const state of frozen.keyed) {
      pending.encoding.push({ state, progress });
      pending.keyed.push({ uid: state.uid, keyGroups: state.keyGroups });
    }
    pending.preparing += frozen.sinks.length;
    for (const sink of frozen.sinks) {
      sink.then((prepared) => {
        pending.sinks.push(prepared);
        pending.preparing--;
        wake();
      }, fail);
    }
  }

  private give(pending: PendingSnapshot, uid: string, piece: KeyGroupPiece, progress: Progress): void {
    progress.report.stateBytes += piece.bytes.length;
    this.settings.onGarbage?.(copiesOfPiece * piece.bytes.length);
    this.chains.add(uid, piece);
    this.settings.output.unit(pending.checkpoint.id, { kind: 'keyGroup', uid, ...piece });
  }

  /** First what holds references to records; false = nothing has come of it now. */
  private workInFlight(pending: PendingSnapshot): boolean {
    for (const [at, { uid, overtaken, progress }] of pending.inFlight.entries()) {
      const next = overtaken.take();
      if (next !== undefined) {
        this.giveInFlight(pending, uid, next, progress);
        return true;
      }
      if (!overtaken.isClosed) continue;
      pending.inFlight.splice(at, 1);
      const { report, frozenAtMs } = progress;
      report.alignmentMs += this.settings.clock.monotonicMs() - frozenAtMs;
      return true;
    }
    return false;
  }

  private giveInFlight(
    pending: PendingSnapshot,
    uid: string,
    { channel, element }: OvertakenElement,
    { report }: Progress,
  ): void {
    const { output, slot } = this.settings;
    this.writer.reset();
    writeElement(element, this.writer);
    const bytes = this.writer.toBytes();
    report.inFlightBytes += bytes.length;
    pending.edges.add(placeOfChannel(channel).edge);
    output.unit(pending.checkpoint.id, {
      kind: 'inFlight',
      uid,
      state: channel,
      subtask: slot,
      items: [bytes],
    });
  }

  private complete(pending: PendingSnapshot): boolean {
    if (!pending.isComplete) return false;
    this.pending = undefined;
    this.settings.output.taken({
      checkpointId: pending.checkpoint.id,
      slot: this.settings.slot,
      sources: pending.sources,
      watermarks: pending.watermarks,
      sinks: pending.sinks,
      keyed: pending.keyed,
      states: this.settings.describeStates(),
      subtasks: pending.progress.map(({ report }) => report),
      inFlight: [...pending.edges],
    });
    return true;
  }
}
