import type { RestartPolicy } from '../contract/restart.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Deploy } from './attempt.ts';
import type { JobCheckpoints } from './attempt-state.ts';

export interface LocalJobSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly graph: PhysicalGraph;
  readonly restart: RestartPolicy;
  readonly deploy: Deploy;
  /** Absent = the job takes no checkpoints, and each attempt begins anew. */
  readonly checkpoints?: JobCheckpoints | undefined;
}
