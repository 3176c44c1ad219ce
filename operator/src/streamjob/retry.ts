import { annotations } from './names.ts';
import type { ObservedJob } from './observed.ts';

/** Of the annotation, as much as a status holds. */
const longestWish = 128;

/** What somebody has wished to be tried again: a revision, with anything behind a slash so that the same can be wished another time. */
export const retryWish = ({ job }: Pick<ObservedJob, 'job'>): string | undefined =>
  job.metadata.annotations?.[annotations.retry]?.slice(0, longestWish);

/**
 * Whether a revision is to be tried again, once. What was carried out stands in the status: otherwise a job that fails again would be
 * started for ever.
 */
export const wantsRetry = (observed: ObservedJob, revision: string): boolean => {
  const wish = retryWish(observed);
  return wish !== undefined && wish !== observed.status?.retried && wish.split('/')[0] === revision;
};
