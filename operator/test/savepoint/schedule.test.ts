import { describe, expect, it } from 'vitest';
import { decideSchedule, scheduledName } from '../../src/savepoint/schedule.ts';

const at = (text: string): number => Date.parse(`2026-03-01T${text}:00Z`);
const since = at('00:00') - 86_400_000;
const plan = (nowMs: number, names: readonly string[] = [], retained = 2, sinceMs = since) =>
  decideSchedule(
    'counts',
    { schedule: '0 * * * *', retained },
    names.map((name) => ({ name, phase: 'Completed' as const })),
    sinceMs,
    nowMs,
  );
const names = ['10:00', '11:00', '12:00'].map((text) => scheduledName('counts', at(text)));

describe('savepoints by schedule', () => {
  it('are due at the moments of the schedule, each once', () => {
    expect(plan(at('12:00')).create).toBe('counts-202603011200');
    expect(plan(at('12:05')).create).toBe('counts-202603011200');
    expect(plan(at('12:05'), names).create).toBeUndefined();
    expect(plan(at('12:05')).againMs).toBe(55 * 60_000);
  });

  it('are not made up for when they were missed, nor from before there was a job', () => {
    expect(plan(at('12:30')).create).toBeUndefined();
    expect(plan(at('12:05'), [], 2, at('12:01')).create).toBeUndefined();
  });

  it('are kept as many as are wanted, and older ones go only when there are enough newer ones', () => {
    expect(plan(at('12:30'), names).remove).toEqual([names[0]]);
    expect(plan(at('12:30'), names.slice(0, 2)).remove).toEqual([]);
    const failed = [
      { name: names[0] ?? '', phase: 'Completed' as const },
      { name: names[1] ?? '', phase: 'Failed' as const },
      { name: names[2] ?? '', phase: 'Failed' as const },
    ];
    expect(
      decideSchedule('counts', { schedule: '@hourly', retained: 1 }, failed, since, at('12:30')).remove,
    ).toEqual([]);
  });

  it('are none without a schedule', () => {
    expect(decideSchedule('counts', { retained: 5 }, [], since, at('12:00'))).toEqual({
      create: undefined,
      remove: [],
      againMs: undefined,
    });
  });
});
