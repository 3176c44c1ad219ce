import { describe, expect, it } from 'vitest';
import { createTestSystem } from '../../src/testing/index.ts';

describe('the machine of a test', () => {
  it('has a clock that stands still until it is moved', () => {
    const machine = createTestSystem({ startMs: 1000 });
    const { clock } = machine.system;
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1000, 1000]);
    machine.advance(5);
    expect([clock.nowMs(), machine.nowMs]).toEqual([1005, 1005]);
  });

  it('calls timers in order of time, those registered on the way included, each at its moment', () => {
    const machine = createTestSystem();
    const { timers } = machine.system;
    const calls: string[] = [];
    const note = (name: string) => () => void calls.push(`${name} ${machine.nowMs}`);
    timers.after(20, note('late'));
    timers.after(10, () => {
      note('early')();
      timers.after(5, note('nested'));
    });
    timers.after(10, note('same')).cancel();
    timers.after(31, note('too late'));
    machine.advance(30);
    expect(calls).toEqual(['early 10', 'nested 15', 'late 20']);
    expect(machine.pendingTimers).toBe(1);
  });

  it('calls what is due now without moving the clock', () => {
    const machine = createTestSystem();
    let calls = 0;
    machine.system.timers.soon(() => void calls++);
    expect([machine.run(), machine.run(), calls, machine.nowMs]).toEqual([true, false, 1, 0]);
  });

  it('stops a test that goes round in circles', () => {
    const machine = createTestSystem();
    const again = (): void => machine.system.timers.soon(again);
    again();
    expect(() => machine.advance(0)).toThrow('again and again');
  });

  it('has the same random numbers in every run, and others for another seed', () => {
    const draw = (seed?: number): number[] => {
      const { random } = createTestSystem(seed === undefined ? {} : { seed }).system;
      return Array.from({ length: 100 }, () => random.next());
    };
    expect(draw()).toEqual(draw());
    expect(draw(2)).not.toEqual(draw());
    expect(draw().every((value) => value >= 0 && value < 1)).toBe(true);
    expect(new Set(draw()).size).toBe(100);
    expect(createTestSystem().system.random.id()).toMatch(/^[0-9a-f]{32}$/);
  });

  it('keeps what is printed', () => {
    const machine = createTestSystem();
    expect(machine.system.standardOutput.write('a\n')).toBe(true);
    machine.system.standardOutput.write('b');
    expect(machine.printed).toBe('a\nb');
  });
});
