import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../src/contract/format-problems.ts';
import type { LocatedProblem } from '../../src/contract/problem.ts';

const problem = (over: Partial<LocatedProblem> = {}): LocatedProblem => ({
  file: 'job.yaml',
  line: 7,
  column: 16,
  length: 3,
  path: 'spec.parallelism',
  message: 'expected a whole number from 1 to 4096, found the text "two"',
  expected: 'a whole number from 1 to 4096',
  found: 'the text "two"',
  source: '  parallelism: two',
  ...over,
});

describe('problems as text', () => {
  it('show place, sentence, line, spot and hint', () => {
    expect(formatProblems([problem({ hint: 'Write a number.' })])).toBe(
      [
        'job.yaml:7:16: spec.parallelism: expected a whole number from 1 to 4096, found the text "two"',
        '    7 |   parallelism: two',
        '      |                ^^^',
        '      hint: Write a number.',
        '',
        '1 problem in job.yaml',
      ].join('\n'),
    );
  });

  it('show no line when there is none', () => {
    expect(
      formatProblems([problem({ line: 1, column: 1, path: '', message: 'the file is empty', source: '  ' })]),
    ).toBe('job.yaml:1:1: the file is empty\n\n1 problem in job.yaml');
  });

  it('are counted at the end, and only the first are shown', () => {
    expect(formatProblems(Array.from({ length: 3 }, () => problem()))).toMatch(/\n3 problems in job\.yaml$/);
    const many = formatProblems(Array.from({ length: 1000 }, () => problem()));
    expect(many).toMatch(/\n1000 problems in job\.yaml, 970 of them not shown$/);
    expect(many.split('\n').length).toBeLessThan(150);
  });

  it('are nothing when there are none', () => {
    expect(formatProblems([])).toBe('');
  });

  it('show of a long line the part around the spot', () => {
    const source = `${'a'.repeat(500)}WRONG${'b'.repeat(500)}`;
    const [, line = '', marks = ''] = formatProblems([problem({ column: 501, length: 5, source })]).split(
      '\n',
    );
    expect(line.length).toBeLessThan(140);
    expect(line).toContain('…');
    expect(line.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe('WRONG');
  });

  it('show the spot at both ends of a long line', () => {
    const source = `FIRST${'x'.repeat(900)}LAST`;
    for (const [column, word] of [
      [1, 'FIRST'],
      [906, 'LAST'],
    ] as const) {
      const text = formatProblems([problem({ column, length: word.length, source })]);
      const [, line = '', marks = ''] = text.split('\n');
      expect(line.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe(word);
    }
  });

  it('keep the marks under the spot behind tabs', () => {
    const [, line = '', marks = ''] = formatProblems([
      problem({ column: 3, length: 1, source: '\t\tx: 1' }),
    ]).split('\n');
    expect(line.indexOf('x')).toBe(marks.indexOf('^'));
  });

  it('let nothing from the file reach the terminal that is no text', () => {
    const evil = '\u001b[31mred\u0007\u009b\u2028\r';
    const text = formatProblems([
      problem({ source: evil, message: evil, path: evil, hint: evil, file: evil, column: 1 }),
    ]);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    expect(text.split('\n')).toHaveLength(6);
  });

  it('mark at least one character and never more than the line has', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 999 }),
        (source, column, length) => {
          const text = formatProblems([
            problem({ source, column: Math.min(column, source.length + 1), length }),
          ]);
          if (source.trim() === '') return;
          const [, line = '', marks = ''] = text.split('\n');
          const first = marks.indexOf('^');
          expect(first).toBeGreaterThan(0);
          expect(marks.length).toBeLessThanOrEqual(Math.max(line.length, first + 1));
        },
      ),
    );
  });
});
