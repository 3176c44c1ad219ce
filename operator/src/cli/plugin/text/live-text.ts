import type { JobStatus } from '../../../../../runtime/src/contract/control/status.ts';
import type { TaskStatus } from '../../../../../runtime/src/contract/control/tasks.ts';
import { spanText } from './age.ts';
import { table } from './table.ts';

/** What a coordinator has told a moment ago. */
export interface Live {
  readonly status: JobStatus;
  readonly tasks: readonly TaskStatus[];
}

const percent = (share: number): string => `${Math.round(share * 100)}%`;

/** How a job is right now, and how much each of its tasks has done. */
export const liveLines = ({ status, tasks }: Live, nowMs: number): readonly string[] => {
  const { state, sinceMs, attempt, restarts, parallelism, lastCheckpoint, trouble } = status;
  const checkpoint =
    lastCheckpoint === null
      ? 'no checkpoint yet'
      : `checkpoint ${lastCheckpoint.id} ${nowMs - lastCheckpoint.completedMs} ms ago`;
  const rows = tasks.map(({ name, parallelism: slots, recordsIn, recordsOut, ...shares }) => [
    `  ${name}`,
    `${slots}`,
    `${recordsIn}`,
    `${recordsOut}`,
    percent(shares.busyShare),
    percent(shares.blockedShare),
  ]);
  return [
    `Now: ${state} for ${spanText(nowMs - sinceMs)}, attempt ${attempt}, ${restarts} restarts, ${parallelism.actual} slots, ${checkpoint}`,
    ...(trouble === null ? [] : [`  ${trouble}`]),
    ...table([['  TASK', 'SLOTS', 'IN', 'OUT', 'BUSY', 'BLOCKED'], ...rows]),
  ];
};
