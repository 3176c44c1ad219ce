/**
 * `scenarios` do to real processes what happens to real processes, and say which of an invariant was broken. A file is named after the invariant
 * and the fault.
 */
import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import type { Tool } from '../harness/tools.ts';

export interface ScenarioSettings {
  readonly seed: number;
  /** How long faults go on; what a scenario does once does not depend on it. */
  readonly faultsMs: number;
  readonly print: (line: string) => void;
}

export interface ScenarioOutcome {
  readonly findings: readonly Finding[];
  /** How many processes were ended, stopped or cut off. */
  readonly faults: number;
  /** From each start after a kill to the first output of that run, where it was not killed before. */
  readonly recoveriesMs: readonly number[];
}

export interface Scenario {
  readonly name: string;
  /** What must be installed. */
  readonly tool?: Tool;
  /** Why it cannot run here, with what would let it; undefined = it can. */
  readonly obstacle?: () => string | undefined;
  readonly run: (settings: ScenarioSettings) => Promise<ScenarioOutcome>;
}
