import { describe, expect, it } from 'vitest';
import { ageText, spanText } from '../../../../src/cli/plugin/text/age.ts';
import { drawTree, table } from '../../../../src/cli/plugin/text/table.ts';

describe('a span of time', () => {
  it.each([
    [0, '0s'],
    [999, '0s'],
    [42_000, '42s'],
    [60_000, '1m'],
    [200_000, '3m20s'],
    [15 * 60_000 + 1000, '15m'],
    [5 * 3_600_000 + 60_000, '5h1m'],
    [12 * 86_400_000 + 3_600_000, '12d'],
    [-5000, '0s'],
  ])('of %i ms is %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });

  it('of a time that is not there is a dash', () => {
    expect(ageText(undefined, 0)).toBe('-');
    expect(ageText('1970-01-01T00:00:10Z', 70_000)).toBe('1m');
  });
});

describe('a table', () => {
  it('has columns as wide as what is in them', () => {
    expect(
      table([
        ['a', 'bb', 'c'],
        ['aaa', 'b', ''],
      ]),
    ).toEqual(['a    bb  c', 'aaa  b']);
    expect(table([])).toEqual([]);
  });
});

describe('a tree', () => {
  it('shows what is below what', () => {
    const leaf = (text: string) => ({ text, children: [] });
    const tree = { text: 'a', children: [{ text: 'b', children: [leaf('c'), leaf('d')] }, leaf('e')] };
    expect(drawTree(tree)).toEqual(['a', '├─ b', '│  ├─ c', '│  └─ d', '└─ e']);
  });
});
