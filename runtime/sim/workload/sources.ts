import {
  createFixedSplits,
  createSplitReader,
  type EnumeratorContext,
  type FixedSplitsState,
  type Source,
  type SourceReader,
  type SourceReaderContext,
  type SplitEnumerator,
} from 'millrace';
import { type Numbered, recordAt, type WorkloadSize } from './records.ts';

/** A part of a partition, read up to `next`. */
export interface Stretch {
  readonly id: string;
  readonly partition: number;
  readonly next: number;
  readonly end: number;
}

/** Reads stretches a few records at a time, with pauses, so that there is time for something to happen in between. */
const createReader = (
  seed: number,
  size: WorkloadSize,
  context: SourceReaderContext<Numbered>,
  order: 'sequence' | 'together',
): SourceReader<Stretch> => {
  let rested = true;
  const rest = (): void => {
    rested = false;
    context.system.timers.after(size.pauseMs, () => {
      rested = true;
      context.wake();
    });
  };
  const reader = createSplitReader<Stretch>({
    order,
    requestSplit: () => context.requestSplit(),
    start: (split) => {
      const output = context.split(split.id);
      let { next } = split;
      return {
        poll: () => {
          if (next >= split.end) return 'end';
          for (const end = Math.min(split.end, next + size.batch); next < end; next++) {
            const record = recordAt(seed, size, split.partition, next);
            output.emit(record, record.timeMs);
          }
          rest();
          return 'more';
        },
        snapshot: () => ({ ...split, next }),
        close: () => output.release(),
      };
    },
  });
  return { ...reader, poll: () => (rested ? reader.poll() : 'waiting') };
};

/** Whole partitions, in event time. */
export const partitionSource = (
  seed: number,
  size: WorkloadSize,
): Source<Numbered, Stretch, FixedSplitsState<Stretch>> => ({
  kind: 'partitions',
  boundedness: 'bounded',
  createEnumerator: (context, restored) =>
    createFixedSplits(
      context,
      Array.from({ length: size.partitions }, (_, partition) => ({
        id: `partition-${partition}`,
        partition,
        next: 0,
        end: size.recordsPerPartition,
      })),
      restored,
    ),
  createReader: (context) => createReader(seed, size, context, 'together'),
});

interface PoolState {
  readonly left: readonly Stretch[];
}

/** Hands out one stretch after the other to whoever asks, after a while. */
class PoolEnumerator implements SplitEnumerator<Stretch, PoolState> {
  private readonly context: EnumeratorContext<Stretch>;
  private readonly pauseMs: number;
  private left: Stretch[];
  private closed = false;

  constructor(context: EnumeratorContext<Stretch>, pauseMs: number, left: readonly Stretch[]) {
    this.context = context;
    this.pauseMs = pauseMs;
    this.left = [...left];
  }

  start(): void {
    // There is nothing to look for.
  }

  requestSplit(subtask: number): void {
    this.context.system.timers.after(this.pauseMs, () => this.answer(subtask));
  }

  addSplitsBack(splits: readonly Stretch[]): void {
    this.left.unshift(...splits);
  }

  alreadyAssigned(splits: readonly Stretch[]): void {
    const ids = new Set(splits.map(({ id }) => id));
    this.left = this.left.filter(({ id }) => !ids.has(id));
  }

  snapshot(): PoolState {
    return { left: [...this.left] };
  }

  close(): void {
    this.closed = true;
  }

  private answer(subtask: number): void {
    if (this.closed) return;
    const split = this.left.shift();
    if (split === undefined) this.context.noMoreSplits(subtask);
    else this.context.assign(subtask, split);
  }
}

/** How many stretches a partition is cut into. */
const stretchesPerPartition = 4;

const stretchesOf = (size: WorkloadSize): readonly Stretch[] =>
  Array.from({ length: size.partitions * stretchesPerPartition }, (_, i) => {
    const partition = Math.floor(i / stretchesPerPartition);
    const part = i % stretchesPerPartition;
    const at = (share: number): number =>
      Math.floor((size.recordsPerPartition * share) / stretchesPerPartition);
    return { id: `stretch-${i}`, partition, next: at(part), end: at(part + 1) };
  });

/** The same records in many small splits, handed out while the job runs, in no order of time. */
export const poolSource = (seed: number, size: WorkloadSize): Source<Numbered, Stretch, PoolState> => ({
  kind: 'pool',
  boundedness: 'bounded',
  createEnumerator: (context, restored) =>
    new PoolEnumerator(context, size.pauseMs, restored?.left ?? stretchesOf(size)),
  createReader: (context) => createReader(seed, size, context, 'sequence'),
});
