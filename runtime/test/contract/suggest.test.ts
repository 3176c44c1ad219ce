import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest, typingErrors } from '../../src/contract/suggest.ts';

const words = fc.string({ unit: fc.constantFrom(...'abcdE'), maxLength: 8 });

/** The same number by its definition: slow, and easy to believe. */
const byDefinition = (left: string, right: string): number => {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  const known = new Map<string, number>();
  const errors = (row: number, column: number): number => {
    if (row === 0 || column === 0) return row + column;
    const place = `${row},${column}`;
    const stored = known.get(place);
    if (stored !== undefined) return stored;
    const same = a[row - 1] === b[column - 1];
    const ways = [
      errors(row - 1, column) + 1,
      errors(row, column - 1) + 1,
      errors(row - 1, column - 1) + (same ? 0 : 1),
    ];
    const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
    if (isSwap) ways.push(errors(row - 2, column - 2) + 1);
    const least = Math.min(...ways);
    known.set(place, least);
    return least;
  };
  return errors(a.length, b.length);
};

describe('the typing errors between two words', () => {
  it.each([
    ['parallelism', 'parallelism', 0],
    ['paralelism', 'parallelism', 1],
    ['parallelisms', 'parallelism', 1],
    ['parallelisn', 'parallelism', 1],
    ['parallleism', 'parallelism', 1],
    ['Parallelism', 'parallelism', 0],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['', '', 0],
    ['ab', 'ba', 1],
    ['ca', 'abc', 3],
  ])('%j and %j are %d', (left, right, errors) => {
    expect(typingErrors(left, right)).toBe(errors);
  });

  it('are counted as their definition says', () => {
    fc.assert(
      fc.property(words, words, (left, right) => {
        expect(typingErrors(left, right)).toBe(byDefinition(left, right));
      }),
    );
  });

  it('are the same in both directions, and none for a word and itself', () => {
    fc.assert(
      fc.property(words, words, (left, right) => {
        expect(typingErrors(left, right)).toBe(typingErrors(right, left));
        expect(typingErrors(left, left)).toBe(0);
      }),
    );
  });

  it('are counted up to the limit only', () => {
    fc.assert(
      fc.property(words, words, fc.nat(4), (left, right, most) => {
        expect(typingErrors(left, right, most)).toBe(Math.min(byDefinition(left, right), most + 1));
      }),
    );
  });
});

describe('the word that was probably meant', () => {
  const fields = [
    'job',
    'parallelism',
    'maxParallelism',
    'args',
    'env',
    'mode',
    'checkpoint',
    'restart',
    'upgrade',
  ];

  it.each([
    ['paralelism', 'parallelism'],
    ['parallelims', 'parallelism'],
    ['maxparallelism', 'maxParallelism'],
    ['checkpiont', 'checkpoint'],
    ['chekpoint', 'checkpoint'],
    ['checkpoints', 'checkpoint'],
    ['arg', 'args'],
    ['envs', 'env'],
    ['restarts', 'restart'],
    ['jbo', 'job'],
  ])('for %s is %s', (word, meant) => {
    expect(nearest(word, fields)).toBe(meant);
  });

  it.each(['', 'x', 'sources', 'replicas', 'zzz', 'p'.repeat(10_000)])('is not guessed for %j', (word) => {
    expect(nearest(word.slice(0, 20_000), fields)).toBeUndefined();
  });

  it('is the nearest of several, and the first of equally near ones', () => {
    expect(nearest('abcd', ['abcx', 'abce'])).toBe('abcx');
    expect(nearest('abcd', ['abxx', 'abcx'])).toBe('abcx');
    expect(nearest('mode', ['nodes', 'mode'])).toBe('mode');
  });

  it('is none when there is none', () => {
    expect(nearest('anything', [])).toBeUndefined();
  });

  it('is never further away than a third of the letters', () => {
    fc.assert(
      fc.property(words, fc.array(words), (word, candidates) => {
        const meant = nearest(word, candidates);
        if (meant === undefined) return;
        expect(typingErrors(word, meant)).toBeLessThanOrEqual(Math.max(1, Math.floor(word.length / 3)));
      }),
    );
  });
});
