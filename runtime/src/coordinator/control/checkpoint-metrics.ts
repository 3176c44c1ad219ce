import type { MetricScope } from '../../telemetry/prometheus.ts';
import type { CheckpointHistory } from '../checkpoint-history.ts';
import { snapshotOf } from './metric-scopes.ts';

/** What is counted about the checkpoints of a job; sizes and times are those of the last that was completed. */
export const checkpointScopes = (job: string, history: CheckpointHistory): MetricScope[] => {
  const { counts, inProgress, restored } = history.list();
  const numbers = {
    totalNumberOfCheckpoints: counts.triggered,
    ...(restored === null ? {} : { lastCheckpointRestoreTimestamp: restored.atMs }),
    numberOfInProgressCheckpoints: inProgress.length,
    numberOfCompletedCheckpoints: counts.completed,
    numberOfFailedCheckpoints: counts.failed,
  };
  const last = history.latest();
  if (last === undefined) return [{ labels: { job }, snapshot: snapshotOf({}, numbers) }];
  const ofLast = {
    lastCheckpointDuration: last.endedMs - last.startedMs,
    lastCheckpointSize: last.bytes,
    lastCheckpointFullSize: last.fullBytes,
    lastCheckpointUnaligned: last.unaligned ? 1 : 0,
    lastCompletedCheckpointId: last.id,
    lastCheckpointCompletedTimestamp: last.endedMs,
  };
  const ofSubtasks = last.tasks.flatMap(({ name: task, subtasks }) =>
    subtasks.map(
      ({ slot, alignmentMs, startDelayMs, syncMs, asyncMs, bytes, inFlightBytes }): MetricScope => {
        const gauges = {
          checkpointAlignmentTime: alignmentMs,
          checkpointStartDelay: startDelayMs,
          checkpointSyncTime: syncMs,
          checkpointAsyncTime: asyncMs,
          checkpointStateSize: bytes,
          checkpointInFlightBytes: inFlightBytes,
        };
        return { labels: { job, task, slot: String(slot) }, snapshot: snapshotOf({}, gauges) };
      },
    ),
  );
  return [{ labels: { job }, snapshot: snapshotOf({}, { ...numbers, ...ofLast }) }, ...ofSubtasks];
};
