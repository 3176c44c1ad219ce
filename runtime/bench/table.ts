import type { Row } from './row.ts';

const short = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(0)} K`;
  return value.toFixed(size >= 100 ? 0 : 2);
};

const fixed = (value: number, digits: number): string => (Number.isNaN(value) ? '' : value.toFixed(digits));

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
  'bars and figures',
];

const barText = (bar: Row['bars'][number], row: Row): string => {
  const value = bar.figure === 'ratio' ? row.ratio : row.figures[bar.figure];
  const wanted = bar.atLeast === undefined ? `≤ ${short(bar.atMost ?? 0)}` : `≥ ${short(bar.atLeast)}`;
  const found = value === undefined ? 'not measured' : short(value);
  return `${bar.met ? 'met' : 'MISSED'}: ${bar.figure} ${found} (${wanted})`;
};

/** What was measured and must be nothing in particular. Speed has columns of its own. */
const otherFigures = (row: Row): readonly string[] =>
  Object.entries(row.figures)
    .filter(([name]) => !name.startsWith('recordsPer') && row.bars.every((bar) => bar.figure !== name))
    .map(([name, value]) => `${name} ${short(value)}`);

const cellsOf = (row: Row): readonly string[] => [
  row.scenario,
  short(row.records),
  row.seconds.toFixed(2),
  fixed(row.recordsPerSecond / 1e6, 2),
  fixed(row.cpuSecondsPerMillion, 3),
  fixed(1 / row.cpuSecondsPerMillion, 2),
  fixed(row.peakRssMiB, 0),
  row.baseline === undefined ? '' : `${row.baseline.name} (${row.baseline.cpuSecondsPerMillion.toFixed(3)})`,
  row.ratio === undefined ? '' : row.ratio.toFixed(2),
  [...row.bars.map((bar) => barText(bar, row)), ...otherFigures(row)].join('; '),
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
