import type { Partitioning } from '../api/transform.ts';
import type { Batch, BatchKeys } from '../batch/batch.ts';
import { selectRows, sliceBatch } from '../batch/slice.ts';
import { MillraceError } from '../contract/errors.ts';
import { keyGroupOf } from '../state/key-groups.ts';
import { createEdgeKeyExtractor, type KeyExtractor } from './keys.ts';
import type { RoutingTable } from './routing-table.ts';

/** Splits a batch over `receivers` channels; calls `deliver` for each part, in order of channel. */
export interface Partitioner {
  split(batch: Batch, receivers: number, deliver: (receiver: number, part: Batch) => void): void;
  /** The routing table for the records that follow. */
  reroute(table: RoutingTable): void;
}

/** What becomes of a record for which no subtask can be found: throws, or returns to go on without it. */
export type RecordRefusal = (error: unknown, record: unknown, timestampMs: number) => void;

const throwIt: RecordRefusal = (error) => {
  throw error;
};

/** A batch with its keys. Where some record has none, records are tried one by one, and only those with a key go on. */
const withKeys = (batch: Batch, extract: KeyExtractor, refuse: RecordRefusal): Batch => {
  try {
    return batch.withKeys(extract(batch));
  } catch {
    const kept = new Int32Array(batch.length);
    let count = 0;
    for (let i = 0; i < batch.length; i++) {
      try {
        extract(sliceBatch(batch, i, i + 1));
        kept[count++] = i;
      } catch (error) {
        refuse(error, batch.rows()[i], batch.timestamps[i] as number);
      }
    }
    const rest = selectRows(batch, kept, count);
    return rest.withKeys(extract(rest));
  }
};

const keyed = (extract: KeyExtractor, initial: RoutingTable, refuse: RecordRefusal): Partitioner => {
  let table = initial;
  /** Indices by receiver, reused from batch to batch. */
  const lists: Int32Array[] = [];
  const counts: number[] = [];
  const split = (batch: Batch, receivers: number, deliver: (receiver: number, part: Batch) => void): void => {
    const keyedBatch = withKeys(batch, extract, refuse);
    const { length } = keyedBatch;
    if (length === 0) return;
    if (receivers === 1) return deliver(0, keyedBatch);
    const { hashes } = keyedBatch.keys as BatchKeys;
    const { slotOf } = table;
    for (let receiver = 0; receiver < receivers; receiver++) {
      counts[receiver] = 0;
      if ((lists[receiver]?.length ?? 0) < length) lists[receiver] = new Int32Array(length);
    }
    for (let i = 0; i < length; i++) {
      // A task of fewer subtasks than the job has slots shares them out over those it has.
      const receiver = (slotOf[keyGroupOf(hashes[i] as number, slotOf.length)] as number) % receivers;
      const count = counts[receiver] as number;
      (lists[receiver] as Int32Array)[count] = i;
      counts[receiver] = count + 1;
    }
    for (let receiver = 0; receiver < receivers; receiver++) {
      const count = counts[receiver] as number;
      if (count === length) deliver(receiver, keyedBatch);
      else if (count > 0) deliver(receiver, selectRows(keyedBatch, lists[receiver] as Int32Array, count));
    }
  };
  return {
    split,
    reroute: (next) => {
      table = next;
    },
  };
};

const unaffected = { reroute: (): void => undefined };

/** Cuts each batch into equal parts and starts with another receiver each time. */
const rebalance = (): Partitioner => {
  let start = 0;
  return {
    ...unaffected,
    split: (batch, receivers, deliver) => {
      const size = Math.ceil(batch.length / receivers);
      for (let from = 0; from < batch.length; from += size) {
        deliver(start, sliceBatch(batch, from, Math.min(from + size, batch.length)));
        start = (start + 1) % receivers;
      }
    },
  };
};

const broadcast: Partitioner = {
  ...unaffected,
  split: (batch, receivers, deliver) => {
    for (let receiver = 0; receiver < receivers; receiver++) deliver(receiver, batch);
  },
};

/** A forward edge has one channel; a global one uses its first. */
const toFirst: Partitioner = {
  ...unaffected,
  split: (batch, _receivers, deliver) => deliver(0, batch),
};

const chosen = (receiver: number, receivers: number): number => {
  if (Number.isInteger(receiver) && receiver >= 0 && receiver < receivers) return receiver;
  throw new MillraceError('user-code', `A custom partitioner chose ${receiver} of ${receivers} subtasks.`, {
    hint: 'Return a whole number from 0 up to parallelism − 1.',
  });
};

const custom = (
  choose: (value: unknown, parallelism: number) => number,
  refuse: RecordRefusal,
): Partitioner => ({
  ...unaffected,
  split: (batch, receivers, deliver) => {
    const rows = batch.rows();
    const lists = Array.from({ length: receivers }, (): number[] => []);
    for (let i = 0; i < batch.length; i++) {
      try {
        (lists[chosen(choose(rows[i], receivers), receivers)] as number[]).push(i);
      } catch (error) {
        refuse(error, rows[i], batch.timestamps[i] as number);
      }
    }
    lists.forEach((list, receiver) => {
      if (list.length > 0) deliver(receiver, selectRows(batch, Int32Array.from(list), list.length));
    });
  },
});

/**
 * The partitioner of one edge of one sending subtask. Records whose key or subtask cannot be found (the author's function
 * throws, a key is no supported value) go to `refuse`; by default they throw.
 */
export const createPartitioner = (
  partitioning: Partitioning,
  table: RoutingTable,
  refuse: RecordRefusal = throwIt,
): Partitioner => {
  switch (partitioning.kind) {
    case 'hash':
      return keyed(createEdgeKeyExtractor(partitioning.key), table, refuse);
    case 'rebalance':
    case 'rescale':
      return rebalance();
    case 'broadcast':
      return broadcast;
    case 'global':
    case 'forward':
      return toFirst;
    case 'custom':
      return custom(partitioning.choose, refuse);
  }
};
