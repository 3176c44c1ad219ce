import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeFound, pathText, shorten } from '../../src/contract/problem.ts';

describe('a path as text', () => {
  it.each([
    [[], ''],
    [['spec'], 'spec'],
    [['spec', 'checkpoint', 'interval'], 'spec.checkpoint.interval'],
    [['spec', 'env', 2, 'name'], 'spec.env[2].name'],
    [['metadata', 'labels', 'app.kubernetes.io/name'], 'metadata.labels["app.kubernetes.io/name"]'],
    [['spec', 'args', ''], 'spec.args[""]'],
    [['spec', 'args', '1'], 'spec.args["1"]'],
    [['spec', 'args', 'a"b'], 'spec.args["a\\"b"]'],
    [['spec', 'args', 'data-set'], 'spec.args.data-set'],
    [['a b'], '["a b"]'],
    [[0], '[0]'],
  ] as const)('of %j is %s', (path, text) => {
    expect(pathText(path)).toBe(text);
  });

  it('tells any two paths apart', () => {
    const paths = fc.array(
      fc.oneof(fc.nat(3), fc.string({ unit: fc.constantFrom('a', '.', '[', ']', '0', '"') })),
      {
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        expect(pathText(left) === pathText(right)).toBe(JSON.stringify(left) === JSON.stringify(right));
      }),
    );
  });
});

describe('a value that was found', () => {
  it.each([
    ['two', 'the text "two"'],
    ['', 'an empty text'],
    ['a\nb', 'the text "a\\nb"'],
    [5, 'the number 5'],
    [0.5, 'the number 0.5'],
    [NaN, 'the number NaN'],
    [5n, 'the number 5'],
    [true, 'true'],
    [undefined, 'nothing'],
    [null, 'nothing (null)'],
    [[], 'a list'],
    [{}, 'a mapping'],
  ])('is named by what it is: %s', (value, text) => {
    expect(describeFound(value)).toBe(text);
  });

  it('is named in a few words even if it is long', () => {
    expect(describeFound('x'.repeat(100_000)).length).toBeLessThan(100);
    expect(shorten('abcdef', 3)).toBe('abc… (6 characters)');
    expect(shorten('abc', 3)).toBe('abc');
  });
});
