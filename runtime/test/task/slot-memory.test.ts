import { describe, expect, it } from 'vitest';
import type { MillraceError } from '../../src/contract/errors.ts';
import type { MemoryBudget } from '../../src/contract/memory-budget.ts';
import type { MemoryUsage } from '../../src/sys/memory.ts';
import { SlotMemory } from '../../src/task/slot-memory.ts';
import { MetricGroup } from '../../src/telemetry/metrics.ts';

const mebibyte = 2 ** 20;
const budget: MemoryBudget = {
  heapMiB: 100,
  youngGenerationMiB: 24,
  typedStateBytes: 50 * mebibyte,
  channelBytes: 0,
  batchBytes: 10 * mebibyte,
};
const calm: MemoryUsage = { heapBytes: 0, heapLimitBytes: 1000 * mebibyte, arrayBytes: 0 };

/** The memory of slot 3 on a machine whose collections a test makes. */
const create = (limited = true) => {
  const failures: MillraceError[] = [];
  const listeners = new Set<() => void>();
  let usage = calm;
  const metrics = new MetricGroup();
  const memory = new SlotMemory({
    system: {
      memory: {
        machineBytes: () => 0,
        usage: () => usage,
        collectYoung: () => undefined,
        afterCollection: (callback) => {
          listeners.add(callback);
          return { cancel: () => void listeners.delete(callback) };
        },
      },
    },
    metrics,
    slot: 3,
    budget: limited ? budget : undefined,
    fail: (error) => void failures.push(error),
  });
  return {
    memory,
    failures,
    listeners,
    gauges: () => metrics.snapshot().groups['memory']?.gauges ?? {},
    collect: (now: Partial<MemoryUsage>): void => {
      usage = { ...calm, ...now };
      for (const listener of listeners) listener();
    },
  };
};

describe('typed state under a budget', () => {
  it('may take all of it', () => {
    const { memory, failures } = create();
    memory.accountOf('count', 'sum').grow(30 * mebibyte);
    memory.accountOf('count', 'join').grow(20 * mebibyte);
    expect(failures).toEqual([]);
  });

  it('fails the job beyond, by the names of task, transform and state, with what is used and what to do', () => {
    const { memory } = create();
    memory.accountOf('ingest', 'dedupe').grow(45 * mebibyte);
    const state = memory.accountOf('count', 'sum').open({ state: 'seen' });
    state.grow(3 * mebibyte);
    expect(() => state.grow(2.5 * mebibyte)).toThrow(
      expect.objectContaining({
        code: 'resource',
        message:
          'State outgrew the memory of slot 3: “sum” asked for 2.5 MiB more, and 48 MiB of 50 MiB are in use ' +
          '(state of “dedupe” 45 MiB, “sum” 3.0 MiB).',
        hint: expect.stringContaining('Raise spec.resources.memory') as string,
        where: {
          task: 'count',
          transform: 'sum',
          state: 'seen',
          slot: 3,
          usedBytes: 48 * mebibyte,
          budgetBytes: 50 * mebibyte,
        },
      }),
    );
  });

  it('tells the slot before it throws: a function that catches the error does not keep the job going', () => {
    const { memory, failures } = create();
    try {
      memory.accountOf('count', 'sum').grow(51 * mebibyte);
    } catch {
      // As the code of a job may do.
    }
    expect(failures).toHaveLength(1);
  });

  it('names the three that hold the most', () => {
    const { memory } = create();
    for (const [i, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      memory.accountOf('task', name).grow((i + 1) * mebibyte);
    }
    const asking = memory.accountOf('task', 'f');
    expect(() => asking.grow(40 * mebibyte)).toThrow('(state of “e” 5.0 MiB, “d” 4.0 MiB, “c” 3.0 MiB).');
  });

  it('is only counted where there is no budget', () => {
    const { memory, failures, gauges } = create(false);
    memory.accountOf('count', 'sum').grow(1000 * mebibyte);
    expect(failures).toEqual([]);
    expect(Object.keys(gauges())).toEqual(['typedStateBytes']);
  });

  it('is shown by gauges, summed over slots', () => {
    const { memory, gauges } = create();
    memory.accountOf('count', 'sum').grow(7);
    expect(gauges()).toMatchObject({
      typedStateBytes: { value: 7, merge: 'sum' },
      typedStateBudgetBytes: { value: 50 * mebibyte, merge: 'sum' },
    });
  });
});

describe('the heap of a slot', () => {
  it('may be filled to a little below its budget', () => {
    const { memory, failures, collect } = create();
    memory.watch();
    collect({ heapBytes: 95 * mebibyte });
    expect(failures).toEqual([]);
  });

  it('fails the job when more than that is left after a collection', () => {
    const { memory, failures, collect } = create();
    memory.watch();
    collect({ heapBytes: 96 * mebibyte });
    expect(failures).toMatchObject([
      {
        code: 'resource',
        message: 'The heap of slot 3 outgrew the memory: 96 MiB of 100 MiB are in use.',
        hint: expect.stringContaining('Raise spec.resources.memory') as string,
        where: { slot: 3, usedBytes: 96 * mebibyte, budgetBytes: 100 * mebibyte },
      },
    ]);
  });

  it('fails the job before the engine ends the process, where its limit is lower', () => {
    const { memory, failures, collect } = create();
    memory.watch();
    collect({ heapBytes: 60 * mebibyte, heapLimitBytes: 60 * mebibyte });
    expect(failures).toMatchObject([{ message: expect.stringContaining('of 60 MiB') as string }]);
  });

  it('has arrays beside it that nobody counts: they have the room of state and batches', () => {
    const { memory, failures, collect } = create();
    memory.watch();
    collect({ arrayBytes: 68 * mebibyte });
    expect(failures).toEqual([]);
    collect({ arrayBytes: 69 * mebibyte });
    expect(failures).toMatchObject([
      {
        message:
          'State and batches in typed arrays of slot 3 outgrew the memory: 69 MiB of 68 MiB are in use.',
      },
    ]);
  });

  it('is not charged for arrays that were there before the slot', () => {
    const { memory, failures, collect } = create();
    collect({ arrayBytes: 30 * mebibyte });
    memory.watch();
    collect({ arrayBytes: 98 * mebibyte });
    expect(failures).toEqual([]);
    collect({ arrayBytes: 99 * mebibyte });
    expect(failures).toHaveLength(1);
  });

  it('is looked at no more when the slot is over, and never without a budget', () => {
    const { memory, listeners } = create();
    memory.watch();
    expect(listeners.size).toBe(1);
    memory.close();
    expect(listeners.size).toBe(0);
    const unlimited = create(false);
    unlimited.memory.watch();
    expect(unlimited.listeners.size).toBe(0);
  });
});
