import { poisonRecord } from './bounded-restarts.poison-record.ts';
import { changeJob } from './exactly-once.change-job.ts';
import { connectionResets } from './exactly-once.connection-resets.ts';
import { killAndRescale, killAny } from './exactly-once.kill-any.ts';
import { killWorkers } from './exactly-once.kill-workers.ts';
import { objectStore } from './exactly-once.object-store.ts';
import { storeKilled } from './exactly-once.store-killed.ts';
import { pausedJob } from './fenced.paused-job.ts';
import { pausedCoordinator, pausedWorker } from './fenced.paused-processes.ts';
import { diskFull } from './no-loss.disk-full.ts';
import { killCoordinator } from './no-pause.kill-coordinator.ts';
import { killWorker } from './recovery.kill-worker.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [
  killAny,
  killAndRescale,
  killWorkers,
  changeJob,
  objectStore,
  connectionResets,
  storeKilled,
  pausedJob,
  pausedCoordinator,
  pausedWorker,
  killCoordinator,
  killWorker,
  diskFull,
  poisonRecord,
];
