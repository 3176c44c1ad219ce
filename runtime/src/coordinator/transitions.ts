/** The states of a job. Each legal change stands in the table; anything else is a defect and throws. */
export type JobState =
  | 'created'
  | 'deploying'
  | 'running'
  | 'restarting'
  | 'stopping'
  | 'suspended'
  | 'finished'
  | 'stopped'
  | 'cancelled'
  | 'failed';

const legal: Readonly<Record<JobState, readonly JobState[]>> = {
  created: ['deploying', 'stopped', 'cancelled'],
  deploying: ['running', 'restarting', 'stopping', 'cancelled', 'failed'],
  running: ['restarting', 'stopping', 'stopped', 'finished', 'cancelled', 'failed'],
  restarting: ['deploying', 'stopped', 'cancelled'],
  stopping: ['suspended', 'stopped', 'finished', 'cancelled', 'failed'],
  suspended: ['deploying', 'stopped', 'cancelled'],
  finished: [],
  stopped: [],
  cancelled: [],
  failed: [],
};

/** Whether nothing can happen to the job any more. */
export const isTerminal = (state: JobState): boolean => legal[state].length === 0;

export const canChange = (from: JobState, to: JobState): boolean => legal[from].includes(to);
