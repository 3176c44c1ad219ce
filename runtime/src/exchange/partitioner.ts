import type { Partitioning } from '../api/transform.ts';
import type { Batch, BatchKeys } from '../batch/batch.ts';
import { selectRows, sliceBatch } from '../batch/slice.ts';
import { MillraceError } from '../contract/errors.ts';
import { keyGroupOf } from '../state/key-groups.ts';
import { createKeyExtractor } from './keys.ts';
import type { RoutingTable } from './routing-table.ts';

/** Splits a batch over `receivers` channels; calls `deliver` for each part, in order of channel. */
export interface Partitioner {
  split(batch: Batch, receivers: number, deliver: (receiver: number, part: Batch) => void): void;
  /** The routing table for the records that follow. */
  reroute(table: RoutingTable): void;
}

const keyed = (extract: (batch: Batch) => BatchKeys, initial: RoutingTable): Partitioner => {
  let table = initial;
  /** Indices by receiver, reused from batch to batch. */
  const lists: Int32Array[] = [];
  const counts: number[] = [];
  const split = (batch: Batch, receivers: number, deliver: (receiver: number, part: Batch) => void): void => {
    const withKeys = batch.withKeys(extract(batch));
    if (receivers === 1) return deliver(0, withKeys);
    const { hashes } = withKeys.keys as BatchKeys;
    const { slotOf } = table;
    for (let receiver = 0; receiver < receivers; receiver++) {
      counts[receiver] = 0;
      if ((lists[receiver]?.length ?? 0) < batch.length) lists[receiver] = new Int32Array(batch.length);
    }
    for (let i = 0; i < batch.length; i++) {
      // A task of fewer subtasks than the job has slots shares them out over those it has.
      const receiver = (slotOf[keyGroupOf(hashes[i] as number, slotOf.length)] as number) % receivers;
      const count = counts[receiver] as number;
      (lists[receiver] as Int32Array)[count] = i;
      counts[receiver] = count + 1;
    }
    for (let receiver = 0; receiver < receivers; receiver++) {
      const count = counts[receiver] as number;
      if (count === batch.length) deliver(receiver, withKeys);
      else if (count > 0) deliver(receiver, selectRows(withKeys, lists[receiver] as Int32Array, count));
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

const custom = (choose: (value: unknown, parallelism: number) => number): Partitioner => ({
  ...unaffected,
  split: (batch, receivers, deliver) => {
    const rows = batch.rows();
    const lists = Array.from({ length: receivers }, () => [] as number[]);
    for (let i = 0; i < batch.length; i++) {
      const receiver = choose(rows[i], receivers);
      const list = lists[receiver];
      if (list === undefined) {
        throw new MillraceError(
          'user-code',
          `A custom partitioner chose ${receiver} of ${receivers} subtasks.`,
          {
            hint: 'Return a whole number from 0 up to parallelism − 1.',
          },
        );
      }
      list.push(i);
    }
    lists.forEach((list, receiver) => {
      if (list.length > 0) deliver(receiver, selectRows(batch, Int32Array.from(list), list.length));
    });
  },
});

/** The partitioner of one edge of one sending subtask. */
export const createPartitioner = (partitioning: Partitioning, table: RoutingTable): Partitioner => {
  switch (partitioning.kind) {
    case 'hash':
      return keyed(createKeyExtractor(partitioning.key), table);
    case 'rebalance':
    case 'rescale':
      return rebalance();
    case 'broadcast':
      return broadcast;
    case 'global':
    case 'forward':
      return toFirst;
    case 'custom':
      return custom(partitioning.choose);
  }
};
