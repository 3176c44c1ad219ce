/**
 * `testing` is what the author of a job tests it with: `executeAndCollect` runs a bounded job on the calling thread and gives
 * its results.
 */
export { executeAndCollect, type RunOptions, runJob } from './execute.ts';
