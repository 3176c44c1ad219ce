import type { JobState } from '../coordinator/transitions.ts';
import { shortNumber, shortTime, watermarkText } from './numbers.ts';
import type { TaskView } from './task-view.ts';

export interface PanelContent {
  readonly jobName: string;
  readonly state: JobState;
  readonly attempt: number;
  readonly elapsedMs: number;
  /** The wall clock, for the lag of watermarks. */
  readonly nowMs: number;
  readonly tasks: readonly TaskView[];
}

const columns = [
  'task',
  'in/s',
  'out/s',
  'in',
  'watermark',
  'lag',
  'busy',
  'blocked',
  'late',
  'dead',
] as const;

const lagText = (watermarkMs: number, nowMs: number): string =>
  Number.isFinite(watermarkMs) ? shortTime(Math.max(0, nowMs - watermarkMs)) : '-';

const percent = (share: number): string => `${Math.round(share * 100)}%`;

const row = (task: TaskView, nowMs: number): readonly string[] => [
  task.subtasks > 1 ? `${task.name} ×${task.subtasks}` : task.name,
  shortNumber(task.recordsInPerSecond),
  shortNumber(task.recordsOutPerSecond),
  shortNumber(task.recordsIn),
  watermarkText(task.watermarkMs),
  lagText(task.watermarkMs, nowMs),
  percent(task.busyShare),
  percent(task.blockedShare),
  shortNumber(task.lateRecords),
  shortNumber(task.deadLetters),
];

const shorten = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;

/** The lines of the live panel, none wider than `width`. Pure. */
export const panelLines = (content: PanelContent, width: number): readonly string[] => {
  const { jobName, state, attempt, elapsedMs, nowMs, tasks } = content;
  const title = `${jobName}  ${state}  ${shortTime(elapsedMs)}${attempt > 1 ? `  attempt ${attempt}` : ''}`;
  const rows = [columns as readonly string[], ...tasks.map((task) => row(task, nowMs))];
  const widths = columns.map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] as string).length)),
  );
  const others = widths.slice(1).reduce((sum, columnWidth) => sum + columnWidth + 2, 0);
  widths[0] = Math.max(8, Math.min(widths[0] as number, width - others));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const columnWidth = widths[column] as number;
        return column === 0 ? shorten(cell, columnWidth).padEnd(columnWidth) : cell.padStart(columnWidth);
      })
      .join('  ');
  return [title, ...rows.map(line)].map((text) => shorten(text, width));
};

/** Draws a block of lines over the last one on a terminal, and leaves the last one standing. */
export class Painter {
  private height = 0;
  private readonly write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.write = write;
  }

  /** Replaces what was painted before. */
  paint(lines: readonly string[]): void {
    const up = this.height > 0 ? `\u001b[${this.height}A` : '';
    this.write(`${up}\r\u001b[J${lines.join('\n')}\n`);
    this.height = lines.length;
  }

  /** Takes the block away, so that other text can be printed; the next `paint` starts below it. */
  clear(): void {
    if (this.height > 0) this.write(`\u001b[${this.height}A\r\u001b[J`);
    this.height = 0;
  }
}
