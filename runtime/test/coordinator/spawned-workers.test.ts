import { describe, expect, it } from 'vitest';
import { SpawnedWorkers } from '../../src/coordinator/spawned-workers.ts';
import type { ChildProcess } from '../../src/sys/processes.ts';
import { settle } from '../../src/testing/settle.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';
import { keptLog } from './frozen-job.ts';

/** Workers whose processes are the test's. */
const spawned = (count: number) => {
  const machine = createTestSystem();
  const { logger, lines } = keptLog();
  const processes: { readonly name: string; exit(problem?: string): void; killed: boolean }[] = [];
  const spawn = (_entry: URL, environment: Readonly<Record<string, string>>): ChildProcess => {
    const listeners: ((problem: string | undefined) => void)[] = [];
    const made = {
      name: environment['NAME'] as string,
      killed: false,
      exit: (problem?: string): void => {
        for (const listener of listeners) listener(problem);
      },
    };
    processes.push(made);
    return {
      pid: processes.length,
      kill: () => {
        made.killed = true;
        made.exit('it was ended by SIGKILL');
      },
      onExit: (listener) => void listeners.push(listener),
    };
  };
  const workers = new SpawnedWorkers({
    system: { ...machine.system, processes: { ...machine.system.processes, spawn } },
    logger,
    count,
    environmentOf: (name) => ({ NAME: name }),
  });
  return { machine, processes, workers, lines };
};

describe('workers of this machine', () => {
  it('are started with their names, and again when they die', () => {
    const { machine, processes, lines } = spawned(2);
    expect(processes.map(({ name }) => name)).toEqual(['worker-0', 'worker-1']);
    machine.advance(60_000);
    processes[1]?.exit('it was ended by SIGKILL');
    machine.advance(0);
    expect(processes.map(({ name }) => name)).toEqual(['worker-0', 'worker-1', 'worker-1']);
    expect(lines).toEqual([
      'info: worker-0 is started',
      'info: worker-1 is started',
      'warn: The process of worker-1 is gone: it was ended by SIGKILL; it is started again',
      'info: worker-1 is started',
    ]);
  });

  it('are started later and later when they die as soon as they live', () => {
    const { machine, processes } = spawned(1);
    const startedMs: number[] = [];
    for (let life = 0; life < 9; life++) {
      const before = processes.length;
      processes.at(-1)?.exit();
      const diedMs = machine.nowMs;
      while (processes.length === before) machine.advance(500);
      startedMs.push(machine.nowMs - diedMs);
    }
    expect(startedMs).toEqual([500, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });

  it('are waited for at the end, and ended when they stay', async () => {
    const { machine, processes, workers } = spawned(2);
    const closing = workers.close();
    processes[0]?.exit();
    machine.advance(10_000);
    await settle(machine);
    await closing;
    expect(processes.map(({ killed }) => killed)).toEqual([false, true]);
    expect(machine.pendingTimers).toBe(0);
  });
});
