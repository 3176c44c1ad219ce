import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { readYaml } from '../../src/contract/yaml-source.ts';

/** The data of a text with one document. Fails the test when there are problems. */
const dataOf = (text: string): unknown => {
  const { documents, problems } = readYaml(text);
  expect(problems).toEqual([]);
  return documents[0]?.value;
};

/** The problems of a text, as `[start, end] message → hint`. */
const problemsOf = (text: string): string[] =>
  readYaml(text).problems.map(
    ({ problem: { message, hint }, range }) =>
      `[${range.join(', ')}] ${message}${hint === undefined ? '' : ` → ${hint}`}`,
  );

const words = fc.string({ unit: fc.constantFrom(...'abcxyz:-#&*!|>%@`"\'{}[], \n\t01'), maxLength: 12 });

describe('a text as YAML', () => {
  it.each([
    ['a: 1', { a: 1 }],
    ['{"a": [1, 2.5, null, true, "x"]}', { a: [1, 2.5, null, true, 'x'] }],
    ['a:\n  - b\n  - c: d', { a: ['b', { c: 'd' }] }],
    ['a: |\n  two\n  lines\n', { a: 'two\nlines\n' }],
    ['a: >-\n  two\n  lines\n', { a: 'two lines' }],
    ['a: ', { a: null }],
    ['a: ~', { a: null }],
    ['a: "x\\ty"', { a: 'x\ty' }],
    ['[]', []],
    ['plain', 'plain'],
    ['0o644', 420],
    ['0x1F', 31],
    ['.inf', Infinity],
    ['\uFEFFa: 1', { a: 1 }],
    ['a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
    ['# only\na: 1 # comments', { a: 1 }],
  ])('%j is %j', (text, value) => {
    expect(dataOf(text)).toEqual(value);
  });

  it('is YAML 1.2, in which these are texts', () => {
    expect(dataOf('[yes, no, on, off, y, n, 1_000, 0777, 12:30:45, 2026-01-01, 1e]')).toEqual([
      'yes',
      'no',
      'on',
      'off',
      'y',
      'n',
      '1_000',
      777,
      '12:30:45',
      '2026-01-01',
      '1e',
    ]);
  });

  it('knows no merge keys', () => {
    expect(dataOf('a: &a {x: 1}\nb:\n  <<: *a\n')).toEqual({ a: { x: 1 }, b: { '<<': { x: 1 } } });
  });

  it('takes names as they stand there', () => {
    expect(dataOf('1: a\n0x10: b\ntrue: c\n1.50: d\n"": e')).toEqual({
      '1': 'a',
      '0x10': 'b',
      true: 'c',
      '1.50': 'd',
      '': 'e',
    });
  });

  it('has __proto__ as an ordinary name', () => {
    const value = dataOf('__proto__: {polluted: true}\na: 1') as object;
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toEqual({ polluted: true });
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('may have several documents; empty ones do not count', () => {
    const { documents } = readYaml('---\n# nothing\n---\na: 1\n---\n---\n- b\n...\n');
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, ['b']]);
    for (const empty of ['', '\n\n', '---', '---\n---\n', '# only a comment', '\uFEFF']) {
      expect(readYaml(empty)).toEqual({ documents: [], problems: [] });
    }
  });

  it('gives what the library gives, for anything that can be written', () => {
    const data = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.double({ noNaN: true })),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(data, (value) => {
        const text = stringify(value);
        expect(dataOf(text) ?? null).toEqual(parseYaml(text));
      }),
    );
  });

  it('never fails, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          words,
          fc.array(words).map((lines) => lines.join('\n')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const { documents, problems } = readYaml(text);
          for (const { range } of problems) expect(range[0]).toBeLessThanOrEqual(range[1]);
          for (const { located } of documents) expect(located.range[0]).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the places of values', () => {
  it('lead to their texts and to their names', () => {
    const text = 'a: one\nlist:\n  - "x y"\n  - {b: 2}\n';
    const located = readYaml(text).documents[0]!.located;
    const at = (range: readonly [number, number] | undefined): string => (range ? text.slice(...range) : '');
    const list = located.members?.get('list');
    expect(at(located.members?.get('a')?.range)).toBe('one');
    expect(at(located.members?.get('a')?.keyRange)).toBe('a');
    expect(at(list?.keyRange)).toBe('list');
    expect(at(list?.members?.get(0)?.range)).toBe('"x y"');
    expect(at(list?.members?.get(1)?.members?.get('b')?.range)).toBe('2');
  });

  it('of an alias are where it is used, and inside of it where it is written', () => {
    const text = 'a: &x {b: 1}\nc: *x\n';
    const used = readYaml(text).documents[0]!.located.members?.get('c');
    expect(used?.range.map((offset) => text.slice(offset, offset + 2))[0]).toBe('*x');
    expect(text.slice(...(used?.members?.get('b')?.range ?? [0, 0]))).toBe('1');
  });
});

describe('a text that is not YAML', () => {
  it.each([
    [
      'a: 1\n\tb: 2',
      '[5, 6] this is not YAML: Tabs are not allowed as indentation → Indent by spaces: YAML knows no tabs.',
    ],
    [
      'a: {b: 1',
      '[8, 9] this is not YAML: Flow map in block collection must be sufficiently indented and end with a } → Check the indentation, and that every bracket and brace is closed.',
    ],
    [
      'a: "x',
      '[5, 6] this is not YAML: Missing closing "quote → Check that every quote, bracket and brace is closed.',
    ],
    [
      'a: *b',
      '[3, 5] expected the name of an anchor further up, found *b → A * begins an alias: put the text in quotes if it is none.',
    ],
    [
      'a: @b',
      '[3, 4] this is not YAML: Plain value cannot start with reserved character @ → Put the text in quotes.',
    ],
    [
      'a: b: c',
      '[3, 4] this is not YAML: Nested mappings are not allowed in compact mappings → Check the indentation and put texts with a colon in quotes.',
    ],
    [
      'a: !!js/function x',
      '[3, 16] this is not YAML: Unresolved tag: tag:yaml.org,2002:js/function → Remove the tag: a manifest needs none.',
    ],
    [
      'a: !local x',
      '[3, 9] this is not YAML: Unresolved tag: !local → Remove the tag: a manifest needs none.',
    ],
    [
      'a: !!binary aGk=',
      '[3, 11] this is not YAML: Unresolved tag: tag:yaml.org,2002:binary → Remove the tag: a manifest needs none.',
    ],
    [
      '%YAML 1.1\n---\na: yes',
      '[10, 10] expected YAML 1.2, found YAML 1.1 → Remove the line that begins with %YAML.',
    ],
  ])('is told where and why: %j', (text, problem) => {
    const [first] = problemsOf(text);
    expect(first).toBe(problem);
    expect(readYaml(text).problems[0]?.fatal).toBe(true);
  });

  it('is told a handful of problems, not the avalanche behind them', () => {
    expect(problemsOf('a: @\nb: @\nc: @\nd: @\ne: @\nf: @\ng: @\n')).toHaveLength(5);
    expect(problemsOf('['.repeat(1000)).length).toBeLessThanOrEqual(5);
  });

  it('is told of in every document of the file', () => {
    expect(problemsOf('a: 1\n---\nb: @\n')).toHaveLength(1);
  });
});

describe('a text that is YAML but no manifest could need', () => {
  it('has each field once', () => {
    expect(problemsOf('a: 1\nb:\n  c: 1\n  c: 2\na: 3\n')).toEqual([
      '[17, 18] expected each field once, found c a second time → Remove one of the two.',
      '[22, 23] expected each field once, found a a second time → Remove one of the two.',
    ]);
    expect(problemsOf('a: 1\n"a": 2')).toHaveLength(1);
    expect(problemsOf('{a: 1, a: 2}')).toHaveLength(1);
  });

  it('keeps the first of two fields and goes on', () => {
    const { documents, problems } = readYaml('a: 1\na: 2\nb: 3');
    expect(documents[0]?.value).toEqual({ a: 1, b: 3 });
    expect(problems.map(({ fatal }) => fatal)).toEqual([false]);
  });

  it.each([
    ['? {a: 1}\n: x', 'a mapping, a list or an alias'],
    ['? [a]\n: x', 'a mapping, a list or an alias'],
    ['a: &x y\n*x : z', 'a mapping, a list or an alias'],
    ['? \n: x', 'none'],
    ['~: x', 'none'],
  ])('has names in front of its values: not %j', (text, found) => {
    expect(problemsOf(text)[0]).toContain(`expected a name in front of each value, found ${found}`);
  });

  it('has a bounded number of aliases, those inside of others counted', () => {
    const lines = ['a0: &a0 [x, x]'];
    for (let level = 1; level < 40; level++)
      lines.push(`a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`);
    const problems = problemsOf(lines.join('\n'));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(
      'expected at most 100 aliases, found more, counting those inside of others',
    );
  });

  it('may use a few aliases', () => {
    const text = `a: &a {x: 1}\n${Array.from({ length: 100 }, (_, index) => `b${index}: *a`).join('\n')}`;
    expect(Object.keys(dataOf(text) as object)).toHaveLength(101);
    expect(problemsOf(`${text}\nc: *a`)).toHaveLength(1);
  });

  it.each(['a: &a [*a]', 'a: &a {b: *a}', '&a [[*a]]'])(
    'has no alias of what it is inside of: %j',
    (text) => {
      expect(problemsOf(text)).toHaveLength(1);
      expect(problemsOf(text)[0]).toContain('found deeper nesting');
    },
  );

  it('takes the last anchor of a name, as YAML says', () => {
    expect(dataOf('a: &x 1\nb: &x 2\nc: *x')).toEqual({ a: 1, b: 2, c: 2 });
  });

  it.each([
    ['lists', '['.repeat(70) + ']'.repeat(70)],
    ['mappings', `${'{a: '.repeat(70)}1${'}'.repeat(70)}`],
    ['blocks', Array.from({ length: 70 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')],
    ['lists without end', '['.repeat(100_000)],
    ['mappings without end', '{a: '.repeat(30_000)],
    ['dashes without end', '- '.repeat(50_000)],
  ])('is not nested deeper than 64 levels: %s', (_, text) => {
    const [first] = problemsOf(text);
    expect(first).toContain('found deeper nesting');
  });

  it('is nested 64 levels deep at most', () => {
    expect(problemsOf('['.repeat(65) + ']'.repeat(65))).toEqual([]);
  });
});

describe('the time that reading takes', () => {
  it.each([
    ['many names', Array.from({ length: 15_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['many times the same name', 'a: 1\n'.repeat(20_000)],
    ['many entries', '- a\n'.repeat(30_000)],
    ['one long text', `a: ${'x'.repeat(1_000_000)}`],
    ['many comments', '#\n'.repeat(60_000)],
    ['many documents', '---\na: 1\n'.repeat(10_000)],
    ['many anchors', Array.from({ length: 10_000 }, (_, index) => `- &a${index} x`).join('\n')],
    ['many errors', 'a: @\n'.repeat(20_000)],
  ])('grows with the length of the text only: %s', (_, text) => {
    expect(text.length).toBeGreaterThan(80_000);
    const { documents, problems } = readYaml(text);
    expect(documents.length + problems.length).toBeGreaterThanOrEqual(text.startsWith('#') ? 0 : 1);
  });
});
