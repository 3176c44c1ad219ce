import type { MemoryBudget } from '../contract/memory-budget.ts';
import type { RemoteChannels } from '../exchange/remote-channels.ts';
import type { RoutingTable } from '../exchange/routing-table.ts';
import type { PhysicalGraph, TaskEdge } from '../graph/physical-graph.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { MetricGroup } from '../telemetry/metrics.ts';
import type { DeadLetterOutput, DeadLetterPolicy } from './failures.ts';
import type { MovedState } from './key-group-moves.ts';
import type { Pulse } from './pulse.ts';
import type { SnapshotOutput } from './slot-snapshots.ts';

/** The local disk as a place for state. A plain value. */
export interface StateDisk {
  /** Relative to the directory of the job; absent = where the machine keeps temporary files. */
  readonly directory?: string | undefined;
  /** Values in memory may take about so many bytes; absent = as the memory of the slot allows. */
  readonly heldBytes?: number | undefined;
}

/** What every slot of an attempt is told, and what differs from slot to slot. */
export interface SlotSetup {
  readonly system: System;
  readonly logger: Logger;
  readonly metrics: MetricGroup;
  readonly graph: PhysicalGraph;
  readonly slot: number;
  readonly jobName: string;
  /** See `OwningJob`. */
  readonly jobUid: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** The directory that relative paths of the job start from. */
  readonly baseDirectory: string;
  readonly attempt: number;
  /** Bounded input is run with one watermark at the end. */
  readonly batchMode: boolean;
  /** Records in a batch at most; absent = as sources and transforms like it. Results do not depend on it. */
  readonly batchSize?: number | undefined;
  /** What the slot may take; absent = as much as there is. */
  readonly memory?: MemoryBudget | undefined;
  /** Where state goes that memory has no room for; absent = memory has to do. */
  readonly stateDisk?: StateDisk | undefined;
  readonly deadLetterPolicy: DeadLetterPolicy;
  readonly deadLetters: DeadLetterOutput;
  readonly routing: RoutingTable;
  /** Channels to and from other slots; not called for channels inside this one. */
  readonly remote: RemoteChannels;
  /** A source reader of this slot has room for a split. */
  requestSplit(task: number): void;
  /** Hands the state of a key group to the slot that owns it from now on. */
  sendState(toSlot: number, state: MovedState): void;
  /** Memory of the alignment groups, shared by all slots: see `allocateAlignment`. */
  readonly alignment: SharedArrayBuffer;
  /** Where the slot shows the watchdog that it lives; absent = nobody looks. */
  readonly pulse?: Pulse | undefined;
  /** Where snapshots go; absent = nobody takes any. */
  readonly snapshots?: SnapshotOutput | undefined;
  readonly onEnded?: ((drained: boolean) => void) | undefined;
  readonly onFinished: (drained: boolean) => void;
  readonly onFailed: (error: unknown) => void;
}

export type { RemoteChannels };

/** For a job of one slot. */
export const noRemoteChannels: RemoteChannels = {
  sender: (edge) => unreachable(edge),
  receiver: (edge) => unreachable(edge),
};

const unreachable = (edge: TaskEdge): never => {
  throw new Error(`Edge ${edge.index} leaves a job of one slot.`);
};
