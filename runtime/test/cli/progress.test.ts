import { describe, expect, it } from 'vitest';
import { type Progress, type ShownJob, showProgress } from '../../src/cli/progress.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { SubtaskReport } from '../../src/worker/slot-handle.ts';
import { FakeIo } from './fake-io.ts';
import { Screen } from './screen.ts';

const report: SubtaskReport = {
  task: 0,
  name: 'count',
  slot: 0,
  recordsIn: 0,
  recordsOut: 0,
  lateRecords: 1,
  deadLetters: 2,
  watermarkMs: 0,
  busyMs: 0,
  blockedMs: 0,
};

/** A job that reads 10 records in each ms of the machine's clock. */
const shown = (options: { readonly terminal?: boolean; readonly panel?: boolean } = {}) => {
  const screen = new Screen({ columns: 120, rows: 24 });
  let heldMs = 0;
  const io = new FakeIo({
    ...(options.terminal === true ? { terminal: screen } : {}),
    system: ({ clock }) => ({
      clock: { nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs() + heldMs },
    }),
  });
  const { machine } = io;
  const job = {
    state: 'running',
    attempt: 1,
    report: () => [
      { ...report, recordsIn: machine.nowMs * 10, recordsOut: machine.nowMs, busyMs: machine.nowMs / 4 },
    ],
  } satisfies ShownJob & object;
  const logger = createLogger({
    clock: io.system.clock,
    level: 'info',
    json: false,
    write: (line) => io.error(line),
  });
  const progress: Progress = showProgress(io, logger, job, 'flights', options.panel ?? true);
  /** Time goes by, and this thread does nothing in it. */
  const hold = (ms: number): void => {
    heldMs += ms;
  };
  return { io, machine, screen, progress, hold };
};

describe('a job on a terminal', () => {
  it('is shown by a panel that is drawn anew five times a second', () => {
    const { machine, screen } = shown({ terminal: true });
    expect(screen.shown).toEqual([]);
    machine.advance(200);
    expect(screen.shown[0]).toBe('flights  running  200 ms');
    machine.advance(1000);
    expect(screen.shown).toHaveLength(3);
    expect(screen.shown[0]).toBe('flights  running  1.2 s');
    expect(screen.shown[2]?.replaceAll(/ +/g, ' ')).toBe(
      'count 10.0k 1000 12.0k 1970-01-01 00:00:00 1.2 s 25% 0% 1 2',
    );
  });

  it('fits the terminal also after that has got another size', () => {
    const { machine, screen } = shown({ terminal: true });
    machine.advance(200);
    screen.columns = 30;
    machine.advance(200);
    for (const line of screen.shown) expect(line.length).toBeLessThanOrEqual(30);
  });

  it('keeps its last look when it ends, and is never drawn again', () => {
    const { machine, screen, progress } = shown({ terminal: true });
    machine.advance(300);
    progress.end();
    screen.write('summary\n');
    const last = screen.shown;
    expect(last[0]).toBe('flights  running  300 ms');
    expect(last.at(-1)).toBe('summary');
    machine.advance(10_000);
    expect(screen.shown).toEqual(last);
    expect(machine.pendingTimers).toBe(0);
  });

  it('goes on below what another thread has written', () => {
    const { machine, screen, progress } = shown({ terminal: true });
    machine.advance(200);
    screen.draw('warning: it blocks\n');
    progress.goOn();
    machine.advance(200);
    expect(screen.shown).toHaveLength(7);
    expect(screen.shown[3]).toBe('warning: it blocks');
  });

  it('goes on below also when this thread was held up so long that the warning may have come unheard', () => {
    const { machine, screen, hold } = shown({ terminal: true });
    machine.advance(200);
    hold(12_000);
    screen.draw('warning: it blocks\n');
    machine.advance(200);
    expect(screen.shown[3]).toBe('warning: it blocks');
    expect(screen.shown).toHaveLength(7);
  });
});

describe('a job without a terminal', () => {
  it('is told of every 5 s by a line of the log for each task', () => {
    const { io, machine, progress } = shown();
    machine.advance(4_999);
    expect(io.complained).toBe('');
    machine.advance(1);
    expect(io.complained).toContain('count: 10.0k records a second');
    for (const field of ['recordsIn=50000', 'recordsOut=5000', 'busy=0.25', 'late=1', 'deadLetters=2']) {
      expect(io.complained).toContain(field);
    }
    machine.advance(5_000);
    expect(io.complained.trimEnd().split('\n')).toHaveLength(2);
    progress.goOn();
    progress.end();
    expect(machine.pendingTimers).toBe(0);
  });

  it('is told of by lines also on a terminal when no panel is wanted', () => {
    const { io, machine, screen } = shown({ terminal: true, panel: false });
    machine.advance(5_000);
    expect(screen.shown).toEqual([]);
    expect(io.complained).toContain('count: ');
  });
});
