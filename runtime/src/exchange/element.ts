import type { Batch } from '../batch/batch.ts';
import type { RoutingTable } from './routing-table.ts';

/** No record with a timestamp up to `timeMs` is expected on this channel any more. */
export interface Watermark {
  readonly kind: 'watermark';
  readonly timeMs: number;
}

/** An idle channel no longer holds the watermark back; any batch makes it active again. */
export interface Idle {
  readonly kind: 'idle';
}

/** What a barrier cuts a snapshot for. */
export interface BarrierCheckpoint {
  readonly id: number;
  /** When it was triggered, by the coordinator's clock in ms since the epoch. */
  readonly triggeredMs: number;
  /** Every key group is written whole: the checkpoint must stand by itself. */
  readonly isWhole: boolean;
  /** The cut of a switch-over: who lets it through does nothing more, unless the checkpoint comes to nothing. */
  readonly parks: boolean;
  /** What is due to be written whole is so later: somebody has read what was before, and reads on. */
  readonly keepsChains?: boolean | undefined;
  /**
   * A slot that was told of it and where its barrier has not passed after so long lets the barrier overtake what is in flight. Absent = never.
   * Only the slots' own barrier says it, not the one in channels.
   */
  readonly alignmentTimeoutMs?: number | undefined;
}

/** Cuts the stream: what stands before it belongs to the checkpoint, and routing changes take effect behind it. */
export interface Barrier {
  readonly kind: 'barrier';
  readonly id: number;
  /** Absent = it carries a table only. */
  readonly checkpoint?: BarrierCheckpoint | undefined;
  /** The table that holds from here on; absent = unchanged. */
  readonly routing?: RoutingTable | undefined;
}

/** Nothing follows. `drained` = the input is complete, and windows and timers may flush; false after a stop. */
export interface EndOfInput {
  readonly kind: 'end';
  readonly drained: boolean;
}

/** Progress without a record: a source looked and wants to be asked again. Never leaves its subtask. */
export interface Nothing {
  readonly kind: 'nothing';
}

/**
 * Tells how long records take from a source to a task: it is given behind a batch and waits in every queue as that does. It belongs to
 * no checkpoint and changes nothing.
 */
export interface LatencyMarker {
  readonly kind: 'latency';
  /** The task of the source. */
  readonly source: number;
  /** By the clock of the source's machine, in ms since the epoch. */
  readonly markedMs: number;
}

/** What travels on a channel, in order. */
export type StreamElement = Batch | Watermark | Idle | Barrier | EndOfInput | LatencyMarker | Nothing;
