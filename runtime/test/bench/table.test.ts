import { describe, expect, it } from 'vitest';
import { type Row, toRow } from '../../bench/row.ts';
import { toMarkdown } from '../../bench/table.ts';

const row = (given: Partial<Row> = {}): Row => ({
  ...toRow(
    {
      name: 'count',
      title: 'a count by key',
      subject: () => Promise.reject(new Error('not run')),
      baseline: { name: 'Flink 2.3', cpuSecondsPerMillion: 2 },
      bars: [{ figure: 'ratio', atLeast: 1.5 }],
    },
    { subject: [{ records: 12_000_000, seconds: 4, cpuSeconds: 6, peakRssMiB: 123.4 }] },
  ),
  ...given,
});

const cells = (text: string, line: number): readonly string[] =>
  (text.split('\n')[line] ?? '')
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

describe('the table of the benchmarks', () => {
  it('has a line for each row, with as many cells as the heading', () => {
    const text = toMarkdown([row(), row({ scenario: 'other' })]);

    expect(cells(text, 0)).toHaveLength(10);
    expect(cells(text, 1)).toEqual(cells(text, 0).map(() => '---'));
    expect(cells(text, 2)).toEqual([
      'count',
      '12.00 M',
      '4.00',
      '3.00',
      '0.500',
      '2.00',
      '123',
      'Flink 2.3 (2.000)',
      '4.00',
      'met: ratio 4.00 (≥ 1.50)',
    ]);
    expect(cells(text, 3)).toHaveLength(10);
  });

  it('shows a bar that was missed, and one that could not be measured', () => {
    const text = toMarkdown([
      row({
        bars: [
          { figure: 'ratio', atLeast: 5, met: false },
          { figure: 'bytesPerKey', atMost: 64, met: false },
        ],
      }),
    ]);
    expect(cells(text, 2).at(-1)).toBe(
      'MISSED: ratio 4.00 (≥ 5.00); MISSED: bytesPerKey not measured (≤ 64.00)',
    );
  });

  it('shows figures that have no bar, apart from speeds, which have columns', () => {
    const figures = { recordsPerCpuSecond: 2e6, recordsPerSecond: 3e6, earlyRssMiB: 179.3 };
    expect(cells(toMarkdown([row({ bars: [], figures })]), 2).at(-1)).toBe('earlyRssMiB 179');
  });

  it('leaves empty what could not be told', () => {
    const unknown = { cpuSecondsPerMillion: Number.NaN, peakRssMiB: Number.NaN, baseline: undefined };
    const line = cells(toMarkdown([row({ ...unknown, ratio: undefined })]), 2);
    expect(line.slice(4, 9)).toEqual(['', '', '', '', '']);
  });

  it('tells below what each scenario is, with its note', () => {
    const text = toMarkdown([row({ note: 'another plan' }), row({ scenario: 'plain' })]);
    expect(text).toContain('\n- count: a count by key (another plan)\n');
    expect(text.trimEnd().endsWith('- plain: a count by key')).toBe(true);
  });

  it('keeps a bar in a text from ending its cell', () => {
    expect(toMarkdown([row({ scenario: 'a|b' })])).toContain('a\\|b');
  });
});
