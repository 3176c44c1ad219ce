import {
  createFixedSplits,
  createSplitReader,
  type FixedSplitsState,
  type Source,
} from '../../../src/index.ts';

interface Position {
  readonly id: string;
  readonly next: number;
}

/**
 * A source of one's own, by the public contract: it gives one record a poll, so that the watermark moves between any two.
 * Each list is a split.
 */
export const oneByOne = <T>(
  ...lists: readonly (readonly T[])[]
): Source<T, Position, FixedSplitsState<Position>> => ({
  kind: 'oneByOne',
  boundedness: 'bounded',
  createEnumerator: (context, restored) =>
    createFixedSplits(
      context,
      lists.map((_, number) => ({ id: `${number}`, next: 0 })),
      restored,
    ),
  createReader: (context) =>
    createSplitReader<Position>({
      order: 'together',
      requestSplit: () => context.requestSplit(),
      start: ({ id, next }) => {
        const output = context.split(id);
        const values = lists[Number(id)] ?? [];
        let at = next;
        return {
          poll: () => {
            if (at === values.length) return 'end';
            output.emit(values[at++] as T);
            return 'more';
          },
          snapshot: () => ({ id, next: at }),
          close: () => output.release(),
        };
      },
    }),
});
