import { jobInvalid } from './job-invalid.ts';
import type { WindowAssigner } from './windows.ts';

const isEventTime = (assigner: WindowAssigner): boolean => 'time' in assigner && assigner.time === 'event';

/** @throws MillraceError job-invalid when nothing can ever be late for these windows. */
export const checkLateness = (assigner: WindowAssigner, method: string): void => {
  if (isEventTime(assigner)) return;
  throw jobInvalid(
    `${method}() has no meaning here: nothing is late for ${assigner.kind} windows that do not follow event time.`,
    `Remove ${method}(), or use windows in event time.`,
  );
};

/** @throws MillraceError job-invalid when two streams cannot share these windows. */
export const checkPairable = (assigner: WindowAssigner): void => {
  if (assigner.kind !== 'count') return;
  throw jobInvalid(
    'Two streams cannot be joined in count windows: their records have no common count.',
    'Use tumbling, sliding, session or global windows.',
  );
};
