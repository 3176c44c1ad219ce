import type { PollResult, SourceReader, SplitOutput } from '../api/connectors.ts';
import type { WatermarkSettings } from '../api/watermarks.ts';
import type { Batch } from '../batch/batch.ts';
import { BatchBuilder } from '../batch/builder.ts';
import { cutBatch } from '../batch/slice.ts';
import type { SourcePosition, SplitWatermark } from '../checkpoint/slot-snapshot.ts';
import type { Barrier, StreamElement } from '../exchange/element.ts';
import type { FailureHandler } from '../transforms/processor.ts';
import { createTimestampAssigner, type TimestampAssigner } from '../transforms/timestamps.ts';
import {
  createWatermarkTracker,
  type WatermarkTracker,
  watermarkIntervalMs,
} from '../transforms/watermark-generator.ts';
import type { SubtaskInput } from './input.ts';

/** One split's records and watermark. */
interface SplitState {
  readonly tracker: WatermarkTracker;
  markedIdle: boolean;
}

export interface SourceInputSettings {
  /** Of the source. */
  readonly uid: string;
  /** Its task: sent along with markers; absent = it gives none. */
  readonly marks?: number | undefined;
  readonly watermarks: WatermarkSettings;
  readonly failures: FailureHandler;
  /** Batch mode: the watermark jumps once, at the end. */
  readonly onlyFinalWatermark: boolean;
  /** See `SlotSetup.batchSize`. */
  readonly batchSize?: number | undefined;
  /** Keeps the source near the slowest of its group; absent = it runs freely. */
  readonly alignment?: SourceAlignment | undefined;
}

/** What a source tells and asks of its alignment group. */
export interface SourceAlignment {
  /** The watermark of this subtask, +Infinity when it is idle or has ended. */
  report(watermarkMs: number): void;
  /** How far a source with this watermark is ahead of the slowest of the group. */
  drift(watermarkMs: number): number;
  /** Whether the group allows a source with this watermark to read on. */
  mayRead(watermarkMs: number): boolean;
}

/** A source that has given a batch gives a marker behind it when its last one is so old. */
const latencyIntervalMs = 2000;

/** How often a source that waits for its group looks again, in ms. */
const alignmentIntervalMs = 20;

/**
 * Turns a source reader into elements: polls it for a batch, gives timestamps, follows a watermark per split, and ends. The
 * combined watermark is the least over the splits in hand and never goes back.
 */
export class SourceInput implements SubtaskInput {
  readonly port = 0;
  private readonly settings: SourceInputSettings;
  private readonly assign: TimestampAssigner;
  private readonly splits = new Map<string, SplitState>();
  private readonly queue: StreamElement[] = [];
  private readonly builder = new BatchBuilder();
  private building: SplitState | undefined;
  private reader: SourceReader<unknown> | undefined;
  private emittedMs = -Infinity;
  private wasIdle = false;
  private nextIntervalMs = 0;
  private nextMarkMs = 0;
  /** Since when there has been no split in hand; undefined while there is one. */
  private emptySinceMs: number | undefined;
  private nowMs = 0;
  private stopRequested = false;
  private draining = false;
  private ended = false;
  private heldBack = false;
  /** By checkpoint whose barrier is behind what was read up to there. */
  private readonly positions = new Map<number, SourcePosition>();
  /** Watermarks of splits before a restart, by split. */
  private readonly restored = new Map<string, number>();

  /** See `SubtaskInput.newest`. */
  readonly newest: { timestampMs: number; atMs: number } = { timestampMs: Number.NaN, atMs: 0 };

  constructor(settings: SourceInputSettings) {
    this.settings = settings;
    const { timestamps, range, rule } = settings.watermarks;
    this.assign = createTimestampAssigner(timestamps, range, rule.kind === 'none', settings.failures);
  }

  /** The reader is made after its context, which points here. */
  attach(reader: SourceReader<unknown>): void {
    this.reader = reader;
  }

  /** Ends the input after what is in hand, without a last watermark. */
  stop(): void {
    this.stopRequested = true;
    this.reader?.stop?.();
  }

  /** Ends the input after what is in hand as if there were no more: the last watermark follows, and all windows fire. */
  drain(): void {
    this.draining = true;
    this.stop();
  }

  /** Puts a barrier behind what was read so far, and notes how far that was. */
  inject(barrier: Barrier): void {
    this.flush();
    if (barrier.checkpoint !== undefined) this.positions.set(barrier.checkpoint.id, this.position());
    if (!this.ended) this.queue.push(barrier);
  }

  /** See `SubtaskInput.driftMs`. */
  get driftMs(): number | undefined {
    return this.settings.alignment?.drift(this.emittedMs);
  }

  /** Asked once for each checkpoint. */
  positionAt(checkpointId: number): SourcePosition {
    const position = this.positions.get(checkpointId) ?? this.position();
    for (const id of this.positions.keys()) if (id <= checkpointId) this.positions.delete(id);
    return position;
  }

  /** Before the first split is read: how far event time was in each, for whichever of them come here. */
  restoreSplits(watermarks: readonly SplitWatermark[]): void {
    for (const { splitId, watermarkMs } of watermarks) this.restored.set(splitId, watermarkMs);
  }

  restoreWatermark(watermarkMs: number): void {
    this.emittedMs = watermarkMs;
  }

  /** What the reader writes one split's records to. */
  split(splitId: string): SplitOutput<unknown> {
    const state: SplitState = {
      tracker: createWatermarkTracker(this.settings.watermarks),
      markedIdle: false,
    };
    const restoredMs = this.restored.get(splitId);
    if (restoredMs !== undefined) state.tracker.restore(restoredMs);
    this.splits.set(splitId, state);
    return {
      emit: (value, timestampMs = NaN) => {
        if (this.building !== state) this.flush();
        this.building = state;
        this.builder.append(value, timestampMs);
      },
      emitBatch: (batch) => {
        this.flush();
        this.accept(state, batch);
      },
      markIdle: () => {
        state.markedIdle = true;
      },
      release: () => {
        this.flush();
        this.splits.delete(splitId);
      },
    };
  }

  async open(): Promise<void> {
    await this.reader?.open?.();
  }

  async close(): Promise<void> {
    await this.reader?.close();
  }

  next(nowMs: number): StreamElement | undefined {
    if (this.queue.length > 0) return this.queue.shift();
    if (this.ended || this.reader === undefined) return undefined;
    this.nowMs = nowMs;
    if (this.waitsForGroup()) return undefined;
    const stopNow = this.stopRequested && this.reader.stop === undefined;
    const result: PollResult = stopNow ? 'end' : this.reader.poll();
    this.flush();
    if (result === 'end') this.end();
    else this.followWatermark(nowMs);
    this.mark(nowMs);
    const element = this.queue.shift();
    // Nothing came although there is more: an empty batch keeps the task going without another notion of progress.
    return element ?? (result === 'more' ? emptyPoll : undefined);
  }

  nextTimeMs(): number {
    if (this.ended || this.settings.onlyFinalWatermark) return Infinity;
    if (this.heldBack) return this.nowMs + alignmentIntervalMs;
    for (const { tracker } of this.splits.values()) if (tracker.periodic) return this.nextIntervalMs;
    const waitsForSplits = this.splits.size === 0 && this.settings.watermarks.idlenessMs !== undefined;
    return waitsForSplits && !this.wasIdle ? this.nextIntervalMs : Infinity;
  }

  private position(): SourcePosition {
    const watermarks = [...this.splits].map(([splitId, { tracker }]) => ({
      splitId,
      watermarkMs: tracker.watermarkMs,
    }));
    return { uid: this.settings.uid, splits: this.reader?.snapshot() ?? [], watermarks };
  }

  /** A stop is not held back: what is in hand must come out. */
  private waitsForGroup(): boolean {
    const { alignment } = this.settings;
    this.heldBack = alignment !== undefined && !this.stopRequested && !alignment.mayRead(this.emittedMs);
    return this.heldBack;
  }

  private flush(): void {
    if (this.builder.length === 0) return;
    this.accept(this.building as SplitState, this.builder.take());
  }

  private accept(state: SplitState, batch: Batch): void {
    const parts = cutBatch(batch, this.settings.batchSize ?? Infinity);
    for (const part of parts) {
      this.acceptPart(state, part);
      // A watermark follows each batch; the one behind the last comes when the poll has ended.
      if (part !== parts.at(-1)) this.followWatermark(this.nowMs);
    }
  }

  private acceptPart(state: SplitState, batch: Batch): void {
    const assigned = this.assign(batch, this.nowMs);
    if (assigned.length === 0) return;
    this.newest.timestampMs = assigned.timestamps[assigned.length - 1] as number;
    this.newest.atMs = this.nowMs;
    state.markedIdle = false;
    state.tracker.onBatch(assigned, this.nowMs);
    this.wasIdle = false;
    this.queue.push(assigned);
  }

  /** Only behind records: a source that is silent stays so. */
  private mark(nowMs: number): void {
    const { marks: source } = this.settings;
    if (nowMs < this.nextMarkMs || source === undefined || this.ended || this.queue.length === 0) return;
    this.nextMarkMs = nowMs + latencyIntervalMs;
    this.queue.push({ kind: 'latency', source, markedMs: nowMs });
  }

  private end(): void {
    this.ended = true;
    this.settings.alignment?.report(Infinity);
    const drained = this.draining || !this.stopRequested;
    if (drained) this.queue.push({ kind: 'watermark', timeMs: Infinity });
    this.queue.push({ kind: 'end', drained });
  }

  /** A reader that gets no split, since others have them all, is idle like one whose splits are silent. */
  private isEmptyForLong(nowMs: number): boolean {
    const { idlenessMs } = this.settings.watermarks;
    if (this.splits.size > 0) {
      this.emptySinceMs = undefined;
      return false;
    }
    this.emptySinceMs ??= nowMs;
    return idlenessMs !== undefined && nowMs - this.emptySinceMs >= idlenessMs;
  }

  private followWatermark(nowMs: number): void {
    if (this.settings.onlyFinalWatermark) return;
    const interval = nowMs >= this.nextIntervalMs;
    if (interval) this.nextIntervalMs = nowMs + watermarkIntervalMs;
    let least = Infinity;
    let idle = this.isEmptyForLong(nowMs) || this.splits.size > 0;
    for (const { tracker, markedIdle } of this.splits.values()) {
      if (interval) tracker.onInterval(nowMs);
      if (markedIdle || tracker.idle) continue;
      idle = false;
      if (tracker.watermarkMs < least) least = tracker.watermarkMs;
    }
    if (least !== Infinity && least > this.emittedMs) {
      this.emittedMs = least;
      this.queue.push({ kind: 'watermark', timeMs: least });
    }
    if (idle && !this.wasIdle) this.queue.push({ kind: 'idle' });
    this.wasIdle = idle;
    this.settings.alignment?.report(idle ? Infinity : this.emittedMs);
  }
}

const emptyPoll: StreamElement = { kind: 'nothing' };
