import { connectionResets } from './exactly-once.connection-resets.ts';
import { killAny } from './exactly-once.kill-any.ts';
import { objectStore } from './exactly-once.object-store.ts';
import { storeKilled } from './exactly-once.store-killed.ts';
import { pausedJob } from './fenced.paused-job.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [
  killAny,
  objectStore,
  connectionResets,
  storeKilled,
  pausedJob,
];
