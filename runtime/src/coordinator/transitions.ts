/** The states of a job. Each legal change stands in the table; anything else is a defect and throws. */
export type JobState =
  | 'created'
  | 'deploying'
  | 'running'
  | 'restarting'
  | 'stopping'
  | 'suspended'
  /** Another deployment runs the job; it may come back. */
  | 'handedOver'
  | 'finished'
  | 'stopped'
  | 'cancelled'
  | 'failed'
  /** Another deployment runs the job for good. */
  | 'replaced';

const legal: Readonly<Record<JobState, readonly JobState[]>> = {
  created: ['deploying', 'finished', 'stopped', 'cancelled', 'replaced'],
  deploying: ['running', 'restarting', 'stopping', 'cancelled', 'failed'],
  running: ['restarting', 'stopping', 'handedOver', 'stopped', 'finished', 'cancelled', 'failed'],
  restarting: ['deploying', 'handedOver', 'stopped', 'cancelled'],
  stopping: ['suspended', 'stopped', 'finished', 'cancelled', 'failed'],
  suspended: ['deploying', 'stopped', 'cancelled'],
  handedOver: ['deploying', 'stopped', 'cancelled', 'replaced'],
  finished: [],
  stopped: [],
  cancelled: [],
  failed: [],
  replaced: [],
};

const idle: readonly JobState[] = ['created', 'restarting', 'suspended', 'handedOver'];

/** Whether nothing runs that would have to end first. */
export const isIdle = (state: JobState): boolean => idle.includes(state);

/** Whether nothing can happen to the job any more. */
export const isTerminal = (state: JobState): boolean => legal[state].length === 0;

export const canChange = (from: JobState, to: JobState): boolean => legal[from].includes(to);
