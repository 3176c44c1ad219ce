import { describe, expect, it } from 'vitest';
import { type PanelContent, panelLines } from '../../src/cli/panel.ts';
import type { TaskView } from '../../src/cli/task-view.ts';
import { textWidth } from '../../src/cli/text-width.ts';

const task: TaskView = {
  name: 'files → parse',
  subtasks: 2,
  recordsIn: 1_250_000,
  recordsOut: 1_250_000,
  recordsInPerSecond: 12_500,
  recordsOutPerSecond: 980,
  busyShare: 0.5,
  blockedShare: 0.25,
  watermarkMs: Date.UTC(2024, 0, 1),
  lateRecords: 3,
  deadLetters: 0,
};

const content: PanelContent = {
  jobName: 'flights',
  state: 'running',
  attempt: 2,
  elapsedMs: 65_000,
  nowMs: Date.UTC(2024, 0, 1, 0, 0, 10),
  tasks: [task],
};

const wide = { columns: 120, rows: 24 };
const withTask = (more: Partial<TaskView>): PanelContent => ({ ...content, tasks: [{ ...task, ...more }] });

describe('the live panel', () => {
  it('shows rates, the watermark and its lag, shares and counts', () => {
    expect(panelLines(content, wide)).toEqual([
      'flights  running  1 m 05 s  attempt 2',
      'task               in/s  out/s     in            watermark     lag  busy  blocked  late  dead',
      'files → parse ×2  12.5k    980  1.25M  2024-01-01 00:00:00  10.0 s   50%      25%     3     0',
    ]);
  });

  it('does not speak of the first attempt, nor of a single subtask', () => {
    const [title, , line] = panelLines({ ...withTask({ subtasks: 1 }), attempt: 1 }, wide);
    expect(title).toBe('flights  running  1 m 05 s');
    expect(line).toMatch(/^files → parse {2}/);
  });

  it('shows a dash before the first watermark and the end after the last', () => {
    const shown = (watermarkMs: number): string | undefined =>
      panelLines(withTask({ watermarkMs }), wide)[2]?.replaceAll(/ +/g, ' ');
    expect(shown(-Infinity)).toBe('files → parse ×2 12.5k 980 1.25M - - 50% 25% 3 0');
    expect(shown(Infinity)).toBe('files → parse ×2 12.5k 980 1.25M end - 50% 25% 3 0');
  });

  it('shows no negative lag when watermarks run ahead of the clock', () => {
    expect(panelLines({ ...content, nowMs: 0 }, wide)[2]).toContain('  0 ms  ');
  });

  it('never writes lines wider than the terminal', () => {
    for (let columns = 1; columns <= 130; columns++) {
      for (const line of panelLines(content, { columns, rows: 24 })) {
        expect(line.length).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('goes without what matters least on a narrow terminal, and keeps the rate and the dead letters longest', () => {
    const titles = (columns: number): string =>
      (panelLines(content, { columns, rows: 24 })[1] as string).trim().replaceAll(/ +/g, ' ');
    expect(titles(85)).toBe('task in/s out/s watermark lag busy blocked late dead');
    expect(titles(80)).toBe('task in/s out/s lag busy blocked late dead');
    expect(titles(30)).toBe('task in/s dead');
    expect(titles(20)).toBe('task in/s');
  });

  it('shortens a long name rather than hide numbers beside it', () => {
    const [, head, line] = panelLines(withTask({ name: 'a transform with a very long name indeed' }), {
      columns: 60,
      rows: 24,
    });
    expect(head).toContain('dead');
    expect(line).toContain('…');
  });

  it('writes one line less than the terminal is high, so that nothing scrolls, and counts the tasks left out', () => {
    const tasks = Array.from({ length: 10 }, (_, i) => ({ ...task, name: `task ${i}` }));
    const lines = panelLines({ ...content, tasks }, { columns: 120, rows: 8 });
    expect(lines).toHaveLength(7);
    expect(lines.at(-1)).toBe('… and 6 more tasks');
    expect(panelLines({ ...content, tasks }, { columns: 120, rows: 13 })).toHaveLength(12);
    for (const rows of [1, 2, 3]) {
      expect(panelLines({ ...content, tasks }, { columns: 120, rows }).length).toBeLessThanOrEqual(4);
    }
  });

  it('lets no name move the cursor or colour the terminal', () => {
    const lines = panelLines({ ...withTask({ name: 'red\u001b[31m\nline' }), jobName: 'a\u0007b' }, wide);
    expect(lines[0]).toContain('a\u{FFFD}b');
    expect(lines[2]).toContain('red\u{FFFD}[31m\u{FFFD}line');
  });

  it('keeps its columns below each other when a name is written in wide letters', () => {
    for (const columns of [60, 80, 120]) {
      const tasks = [task, { ...task, name: '航班 → 解析 🚀'.repeat(3) }];
      const lines = panelLines({ ...content, tasks }, { columns, rows: 24 });
      const [, , narrow = '', wide = ''] = lines;
      expect(textWidth(wide)).toBe(textWidth(narrow));
      expect(textWidth(wide)).toBeLessThanOrEqual(columns);
    }
  });

  it('has a title and a head also before there are tasks', () => {
    expect(panelLines({ ...content, tasks: [], state: 'deploying', attempt: 1 }, wide)).toHaveLength(2);
  });
});
