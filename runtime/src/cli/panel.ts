import type { JobState } from '../coordinator/transitions.ts';
import { shortNumber, shortTime, watermarkText } from './numbers.ts';
import type { TaskView } from './task-view.ts';
import { padBehind, shorten, textWidth } from './text-width.ts';

export interface PanelContent {
  readonly jobName: string;
  readonly state: JobState;
  readonly attempt: number;
  readonly elapsedMs: number;
  /** The wall clock, for the lag of watermarks. */
  readonly nowMs: number;
  readonly tasks: readonly TaskView[];
}

/** Characters of a terminal that the panel may use. */
export interface PanelSize {
  readonly columns: number;
  readonly rows: number;
}

interface Column {
  readonly title: string;
  /** What a narrow terminal goes without first has the lowest number; the least columns have none. */
  readonly dropped?: number;
  text(task: TaskView, nowMs: number): string;
}

const percent = (share: number): string => `${Math.round(share * 100)}%`;

const lagText = (watermarkMs: number, nowMs: number): string =>
  Number.isFinite(watermarkMs) ? shortTime(Math.max(0, nowMs - watermarkMs)) : '-';

const columns: readonly Column[] = [
  { title: 'in/s', text: (task) => shortNumber(task.recordsInPerSecond) },
  { title: 'out/s', dropped: 3, text: (task) => shortNumber(task.recordsOutPerSecond) },
  { title: 'in', dropped: 1, text: (task) => shortNumber(task.recordsIn) },
  { title: 'watermark', dropped: 2, text: (task) => watermarkText(task.watermarkMs) },
  { title: 'lag', dropped: 6, text: (task, nowMs) => lagText(task.watermarkMs, nowMs) },
  { title: 'busy', dropped: 7, text: (task) => percent(task.busyShare) },
  { title: 'blocked', dropped: 5, text: (task) => percent(task.blockedShare) },
  { title: 'late', dropped: 4, text: (task) => shortNumber(task.lateRecords) },
  { title: 'dead', dropped: 8, text: (task) => shortNumber(task.deadLetters) },
];

/** A task's name is never cut shorter than this for the sake of another column. */
const leastName = 12;

/** Names come from jobs: nothing in them may move the cursor. */
const visible = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]/gu, '\u{FFFD}');

const nameOf = ({ name, subtasks }: TaskView): string =>
  visible(subtasks > 1 ? `${name} ×${subtasks}` : name);

interface Cells {
  readonly column: Column;
  readonly texts: readonly string[];
  readonly width: number;
}

/** The columns that fit beside names, filled. */
const fitting = (tasks: readonly TaskView[], nowMs: number, width: number): readonly Cells[] => {
  let cells = columns.map((column): Cells => {
    const texts = [column.title, ...tasks.map((task) => column.text(task, nowMs))];
    return { column, texts, width: Math.max(...texts.map((text) => text.length)) };
  });
  const used = (): number => cells.reduce((sum, cell) => sum + cell.width + 2, 0);
  while (used() + leastName > width) {
    const next = cells.toSorted((a, b) => (a.column.dropped ?? 99) - (b.column.dropped ?? 99))[0];
    if (next?.column.dropped === undefined) break;
    cells = cells.filter((cell) => cell !== next);
  }
  return cells;
};

/** The lines of the live panel, none wider than the terminal and one less than it is high. Pure. */
export const panelLines = (content: PanelContent, { columns: width, rows }: PanelSize): readonly string[] => {
  const { jobName, state, attempt, elapsedMs, nowMs, tasks } = content;
  const title = `${visible(jobName)}  ${state}  ${shortTime(elapsedMs)}${attempt > 1 ? `  attempt ${attempt}` : ''}`;
  const room = Math.max(1, rows - 3);
  const shown = tasks.length > room ? tasks.slice(0, Math.max(0, room - 1)) : tasks;
  const cells = fitting(shown, nowMs, width);
  const names = ['task', ...shown.map(nameOf)];
  const others = cells.reduce((sum, cell) => sum + cell.width + 2, 0);
  const longest = Math.max(...names.map(textWidth));
  const nameWidth = Math.max(Math.min(longest, width - others), Math.min(leastName, width));
  const lines = names.map((name, row) =>
    [
      padBehind(shorten(name, nameWidth), nameWidth),
      ...cells.map((cell) => (cell.texts[row] as string).padStart(cell.width)),
    ].join('  '),
  );
  const hidden = tasks.length - shown.length;
  const more = hidden > 0 ? [`… and ${hidden} more ${hidden === 1 ? 'task' : 'tasks'}`] : [];
  return [title, ...lines, ...more].map((line) => shorten(line, width));
};
