import type { Finding } from './checkers/finding.ts';
import type { Cluster } from './cluster.ts';

/** What a scenario is once it has been started in a world. */
export interface RunningScenario {
  /** Whether all has been done that was to be done. */
  isDone(): boolean;
  /** What is wrong with what it has left. */
  check(): readonly Finding[];
}

/** Something that the simulator runs: the parts of it that a planted bug may replace are the `Seams`. */
export interface Scenario<Seams> {
  readonly name: string;
  /** As it is right. */
  readonly seams: Seams;
  /** How long it takes at most, in ms of virtual time, when nothing is wrong any more. */
  readonly budgetMs: number;
  start(cluster: Cluster, seams: Seams): RunningScenario;
}
