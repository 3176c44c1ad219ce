import { describe, expect, it } from 'vitest';
import { end, idle, newRig, passing, records, stopped, watermark } from './rig.ts';

describe('a subtask', () => {
  it('walks records through its chain and hands the results out', () => {
    const rig = newRig({ links: [passing('a'), passing('b')] });
    rig.give(records(1, 2), records(3));
    rig.run();
    expect(rig.take()).toEqual(['out 1 2', 'out 3']);
    expect(rig.subtask.statistics.recordsIn).toBe(3);
  });

  it('walks a watermark link by link before it takes the next input', () => {
    const rig = newRig({ links: [passing('a'), passing('b')] });
    rig.give(watermark(5), records(1));
    rig.run();
    expect(rig.take()).toEqual(['a w5', 'b w5', 'out w5', 'out 1']);
    expect(rig.subtask.statistics.watermarkMs).toBe(5);
  });

  it('hands on what a watermark makes a link emit before the watermark itself', () => {
    const firing = (log: string[], output: { emit(value: unknown, timestampMs: number): void }) => ({
      advanceWatermark: (timeMs: number) => {
        log.push(`fires at ${timeMs}`);
        output.emit(`window ${timeMs}`, timeMs);
        return true;
      },
    });
    const rig = newRig({ links: [firing, passing('b')] });
    rig.give(watermark(5));
    rig.run();
    expect(rig.take()).toEqual(['fires at 5', 'out window 5', 'b w5', 'out w5']);
  });

  it('lets a link change or keep the watermark that it hands on', () => {
    const halving = () => ({ outputWatermark: (timeMs: number) => (timeMs < 10 ? -Infinity : timeMs / 2) });
    const rig = newRig({ links: [halving, passing('b')] });
    rig.give(watermark(4), watermark(20));
    rig.run();
    expect(rig.take()).toEqual(['b w10', 'out w10']);
  });

  it('starts a watermark that a link has made by itself behind that link', () => {
    let made = -Infinity;
    const making = (_: string[], output: { emitBatch(batch: never): void }) => ({
      process: (batch: never) => {
        made = 7;
        output.emitBatch(batch);
      },
      generatedWatermark: () => {
        const timeMs = made;
        made = -Infinity;
        return timeMs;
      },
    });
    const rig = newRig({ links: [passing('a'), making, passing('c')] });
    rig.give(records(1));
    rig.run();
    expect(rig.take()).toEqual(['out 1', 'c w7', 'out w7']);
  });

  it('tells idleness on, once nothing is in flight', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.give(idle);
    rig.run();
    expect(rig.take()).toEqual(['out idle']);
  });
});

describe('a subtask without credit', () => {
  it('takes no input, and goes on when credit has come', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.give(records(1));
    rig.control.credit = false;
    expect(rig.run()).toBe(0);
    expect(rig.control.taken).toBe(0);
    rig.control.credit = true;
    rig.run();
    expect(rig.take()).toEqual(['out 1']);
  });

  it('counts how long it has waited', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.control.credit = false;
    rig.run();
    rig.machine.advance(30);
    rig.run();
    rig.machine.advance(12);
    rig.control.credit = true;
    rig.run();
    expect(rig.subtask.statistics.blockedMs).toBe(42);
    rig.machine.advance(100);
    rig.run();
    expect(rig.subtask.statistics.blockedMs).toBe(42);
  });

  it('does not go on with a watermark either: the walk waits where it is', () => {
    const rig = newRig({ links: [passing('a'), passing('b')] });
    rig.give(watermark(5));
    rig.subtask.step();
    rig.subtask.step();
    expect(rig.take()).toEqual(['a w5']);
    rig.control.credit = false;
    expect(rig.run()).toBe(0);
    rig.control.credit = true;
    rig.run();
    expect(rig.take()).toEqual(['b w5', 'out w5']);
  });
});

describe('a subtask with long work', () => {
  it('does it in slices, and looks at its credit between them', () => {
    let left = 3;
    const slow = (log: string[]) => ({
      advanceWatermark: () => {
        log.push('slice');
        left--;
        return left === 0;
      },
    });
    const rig = newRig({ links: [slow] });
    rig.give(watermark(5), records('next'));
    rig.subtask.step();
    rig.subtask.step();
    rig.control.credit = false;
    rig.run();
    expect(rig.take()).toEqual(['slice']);
    rig.control.credit = true;
    rig.run();
    expect(rig.take()).toEqual(['slice', 'slice', 'out w5', 'out next']);
  });

  it('gives each slice a few milliseconds of the clock', () => {
    const spent: number[] = [];
    let startedMs = 0;
    let isDone = false;
    const rig = newRig({
      links: [
        () => ({
          advanceWatermark: (_, budget) => {
            startedMs = rig.machine.nowMs;
            for (let units = 0; units < 2000; units++) {
              if (!budget.take()) {
                spent.push(rig.machine.nowMs - startedMs);
                isDone = spent.length === 3;
                return false;
              }
              rig.machine.advance(0.1);
            }
            return isDone;
          },
        }),
      ],
    });
    rig.give(watermark(5));
    for (let i = 0; i < 4; i++) rig.subtask.step();
    expect(spent).toHaveLength(3);
    for (const ms of spent) {
      expect(ms).toBeGreaterThanOrEqual(5);
      expect(ms).toBeLessThan(20);
    }
  });

  it('waits for asynchronous work only at the end, link by link', () => {
    const log: string[] = [];
    const settled = { a: false, b: false };
    const waiting = (name: 'a' | 'b') => () => ({
      settle: (ending: boolean) => {
        if (ending) log.push(`${name} asked`);
        return !ending || settled[name];
      },
    });
    const rig = newRig({ links: [waiting('a'), waiting('b')] });
    rig.give(watermark(Infinity), end);
    rig.run();
    expect(rig.take()).toEqual(['out wInfinity']);
    expect(new Set(log.splice(0))).toEqual(new Set(['a asked']));
    settled.a = true;
    rig.run();
    expect(log.splice(0).at(-1)).toBe('b asked');
    expect(rig.subtask.ended).toBe(false);
    settled.b = true;
    rig.run();
    expect(rig.take()).toEqual(['out end']);
  });

  it('gives no input to a link that has no room', () => {
    let hasRoom = false;
    const rig = newRig({ links: [passing('a'), () => ({ hasRoom: () => hasRoom })] });
    rig.give(records(1));
    expect(rig.run()).toBe(0);
    hasRoom = true;
    rig.run();
    expect(rig.take()).toEqual(['out 1']);
  });
});

describe('the clock of a subtask', () => {
  const timer = (atMs: number, times = 1) => {
    let nextMs = atMs;
    let left = times;
    return (log: string[], output: { emit(value: unknown, timestampMs: number): void }) => ({
      nextTimeMs: () => nextMs,
      advanceTime: (nowMs: number) => {
        log.push(`timer at ${nowMs}`);
        output.emit(`fired ${nowMs}`, nowMs);
        left--;
        if (left === 0) nextMs = Infinity;
        return left === 0;
      },
    });
  };

  it('fires timers when their time has come, before the next input', () => {
    const rig = newRig({ links: [timer(1500)] });
    expect(rig.subtask.nextTimeMs()).toBe(1500);
    rig.run();
    expect(rig.take()).toEqual([]);
    rig.machine.advance(500);
    rig.give(records('next'));
    rig.run();
    expect(rig.take()).toEqual(['timer at 1500', 'out fired 1500', 'out next']);
    expect(rig.subtask.nextTimeMs()).toBe(Infinity);
  });

  it('fires them in slices too', () => {
    const rig = newRig({ links: [timer(1000, 3)] });
    expect(rig.subtask.step()).toBe('progress');
    expect(rig.subtask.step()).toBe('progress');
    rig.run();
    expect(rig.take().filter((text) => text.startsWith('timer'))).toHaveLength(3);
  });

  it('is the least of the chain and the input, and of no interest after the end', () => {
    const rig = newRig({ links: [timer(5000)], input: { nextTimeMs: () => 3000 } });
    expect(rig.subtask.nextTimeMs()).toBe(3000);
    rig.give(stopped);
    rig.run();
    expect(rig.subtask.nextTimeMs()).toBe(Infinity);
  });
});

describe('the end of a subtask', () => {
  it('finishes each link at the end of time before it goes on to the next', () => {
    const rig = newRig({ links: [passing('a'), passing('b')] });
    rig.give(watermark(Infinity), end);
    rig.run();
    expect(rig.take()).toEqual([
      'a wInfinity',
      'a finish',
      'b wInfinity',
      'b finish',
      'out wInfinity',
      'out end',
    ]);
    expect(rig.control.ended).toEqual([true]);
    expect(rig.subtask.ended).toBe(true);
  });

  it('hands on what links give at the end before the end of time', () => {
    const lastWords = (_: string[], output: { emit(value: unknown, timestampMs: number): void }) => ({
      finish: () => {
        output.emit('last words', 0);
        return true;
      },
    });
    const rig = newRig({ links: [lastWords, passing('b')] });
    rig.give(watermark(Infinity), end);
    rig.run();
    expect(rig.take()).toEqual(['out last words', 'b wInfinity', 'b finish', 'out wInfinity', 'out end']);
  });

  it('finishes in slices, without another watermark in between', () => {
    let left = 3;
    const slow = (log: string[]) => ({
      advanceWatermark: (timeMs: number) => log.push(`w${timeMs}`) > 0,
      finish: () => {
        log.push('slice');
        left--;
        return left === 0;
      },
    });
    const rig = newRig({ links: [slow] });
    rig.give(watermark(Infinity), end);
    rig.run();
    expect(rig.take()).toEqual(['wInfinity', 'slice', 'slice', 'slice', 'out wInfinity', 'out end']);
  });

  it('finishes nothing and invents no watermark when the input was stopped', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.give(watermark(7), stopped);
    rig.run();
    expect(rig.take()).toEqual(['a w7', 'out w7', 'out stopped']);
    expect(rig.control.ended).toEqual([false]);
  });

  it('comes once, and no input is taken afterwards', () => {
    const rig = newRig({ links: [passing('a')] });
    rig.give(stopped, records('too late'));
    rig.run();
    expect(rig.subtask.step()).toBe('idle');
    expect(rig.take()).toEqual(['out stopped']);
    expect(rig.control.ended).toHaveLength(1);
  });
});

describe('opening and closing a subtask', () => {
  it('opens the chain from its end, so that nobody emits into what is not open, and the input last', async () => {
    const opened: string[] = [];
    const opening = (name: string) => () => ({ open: () => void opened.push(name) });
    const rig = newRig({
      links: [opening('a'), opening('b')],
      input: { open: () => void opened.push('input') },
    });
    await rig.subtask.open();
    expect(opened).toEqual(['b', 'a', 'input']);
  });

  it('closes every link although the input and a link fail, and tells the first link that did', async () => {
    const closed: string[] = [];
    const closing = (name: string, fails: boolean) => () => ({
      close: () => {
        closed.push(name);
        if (fails) throw new Error(`${name} does not close`);
      },
    });
    const rig = newRig({
      links: [closing('a', true), closing('b', true), closing('c', false)],
      input: { close: () => Promise.reject(new Error('input does not close')) },
    });
    await expect(rig.subtask.close()).rejects.toThrow('a does not close');
    expect(closed).toEqual(['a', 'b', 'c']);
  });

  it('flushes the sinks of the chain', async () => {
    let flushes = 0;
    const rig = newRig({ links: [passing('a'), () => ({ flush: () => void flushes++ })] });
    await rig.subtask.flush();
    expect(flushes).toBe(1);
  });
});
