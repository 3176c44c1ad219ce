import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { jobRoot } from '../../src/checkpoint/paths.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { createJobLog } from '../../src/coordinator/job-log.ts';
import type { LocalState } from '../../src/coordinator/local.ts';
import type { System } from '../../src/sys/system.ts';

const jobUid = 'law';

/**
 * The state of a law's job in a store, as one process sees it: it takes checkpoints one after the other, whose barriers overtake what is in
 * flight after so long.
 */
export const stateIn = (
  system: System,
  store: ObjectStore,
  writer: string,
  alignmentTimeoutMs?: number,
): LocalState => {
  const log = new LogWriter({
    store,
    jobUid,
    checksum: system.hashing,
    me: { writer, deployment: 'one' },
    clock: system.clock,
    retained: () => 2,
  });
  return {
    store: storeUnder(store, jobRoot(jobUid)),
    log: createJobLog(log),
    base: { jobUid, jobName: 'law', runtimeVersion: '0', artifact: 'none' },
    policy: { intervalMs: 0, minPauseMs: 0, timeoutMs: 20_000, tolerableFailures: 1e6, alignmentTimeoutMs },
  };
};
