import type { Row } from './row.ts';

const short = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(0)} K`;
  return value.toFixed(size >= 100 ? 0 : 2);
};

const headings = [
  'scenario',
  'records',
  'seconds',
  'M/s (wall)',
  'CPU-s per million',
  'M per CPU-s',
  'peak RSS MiB',
  'baseline (CPU-s per million)',
  'ratio',
  'bar',
];

const barText = (bar: Row['bars'][number], row: Row): string => {
  const value = bar.figure === 'ratio' ? row.ratio : row.figures[bar.figure];
  const wanted = bar.atLeast === undefined ? `≤ ${short(bar.atMost ?? 0)}` : `≥ ${short(bar.atLeast)}`;
  const found = value === undefined ? 'not measured' : short(value);
  return `${bar.met ? 'met' : 'MISSED'}: ${bar.figure} ${found} (${wanted})`;
};

const cellsOf = (row: Row): readonly string[] => [
  row.scenario,
  short(row.records),
  row.seconds.toFixed(2),
  (row.recordsPerSecond / 1e6).toFixed(2),
  row.cpuSecondsPerMillion.toFixed(3),
  (1 / row.cpuSecondsPerMillion).toFixed(2),
  row.peakRssMiB.toFixed(0),
  row.baseline === undefined ? '' : `${row.baseline.name} (${row.baseline.cpuSecondsPerMillion.toFixed(3)})`,
  row.ratio === undefined ? '' : row.ratio.toFixed(2),
  row.bars.map((bar) => barText(bar, row)).join('; '),
];

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** The rows as a Markdown table, with what each scenario is and how it differs from its baseline below it. */
export const toMarkdown = (rows: readonly Row[]): string => {
  const table = [line(headings), line(headings.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))];
  const remarks = rows.map(
    ({ scenario, title, note }) => `- ${scenario}: ${title}${note === undefined ? '' : ` (${note})`}`,
  );
  return `${[...table, '', ...remarks].join('\n')}\n`;
};
