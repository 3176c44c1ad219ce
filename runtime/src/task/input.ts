import type { SourcePosition } from '../checkpoint/slot-snapshot.ts';
import type { Barrier, StreamElement } from '../exchange/element.ts';
import type { FlowCounts } from './flow-counts.ts';
import type { Overtaken } from './overtaken.ts';

/** Where a subtask's elements come from: channels, or a source. */
export interface SubtaskInput {
  /** Input port of the batch that `next` returned last. */
  readonly port: number;
  open?(): void | Promise<void>;
  next(nowMs: number): StreamElement | undefined;
  /** When to look again although nothing came in: periodic watermarks, idleness. */
  nextTimeMs(): number;
  /** Of channels: what stands in them, and what went through. */
  readonly counts?: FlowCounts | undefined;
  /** Of channels that come in at several ports: how far each port is, the slowest of its channels; −Infinity before its first watermark. */
  readonly watermarksMs?: readonly number[] | undefined;
  /** Of a source that keeps near others: how far it is ahead of the slowest of them; −Infinity before its first watermark. */
  readonly driftMs?: number | undefined;
  /** Of a source: the timestamp of the record that it gave last, NaN when it had none, and when that was. */
  readonly newest?: { readonly timestampMs: number; readonly atMs: number };
  /** How long the barrier that `next` returned last waited for the slowest channel, in ms. */
  readonly alignmentMs?: number;
  /** Of a source: where it was when the barrier of a checkpoint was put behind its records. */
  positionAt?(checkpointId: number): SourcePosition | undefined;
  /**
   * The barrier of a checkpoint goes on ahead of all that waits in the channels: that, and what comes on a channel before the barrier does,
   * is told as overtaken and given by `next` all the same. False = not now. Absent = `next` gives the barrier behind a little that is in
   * hand, as a source does.
   */
  overtake?(barrier: Barrier, overtaken: Overtaken, nowMs: number): boolean;
  /** The checkpoint is over: nothing is told any more. */
  stopRecording?(): void;
  /** Before the first `next`: no watermark that it gives is below this one. */
  restoreWatermark?(watermarkMs: number): void;
  close?(): void | Promise<void>;
}
