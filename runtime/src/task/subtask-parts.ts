import type { BarrierCheckpoint } from '../exchange/element.ts';
import type { Clock } from '../sys/system.ts';
import type { Chain } from './chain.ts';
import type { ColumnGarbage } from './column-garbage.ts';
import type { DeadLetterBox } from './dead-letter-box.ts';
import type { EdgeOutput } from './edge-output.ts';
import type { SubtaskInput } from './input.ts';
import type { KeyGroupMoves } from './key-group-moves.ts';
import type { Overtaken, OvertakenLimit } from './overtaken.ts';
import type { SubtaskStatistics } from './statistics.ts';

/** What a subtask is made of. */
export interface SubtaskParts {
  /** Index of the task. */
  readonly task: number;
  readonly name: string;
  /** Of the first transform of the task. */
  readonly uid: string;
  readonly slot: number;
  readonly clock: Clock;
  readonly input: SubtaskInput;
  readonly chain: Chain;
  readonly outputs: readonly EdgeOutput[];
  readonly statistics: SubtaskStatistics;
  readonly moves: KeyGroupMoves;
  /** Under checkpoints: where the subtask's failure handlers put letters. */
  readonly deadLetters?: DeadLetterBox | undefined;
  /** Of the slot. */
  readonly columnGarbage?: ColumnGarbage;
  /** The barrier of a checkpoint is here, and what was before it has gone on, or was overtaken. */
  readonly onCheckpoint?: (checkpoint: BarrierCheckpoint, overtaken?: Overtaken) => void;
  /** Of what barriers overtake here and is not written yet. */
  readonly overtakenLimit?: OvertakenLimit;
  /** A marker of a source (by task) was on its way here for so long. */
  readonly onMarker?: (source: number, latencyMs: number) => void;
  /** Called once, when the end has passed through. */
  readonly onEnd: (drained: boolean) => void;
}
