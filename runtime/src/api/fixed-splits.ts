import { equalValues } from '../batch/values.ts';
import type { EnumeratorContext, SplitEnumerator } from './connectors.ts';

/** What is left to hand out, each with the subtask it is meant for. */
export interface FixedSplitsState<Split> {
  readonly left: readonly { readonly split: Split; readonly subtask: number }[];
}

/**
 * An enumerator over splits that are known from the start. Split i goes to subtask i modulo the parallelism, whoever asks
 * first, so that the same subtask reads the same records in every run.
 */
export const createFixedSplits = <Split>(
  context: EnumeratorContext<Split>,
  splits: readonly Split[],
  restored?: FixedSplitsState<Split>,
): SplitEnumerator<Split, FixedSplitsState<Split>> => {
  const numbered = restored?.left ?? splits.map((split, i) => ({ split, subtask: i }));
  const queues: Split[][] = Array.from({ length: context.parallelism }, () => []);
  for (const { split, subtask } of numbered) queues[subtask % context.parallelism]?.push(split);
  return {
    start: () => {},
    requestSplit: (subtask) => {
      const split = queues[subtask]?.shift();
      if (split === undefined) context.noMoreSplits(subtask);
      else context.assign(subtask, split);
    },
    addSplitsBack: (back, subtask) => void queues[subtask % context.parallelism]?.unshift(...back),
    alreadyAssigned: (taken) => {
      for (const split of taken) {
        const queue = queues.find((left) => left.some((other) => equalValues(other, split)));
        queue?.splice(
          queue.findIndex((other) => equalValues(other, split)),
          1,
        );
      }
    },
    snapshot: () => ({
      left: queues.flatMap((queue, subtask) => queue.map((split) => ({ split, subtask }))),
    }),
    close: () => {},
  };
};
