import type { Scenario } from '../scenario.ts';
import { checkpointScenarios } from './checkpoints.ts';
import { coordinatorScenarios } from './coordinator.ts';
import { diskScenarios } from './disk.ts';
import { endlessScenarios } from './endless.ts';
import { fileScenarios } from './files.ts';
import { keyedScenarios } from './keyed.ts';
import { largeStateScenarios } from './large-state.ts';
import { nexmarkScenarios } from './nexmark.ts';
import { nexmarkCheckpointScenarios } from './nexmark-checkpoints.ts';
import { objectScenarios } from './objects.ts';
import { slotScenarios } from './slots.ts';
import { snapshotScenarios } from './snapshots.ts';
import { startScenarios } from './start.ts';
import { statefulScenarios } from './stateful.ts';
import { storeScenarios } from './stores.ts';
import { switchOverScenarios } from './switch-overs.ts';
import { visibleScenarios } from './visible.ts';

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  ...objectScenarios,
  ...keyedScenarios,
  ...fileScenarios,
  ...statefulScenarios,
  ...endlessScenarios,
  ...nexmarkScenarios,
  ...startScenarios,
  ...slotScenarios,
  ...storeScenarios,
  ...switchOverScenarios,
  ...snapshotScenarios,
  ...checkpointScenarios,
  ...visibleScenarios,
  ...largeStateScenarios,
  ...diskScenarios,
  ...coordinatorScenarios,
  ...nexmarkCheckpointScenarios,
];
