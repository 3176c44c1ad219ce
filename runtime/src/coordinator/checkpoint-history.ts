import { sizesOf } from '../checkpoint/manifest-size.ts';
import { logKey } from '../checkpoint/paths.ts';
import {
  type CheckpointDetail,
  type CheckpointList,
  type CheckpointStatus,
  checkpointHistory,
  type Distribution,
  type SubtaskCheckpoint,
} from '../contract/control/checkpoints.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { SlotAck } from '../worker/snapshot-upload.ts';
import type { CheckpointEvent } from './checkpoint-events.ts';

type CompletedStatus = CheckpointStatus & { readonly endedMs: number };

/** A checkpoint, and what the slots have said of it. */
interface Recorded {
  status: CheckpointStatus;
  readonly acks: SlotAck[];
}

const distributionOf = (values: readonly number[]): Distribution => {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { minimum: at(0), mean, p50: at(0.5), p99: at(0.99), maximum: at(1) };
};

const isCompleted = (status: CheckpointStatus): status is CompletedStatus => status.state === 'completed';

/** What became of the newest checkpoints of a job. Pure: it is told what happens, and when. */
export class CheckpointHistory {
  private readonly jobUid: string;
  private readonly graph: () => PhysicalGraph;
  private readonly counts = { triggered: 0, completed: 0, failed: 0, restored: 0 };
  private restored: CheckpointList['restored'] = null;
  private inProgress: readonly Recorded[] = [];
  /** Newest first. */
  private ended: readonly Recorded[] = [];
  private last: Recorded | undefined;

  constructor(jobUid: string, graph: () => PhysicalGraph) {
    this.jobUid = jobUid;
    this.graph = graph;
  }

  /** Takes note, and gives the checkpoint as it stands now; undefined = it is none of those that are known. */
  take(event: CheckpointEvent, nowMs: number): CheckpointStatus | undefined {
    switch (event.what) {
      case 'triggered':
        return this.trigger(event, nowMs);
      case 'acknowledged':
        return this.acknowledge(event.ack);
      case 'completed': {
        const { checkpointId: id } = event.manifest;
        const manifest = logKey(this.jobUid, event.entry);
        const ended = this.end(id, {
          state: 'completed',
          endedMs: nowMs,
          manifest,
          ...sizesOf(event.manifest),
        });
        if (ended !== undefined) this.last = ended;
        return ended?.status;
      }
      case 'failed':
        return this.end(event.id, { state: 'failed', endedMs: nowMs, failure: event.reason })?.status;
      case 'restored':
        this.counts.restored++;
        this.restored = { id: event.id, atMs: nowMs };
        return undefined;
    }
  }

  list(): CheckpointList {
    const statuses = this.ended.map(({ status }) => status);
    const completed = statuses.filter(isCompleted);
    return {
      counts: { ...this.counts },
      summary:
        completed.length === 0
          ? null
          : {
              durationMs: distributionOf(completed.map(({ startedMs, endedMs }) => endedMs - startedMs)),
              bytes: distributionOf(completed.map(({ bytes }) => bytes)),
            },
      restored: this.restored,
      inProgress: this.inProgress.map(({ status }) => status),
      history: statuses,
    };
  }

  /** What it cost each subtask; undefined = it is not among the newest. */
  detail(id: number): CheckpointDetail | undefined {
    const recorded = this.find(id);
    return recorded && this.detailOf(recorded);
  }

  /** The newest that was completed. */
  latest(): (CheckpointDetail & CompletedStatus) | undefined {
    const { last } = this;
    if (last === undefined || !isCompleted(last.status)) return undefined;
    return { ...this.detailOf(last), ...last.status };
  }

  private detailOf({ status, acks }: Recorded): CheckpointDetail {
    const tasks = this.graph().tasks.map(({ index, name }) => ({
      task: index,
      name,
      subtasks: acks.flatMap(({ slot, subtasks }) =>
        subtasks
          .filter(({ task }) => task === index)
          .map(
            ({
              startDelayMs,
              alignmentMs,
              syncMs,
              asyncMs,
              stateBytes,
              inFlightBytes,
            }): SubtaskCheckpoint => {
              const times = { startDelayMs, alignmentMs, syncMs, asyncMs };
              return { slot, ...times, bytes: stateBytes, inFlightBytes };
            },
          ),
      ),
    }));
    return { ...status, tasks };
  }

  private trigger(event: CheckpointEvent & { what: 'triggered' }, nowMs: number): CheckpointStatus {
    const { id, kind, attempt } = event;
    const status: CheckpointStatus = {
      id,
      kind,
      state: 'inProgress',
      attempt,
      startedMs: nowMs,
      endedMs: null,
      unaligned: false,
      bytes: 0,
      fullBytes: 0,
      subtasks: this.graph().tasks.reduce((sum, { parallelism }) => sum + parallelism, 0),
      acknowledged: 0,
      failure: null,
      manifest: null,
    };
    this.counts.triggered++;
    this.inProgress = [...this.inProgress, { status, acks: [] }];
    return status;
  }

  private acknowledge(ack: SlotAck): CheckpointStatus | undefined {
    const recorded = this.inProgress.find(({ status }) => status.id === ack.checkpointId);
    if (recorded === undefined) return undefined;
    recorded.acks.push(ack);
    const acknowledged = recorded.acks.reduce((sum, { subtasks }) => sum + subtasks.length, 0);
    const written = ack.objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const unaligned = recorded.acks.some(({ subtasks }) => subtasks.some(({ isUnaligned }) => isUnaligned));
    const bytes = recorded.status.bytes + written;
    recorded.status = { ...recorded.status, acknowledged, unaligned, bytes };
    return recorded.status;
  }

  private end(
    id: number,
    as: Partial<CheckpointStatus> & { state: 'completed' | 'failed' },
  ): Recorded | undefined {
    const recorded = this.inProgress.find(({ status }) => status.id === id);
    if (recorded === undefined) return undefined;
    recorded.status = { ...recorded.status, ...as };
    this.counts[as.state]++;
    this.inProgress = this.inProgress.filter((other) => other !== recorded);
    this.ended = [recorded, ...this.ended].slice(0, checkpointHistory);
    return recorded;
  }

  private find(id: number): Recorded | undefined {
    return [...this.inProgress, ...this.ended].find(({ status }) => status.id === id);
  }
}
