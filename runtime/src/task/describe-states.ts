import type { DescribedState } from '../checkpoint/slot-snapshot.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { uidOf } from '../graph/stateful.ts';
import { describeState } from '../transforms/describe-state.ts';
import type { Subtask } from './subtask.ts';

/** What the states of all transforms of a slot look like. */
export const describeStates = (
  { tasks }: PhysicalGraph,
  subtasks: readonly Subtask[],
): readonly DescribedState[] =>
  subtasks.flatMap((subtask) =>
    (tasks[subtask.task]?.chain ?? []).flatMap((node) => {
      const uid = uidOf(node);
      const link = subtask.links.find((candidate) => candidate.uid === uid);
      return describeState(node.spec, link?.processor).map((state) => ({ ...state, uid }));
    }),
  );
