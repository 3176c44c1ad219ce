import { describe, expect, it } from 'vitest';
import { Painter, type PanelContent, panelLines } from '../../src/cli/panel.ts';

const content: PanelContent = {
  jobName: 'flights',
  state: 'running',
  attempt: 2,
  elapsedMs: 65_000,
  nowMs: Date.UTC(2024, 0, 1, 0, 0, 10),
  tasks: [
    {
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
    },
  ],
};

describe('the live panel', () => {
  it('shows rates, the watermark and its lag, shares and counts', () => {
    expect(panelLines(content, 120)).toEqual([
      'flights  running  1 m 05 s  attempt 2',
      'task               in/s  out/s     in            watermark     lag  busy  blocked  late  dead',
      'files → parse ×2  12.5k    980  1.25M  2024-01-01 00:00:00  10.0 s   50%      25%     3     0',
    ]);
  });

  it('never writes lines wider than the terminal', () => {
    for (const width of [20, 40, 60, 80]) {
      for (const line of panelLines(content, width)) expect(line.length).toBeLessThanOrEqual(width);
    }
  });

  it('shows a dash before the first watermark and the end after the last', () => {
    const [task] = content.tasks;
    if (task === undefined) throw new Error('a task');
    const shown = (watermarkMs: number): string | undefined =>
      panelLines({ ...content, tasks: [{ ...task, watermarkMs }] }, 120)[2];
    expect(shown(-Infinity)).toContain(' -  ');
    expect(shown(Infinity)).toContain(' end ');
  });
});

describe('the painter', () => {
  it('draws over what it drew before, and takes it away', () => {
    const texts: string[] = [];
    const painter = new Painter((text) => texts.push(text));
    painter.paint(['a', 'b']);
    painter.paint(['c']);
    painter.clear();
    painter.clear();
    expect(texts).toEqual(['\r\u001b[Ja\nb\n', '\u001b[2A\r\u001b[Jc\n', '\u001b[1A\r\u001b[J']);
  });
});
