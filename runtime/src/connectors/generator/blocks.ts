import type { SourceReaderContext } from '../../api/connectors.ts';
import type { ActiveSplit } from '../../api/split-reader.ts';
import { createTimestampReader } from '../../api/timestamp-reader.ts';
import { Batch } from '../../batch/batch.ts';
import { assertSupported } from '../../batch/values.ts';
import type { Cancellable } from '../../sys/system.ts';
import type { RowGeneratorOptions } from './options.ts';
import { Pace } from './pace.ts';
import { SeekableRandom } from './random.ts';

/** The blocks number `first`, `first + step`, … of which `position` records are done. */
export interface GeneratorSplit {
  readonly id: string;
  readonly first: number;
  readonly step: number;
  readonly blockRecords: number;
  readonly position: number;
}

/** Makes the records `from` to `from + count − 1`. */
export type BatchMaker = (from: number, count: number) => Batch;

/** Calls the author's function for each record of a block. */
export const createRowMaker = <T>(options: RowGeneratorOptions<T>): BatchMaker => {
  const { generate } = options;
  const readTimestamps = createTimestampReader(options.timestamp);
  const random = new SeekableRandom(options.seed ?? 0);
  return (from, count) => {
    const rows = new Array<T>(count);
    for (let i = 0; i < count; i++) {
      random.seek(from + i);
      rows[i] = generate(from + i, random);
    }
    // One record in a block: a look at each would cost more than making it.
    assertSupported(rows[0], 'the function `generate`');
    const timestamps = new Float64Array(count);
    readTimestamps(rows, from, timestamps);
    return Batch.ofRows(rows, timestamps);
  };
};

/** The number of the record at a position of a split. */
export const indexOf = (split: GeneratorSplit, position: number): number => {
  const round = Math.floor(position / split.blockRecords);
  return (round * split.step + split.first) * split.blockRecords + (position % split.blockRecords);
};

/** The number of the first record of the round that a position is in: there all splits stood at about the same time. */
const startOfRound = (split: GeneratorSplit, position: number): number =>
  Math.floor(position / split.blockRecords) * split.step * split.blockRecords;

/** Reads one split: at most the rest of a block a poll, and no more than is due. */
export const createBlockReader = (
  split: GeneratorSplit,
  limits: { readonly count?: number; readonly recordsPerSecond?: number },
  make: BatchMaker,
  context: SourceReaderContext<unknown>,
): ActiveSplit<GeneratorSplit> => {
  const { clock, timers } = context.system;
  const end = limits.count ?? Number.POSITIVE_INFINITY;
  const output = context.split(split.id);
  let position = split.position;
  let timer: Cancellable | undefined;
  const pace =
    limits.recordsPerSecond === undefined
      ? undefined
      : new Pace(limits.recordsPerSecond, startOfRound(split, position), clock.monotonicMs());

  const wakeWhenDue = (records: number): void => {
    if (pace === undefined || timer !== undefined) return;
    timer = timers.after(Math.max(1, pace.timeOf(records) - clock.monotonicMs()), () => {
      timer = undefined;
      context.wake();
    });
  };
  return {
    poll: () => {
      const from = indexOf(split, position);
      if (from >= end) return 'end';
      const due = pace === undefined ? end : Math.min(end, pace.dueAt(clock.monotonicMs()));
      const restOfBlock = split.blockRecords - (position % split.blockRecords);
      const count = Math.min(restOfBlock, due - from);
      if (count <= 0) {
        wakeWhenDue(from + 1);
        return 'waiting';
      }
      output.emitBatch(make(from, count));
      position += count;
      return indexOf(split, position) < end ? 'more' : 'end';
    },
    snapshot: () => ({ ...split, position }),
    close: () => {
      timer?.cancel();
      output.release();
    },
  };
};
