import { describe, expect, it } from 'vitest';
import { Slot } from '../../src/task/slot.ts';
import type { RemoteChannels } from '../../src/task/slot-setup.ts';
import { newStatistics } from '../../src/task/statistics.ts';
import type { Subtask } from '../../src/task/subtask.ts';
import { ManualSystem, settlePromises } from '../transforms/manual-system.ts';

interface Part {
  /** Steps that make progress; then it is idle, or ends when `ends`. */
  steps?: number;
  ends?: boolean;
  nextTimeMs?: () => number;
  step?: () => 'progress' | 'idle';
  open?: () => void | Promise<void>;
  close?: () => void | Promise<void>;
  flush?: () => void | Promise<void>;
}

/** A slot of subtasks that do what a test says; what happens is told as texts. */
const newRig = (parts: readonly Part[], remote: Pick<RemoteChannels, 'pump' | 'sleep' | 'isEmpty'> = {}) => {
  const machine = new ManualSystem();
  const log: string[] = [];
  const slot = new Slot(
    machine.system,
    {
      onFinished: (drained) => log.push(drained ? 'finished' : 'stopped'),
      onFailed: (error) => log.push(`failed: ${error instanceof Error ? error.message : String(error)}`),
    },
    remote,
  );
  const subtasks = parts.map((part, number) => {
    let left = part.steps ?? 0;
    const subtask = {
      task: number,
      name: `task ${number}`,
      ended: false,
      statistics: newStatistics(),
      nextTimeMs: part.nextTimeMs ?? (() => Infinity),
      open: async () => {
        log.push(`open ${number}`);
        await part.open?.();
      },
      close: async () => {
        log.push(`close ${number}`);
        await part.close?.();
      },
      flush: async () => {
        log.push(`flush ${number}`);
        await part.flush?.();
      },
      step: () => {
        if (part.step !== undefined) return part.step();
        if (left > 0) {
          left--;
          log.push(`step ${number}`);
          return 'progress';
        }
        if (part.ends === true && !subtask.ended) {
          subtask.ended = true;
          slot.subtaskEnded(true);
        }
        return 'idle';
      },
    };
    return subtask as unknown as Subtask;
  });
  return {
    slot,
    machine,
    take: (): string[] => log.splice(0),
    start: async (): Promise<void> => {
      void slot.start(subtasks);
      await settlePromises();
    },
    /** Lets the machine go on for so long, and promises settle. */
    run: async (byMs = 0): Promise<void> => {
      machine.advance(byMs);
      await settlePromises();
      machine.advance(0);
      await settlePromises();
    },
  };
};

/** A step that has nothing to do, counted. */
const counting = () => {
  const calls = {
    count: 0,
    step: (): 'idle' => {
      calls.count++;
      return 'idle';
    },
  };
  return calls;
};

describe('a slot', () => {
  it('opens its subtasks from the last to the first, then runs them in turn', async () => {
    const rig = newRig([{ steps: 2 }, { steps: 3 }]);
    await rig.start();
    expect(rig.take()).toEqual(['open 1', 'open 0']);
    await rig.run();
    expect(rig.take()).toEqual(['step 0', 'step 1', 'step 0', 'step 1', 'step 1']);
  });

  it('runs only who was woken', async () => {
    const second = counting();
    const rig = newRig([{ step: () => 'idle' }, { step: second.step }]);
    await rig.start();
    await rig.run();
    expect(second.count).toBe(1);
    rig.slot.wake(0);
    await rig.run();
    expect(second.count).toBe(1);
    rig.slot.wake(1);
    rig.slot.wake(1);
    await rig.run();
    expect(second.count).toBe(2);
  });

  it('lets the event loop have its turn after a few milliseconds of work', async () => {
    let steps = 0;
    const rig = newRig([
      {
        step: () => {
          rig.machine.nowMs += 2;
          steps++;
          return steps < 30 ? 'progress' : 'idle';
        },
      },
    ]);
    await rig.start();
    let between = -1;
    rig.machine.system.timers.after(3, () => {
      between = steps;
    });
    await rig.run(100);
    expect(between).toBeGreaterThan(0);
    expect(between).toBeLessThan(10);
    expect(steps).toBe(30);
  });

  it('wakes everybody when the first timer of a subtask is due', async () => {
    let nextMs = 50;
    const at: number[] = [];
    const rig = newRig([
      {
        nextTimeMs: () => nextMs,
        step: () => {
          at.push(rig.machine.nowMs);
          if (rig.machine.nowMs >= nextMs) nextMs = nextMs === 50 ? 80 : Infinity;
          return 'idle';
        },
      },
    ]);
    await rig.start();
    await rig.run();
    await rig.run(49);
    expect(at).toEqual([0]);
    await rig.run(1);
    expect(at).toEqual([0, 50]);
    await rig.run(200);
    expect(at).toEqual([0, 50, 80]);
    expect(rig.machine.pendingTimers).toBe(0);
  });

  it('asks a subtask whose time has come, but that cannot go on, again without spinning', async () => {
    const due = counting();
    const rig = newRig([{ nextTimeMs: () => 0, step: due.step }]);
    await rig.start();
    await rig.run(10);
    expect(due.count).toBeGreaterThan(5);
    expect(due.count).toBeLessThan(15);
  });

  it('moves what came from other threads between rounds, and sleeps until more comes', async () => {
    let pumped = 0;
    const sleepers: (() => void)[] = [];
    const rig = newRig([{ steps: 2 }], {
      pump: () => {
        pumped++;
        return false;
      },
      sleep: (onWork) => void sleepers.push(onWork),
    });
    await rig.start();
    await rig.run();
    expect(pumped).toBe(4);
    expect(sleepers).toHaveLength(1);
    sleepers[0]?.();
    await rig.run();
    expect(pumped).toBe(5);
    expect(sleepers).toHaveLength(2);
  });
});

describe('the end of a slot', () => {
  it('comes when every subtask has ended, and closes all', async () => {
    const rig = newRig([{ ends: true }, { steps: 1, ends: true }]);
    await rig.start();
    await rig.run();
    expect(rig.take()).toEqual([
      'open 1',
      'open 0',
      'step 1',
      'flush 0',
      'flush 1',
      'close 0',
      'close 1',
      'finished',
    ]);
  });

  it('waits until what is to be sent has left for other threads', async () => {
    let isEmpty = false;
    const rig = newRig([{ ends: true }], { isEmpty: () => isEmpty, pump: () => false });
    await rig.start();
    await rig.run(5);
    expect(rig.take()).not.toContain('finished');
    isEmpty = true;
    await rig.run(1);
    expect(rig.take()).toEqual(['close 0', 'finished']);
  });

  it('is a failure when a sink cannot be flushed', async () => {
    const rig = newRig([{ ends: true, flush: () => Promise.reject(new Error('disk full')) }]);
    await rig.start();
    await rig.run();
    expect(rig.take().slice(-2)).toEqual(['close 0', 'failed: disk full']);
  });
});

describe('a failure in a slot', () => {
  const throwing = (message: string) => () => {
    throw new Error(message);
  };

  it('ends it: everybody is closed once, and it is told once', async () => {
    const rig = newRig([{ steps: 1 }, { step: throwing('broken') }, { steps: 9 }]);
    await rig.start();
    await rig.run();
    rig.slot.fail(new Error('another'));
    await rig.run();
    const log = rig.take();
    expect(log.filter((text) => text.startsWith('close'))).toEqual(['close 0', 'close 1', 'close 2']);
    expect(log.filter((text) => text.startsWith('failed'))).toEqual([expect.stringContaining('broken')]);
    expect(log.at(-1)).toContain('broken');
  });

  it('names the task when the line lies in the code of the job', async () => {
    const rig = newRig([{ step: throwing('broken') }]);
    await rig.start();
    await rig.run();
    expect(rig.take().at(-1)).toBe('failed: The task “task 0” failed: broken');
  });

  it('is not hidden by a second one while closing', async () => {
    const rig = newRig([{ step: throwing('first'), close: () => Promise.reject(new Error('second')) }]);
    await rig.start();
    await rig.run();
    expect(rig.take().at(-1)).toContain('first');
  });

  it('while closing after a clean end is told', async () => {
    const rig = newRig([
      { ends: true, close: () => Promise.reject(new Error('half closed')) },
      { ends: true },
    ]);
    await rig.start();
    await rig.run();
    expect(rig.take().slice(-3)).toEqual(['close 0', 'close 1', 'failed: half closed']);
  });

  it('while opening closes what was begun and opens nothing more', async () => {
    const rig = newRig([{}, { open: () => Promise.reject(new Error('no such table')) }, {}]);
    await rig.start();
    await rig.run();
    expect(rig.take()).toEqual(['open 2', 'open 1', 'close 1', 'close 2', 'failed: no such table']);
  });
});

describe('cancelling a slot', () => {
  it('closes its subtasks and tells nobody', async () => {
    const rig = newRig([{ steps: 1 }]);
    await rig.start();
    await rig.run();
    rig.take();
    const cancelled = rig.slot.cancel();
    rig.slot.wake(0);
    await cancelled;
    await rig.run();
    expect(rig.take()).toEqual(['close 0']);
  });

  it('resolves when everything is closed, also when it was asked for twice', async () => {
    let letClose: () => void = () => undefined;
    const rig = newRig([{ close: () => new Promise<void>((resolve) => (letClose = resolve)) }]);
    await rig.start();
    await rig.run();
    let settled = 0;
    for (let i = 0; i < 2; i++) void rig.slot.cancel().then(() => settled++);
    await settlePromises();
    expect(settled).toBe(0);
    letClose();
    await settlePromises();
    expect(settled).toBe(2);
    expect(rig.take().filter((text) => text === 'close 0')).toHaveLength(1);
  });

  it('while something is being opened waits for it, opens no more, and closes that too', async () => {
    let letOpen: () => void = () => undefined;
    const rig = newRig([{}, { open: () => new Promise<void>((resolve) => (letOpen = resolve)) }]);
    await rig.start();
    const cancelled = rig.slot.cancel();
    await settlePromises();
    expect(rig.take()).toEqual(['open 1']);
    letOpen();
    await cancelled;
    expect(rig.take()).toEqual(['close 1']);
  });

  it('does not wait for ever for something that never opens', async () => {
    const rig = newRig([{ open: () => new Promise<void>(() => undefined) }]);
    await rig.start();
    let isCancelled = false;
    void rig.slot.cancel().then(() => {
      isCancelled = true;
    });
    await rig.run(4999);
    expect(isCancelled).toBe(false);
    await rig.run(1);
    expect(isCancelled).toBe(true);
    expect(rig.take()).toEqual(['open 0', 'close 0']);
  });

  it('before the start opens nothing', async () => {
    const rig = newRig([{}]);
    await rig.slot.cancel();
    await rig.start();
    await rig.run();
    expect(rig.take()).toEqual([]);
  });
});
