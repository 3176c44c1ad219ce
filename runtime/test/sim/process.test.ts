import { describe, expect, it } from 'vitest';
import { crashesAt, type FaultPlan, noFaults, type Verdict } from '../../sim/faults.ts';
import type { SimulatedProcess } from '../../sim/process.ts';
import { newWorld, settle } from './support.ts';

const failure = (verdict: string): Error => new Error(verdict);

/** Every call gets the verdict. */
const always = (verdict: Verdict): FaultPlan => ({ ...noFaults, judge: () => verdict });

/** A call that counts its effects, and what its caller hears. */
const callOnce = (process: SimulatedProcess): { done: number; heard: string } => {
  const seen = { done: 0, heard: 'nothing' };
  const call = process.call('count', 'it', () => ++seen.done, failure);
  call.then(
    (value) => {
      seen.heard = `${value}`;
    },
    (error: Error) => {
      seen.heard = error.message;
    },
  );
  return seen;
};

describe('a call to the outside', () => {
  it.each<[Verdict, number, string, boolean]>([
    ['do', 1, '1', true],
    ['fail', 0, 'fail', true],
    ['loseAnswer', 1, 'loseAnswer', true],
    ['late', 1, 'late', true],
    ['tear', 1, 'tear', true],
    ['silent', 0, 'silent', true],
    ['crashBefore', 0, 'nothing', false],
    ['crashAfter', 1, 'nothing', false],
  ])('under the verdict %s takes effect %i times and answers %s', async (verdict, done, heard, alive) => {
    const { world, start } = newWorld();
    world.faults = always(verdict);
    const process = start('one');
    const seen = callOnce(process);
    await settle(world);
    expect(seen).toEqual({ done, heard });
    expect(process.alive).toBe(alive);
  });

  it('that is on its way takes effect although its caller is killed', async () => {
    const { world, start } = newWorld();
    const process = start('one');
    const seen = callOnce(process);
    process.kill('test');
    await settle(world);
    expect(seen).toEqual({ done: 1, heard: 'nothing' });
  });

  it('of a dead process is not made', async () => {
    const { world, start } = newWorld();
    const process = start('one');
    process.kill('test');
    const seen = callOnce(process);
    await settle(world);
    expect(seen).toEqual({ done: 0, heard: 'nothing' });
    expect(world.calls).toEqual([]);
  });
});

describe('a process that is killed', () => {
  it('fires no timer and no turn, and takes no part in anything after', async () => {
    const { world, start } = newWorld();
    const process = start('one');
    const fired: string[] = [];
    process.system.timers.after(1, () => fired.push('timer'));
    process.system.timers.soon(() => fired.push('turn'));
    process.kill('test');
    process.system.timers.after(1, () => fired.push('late timer'));
    await settle(world);
    expect(fired).toEqual([]);
  });

  it('reaches nothing outside by what its code does on the way, such as a finally block', async () => {
    const { world, start } = newWorld();
    world.faults = crashesAt({ call: 2, when: 'before' });
    const process = start('one');
    const { files } = process.system;
    files.makeDirectory('/data');
    try {
      files.open('/data/a', 'write');
    } finally {
      files.makeDirectory('/data/late');
    }
    expect(process.alive).toBe(false);
    expect([files.list('/'), world.calls.length]).toEqual([[], 2]);
  });

  it('tells those that watch it, once', () => {
    const { start } = newWorld();
    const process = start('one');
    const reasons: string[] = [];
    process.onDeath((reason) => reasons.push(reason));
    process.kill('first');
    process.kill('second');
    expect(reasons).toEqual(['first']);
  });

  it('is what becomes of one whose code lets an error escape', async () => {
    const { world, start } = newWorld();
    const process = start('one');
    process.system.timers.after(1, () => {
      throw new Error('boom');
    });
    await settle(world);
    expect(process.alive).toBe(false);
    expect(world.trace.join()).toContain('boom');
  });
});

describe('a process that is stopped', () => {
  it('goes on later with what came meanwhile, and has not noticed', async () => {
    const { world, start } = newWorld();
    const process = start('one');
    const seen: number[] = [];
    process.system.timers.after(10, () => seen.push(Math.round(process.system.clock.monotonicMs())));
    process.stop();
    world.after(500, () => process.continue());
    await settle(world);
    expect(seen).toEqual([500]);
  });
});

describe('the clock of a process', () => {
  it('goes on while its code runs, and a turn begins only when the turn before is over', async () => {
    const { world, start } = newWorld();
    const { clock, timers } = start('one').system;
    const startedMs: number[] = [];
    const turn = (): void => {
      startedMs.push(Math.round(world.nowMs));
      const untilMs = clock.monotonicMs() + 5;
      while (clock.monotonicMs() < untilMs);
      if (startedMs.length < 3) timers.soon(turn);
    };
    timers.soon(turn);
    await settle(world);
    expect(startedMs).toEqual([0, 5, 10]);
  });

  it('may be wrong and may jump, but its monotonic time does not', () => {
    const { world, start } = newWorld();
    const process = start('one');
    const { clock } = process.system;
    const [nowMs, monotonicMs] = [clock.nowMs(), clock.monotonicMs()];
    process.jumpClock(-3_600_000);
    expect(clock.nowMs()).toBeLessThan(nowMs - 3_599_000);
    expect(clock.monotonicMs()).toBeGreaterThan(monotonicMs);
    expect(world.trace).toHaveLength(1);
  });

  it('calls turns in the order in which they were asked for', async () => {
    const { world, start } = newWorld();
    const { timers } = start('one').system;
    let order = '';
    for (const name of 'abcdef') timers.soon(() => (order += name));
    await settle(world);
    expect(order).toBe('abcdef');
  });

  it('does not call a timer that was cancelled', async () => {
    const { world, start } = newWorld();
    const { timers } = start('one').system;
    let fired = false;
    timers.after(1, () => (fired = true)).cancel();
    await settle(world);
    expect(fired).toBe(false);
  });
});

describe('compression in a process', () => {
  it('gives bytes back after a while, and refuses what is damaged', async () => {
    const { world, start } = newWorld();
    const { compression } = start('one').system;
    const bytes = new Uint8Array(1000).fill(7);
    const packed = compression.compress(bytes);
    await settle(world);
    const unpacked = compression.decompress(await packed, 1000);
    const damaged = compression.decompress(new Uint8Array(10), 1000);
    damaged.catch(() => undefined);
    await settle(world);
    expect((await packed).length).toBeLessThan(100);
    expect(Array.from(await unpacked)).toEqual(Array.from(bytes));
    await expect(damaged).rejects.toMatchObject({ code: expect.stringContaining('ZSTD') });
  });

  it('answers nobody once the process is dead', async () => {
    const { world, start } = newWorld();
    const process = start('one');
    let answered = false;
    void process.system.compression.compress(new Uint8Array(10)).then(() => {
      answered = true;
    });
    process.kill('test');
    await settle(world);
    expect(answered).toBe(false);
  });
});
