/** Where a program reads its items. */
import {
  Batch,
  boundedOutOfOrderness,
  createFixedSplits,
  createSplitReader,
  type FixedSplitsState,
  type Source,
  type StreamEnvironment,
} from 'millrace';
import { ByteReader, ByteWriter, decodeBatch, encodeBatch } from '../../src/batch/codec.ts';
import { disorderMs, type Item } from './items.ts';
import type { World } from './step.ts';

/** How items are read. */
export interface Reading {
  /** Records come as the wire brings them, in columns, or as objects. */
  readonly columns: boolean;
  /** Not 0: something else may happen between any two batches. */
  readonly moves: number;
  /** So many turns of the event loop, where something else may happen; 1 when absent. */
  readonly restTurns?: number | undefined;
  /** Records in a batch; 5 when absent. */
  readonly batchRecords?: number | undefined;
  /** Subtasks of every source; absent = as many as there are slots. */
  readonly sourceParallelism?: number | undefined;
  /** Called before each batch is read; may throw. */
  readonly onPoll?: (() => void) | undefined;
}

const overWire = (batch: Batch): Batch => {
  const writer = new ByteWriter(16);
  encodeBatch(batch, writer);
  return decodeBatch(new ByteReader(writer.toBytes()));
};

interface Position {
  readonly id: string;
  readonly next: number;
  readonly end: number;
}

/** Contiguous parts of a list, one a subtask, each given in batches of a few records. */
export const itemSource = (
  list: readonly Item[],
  { columns, moves, restTurns = 1, batchRecords = 5, onPoll }: Reading,
): Source<Item, Position, FixedSplitsState<Position>> => ({
  kind: 'items',
  boundedness: 'bounded',
  createEnumerator: (context, restored) =>
    createFixedSplits(
      context,
      Array.from({ length: context.parallelism }, (_, i) => ({
        id: `${i}`,
        next: Math.floor((list.length * i) / context.parallelism),
        end: Math.floor((list.length * (i + 1)) / context.parallelism),
      })),
      restored,
    ),
  createReader: (context) =>
    createSplitReader<Position>({
      order: 'together',
      requestSplit: () => context.requestSplit(),
      start: ({ id, next, end }) => {
        const output = context.split(id);
        let at = next;
        const turns = moves === 0 ? 0 : restTurns;
        let rests = turns;
        return {
          poll: () => {
            if (rests > 0) {
              rests--;
              setImmediate(() => context.wake());
              return 'waiting';
            }
            rests = turns;
            onPoll?.();
            if (at >= end) return 'end';
            const rows = list.slice(at, Math.min(end, at + batchRecords));
            const batch = Batch.ofRows(rows, new Float64Array(rows.length).fill(NaN));
            output.emitBatch(columns ? overWire(batch) : batch);
            at += rows.length;
            return 'more';
          },
          snapshot: () => ({ id, next: at, end }),
          close: () => output.release(),
        };
      },
    }),
});

export const worldOf = (env: StreamEnvironment, how: Reading): World => ({
  env,
  source: (list) => {
    const stream = env.fromSource(
      itemSource(list, how),
      boundedOutOfOrderness<Item>(disorderMs).withTimestamps('time'),
    );
    return how.sourceParallelism === undefined ? stream : stream.setParallelism(how.sourceParallelism);
  },
});
