/**
 * `testing` is what the author of a job tests it with: harnesses for functions and sinks (`harness.ts` tells more), runners
 * for whole bounded jobs, and a machine whose clock the test moves.
 */
export type { DeadLetter, DeadLetterPolicy } from '../task/failures.ts';
export { executeAndCollect, type RunningJob, type RunOptions, runJob, startJob } from './execute.ts';
export {
  createHarness,
  createTwoInputHarness,
  Harness,
  type HarnessOptions,
  type HarnessSnapshot,
  type OutputRecord,
  restoreHarness,
} from './harness.ts';
export { createSinkHarness, SinkHarness, type SinkHarnessOptions } from './sink-harness.ts';
export { createTestSystem, TestSystem, type TestSystemOptions } from './test-system.ts';
