import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { formatDuration } from '../../src/contract/duration.ts';
import {
  about,
  block,
  checkedText,
  decimal,
  duration,
  integer,
  isMapping,
  listOf,
  mapOf,
  oneOf,
  opaque,
  present,
  text,
} from '../../src/contract/field.ts';

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

/** The issues of a value, each as its path and what was expected. */
const issuesOf = (schema: z.ZodType, value: unknown): string[] => {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).map((issue) => {
    const expected = issue.code === 'custom' ? String(issue.params?.['expected']) : issue.code;
    return `${issue.path.join('.')}: ${expected}`;
  });
};

describe('a block', () => {
  const bothOrNone = block({ a: z.string().optional(), b: z.int().optional() }, (fields) =>
    (fields['a'] === undefined) === (fields['b'] === undefined)
      ? []
      : [{ path: ['a'], expected: 'both', found: 'one' }],
  );

  it('refuses fields that it does not know', () => {
    expect(issuesOf(bothOrNone, { c: 1 })).toEqual([': unrecognized_keys']);
  });

  it('looks at its rules even where a field is wrong or unknown, so that one pass finds everything', () => {
    expect(issuesOf(bothOrNone, { a: 5, c: 1 })).toEqual([
      'a: invalid_type',
      ': unrecognized_keys',
      'a: both',
    ]);
  });

  it('looks at its rules even where a block inside of it is wrong', () => {
    const outer = block({ inner: bothOrNone, n: z.int() }, () => [
      { path: [], expected: 'outer', found: '' },
    ]);
    expect(issuesOf(outer, { inner: { a: 'x' }, n: 'no' })).toEqual([
      'inner.a: both',
      'n: invalid_type',
      ': outer',
    ]);
  });

  it('does not hand what is no mapping to its rules', () => {
    for (const value of [null, undefined, 5, 'x', [1]])
      expect(issuesOf(bothOrNone, value)).toEqual([': invalid_type']);
  });

  it('tells what is a mapping', () => {
    expect([{}, { a: 1 }, Object.create(null)].every(isMapping)).toBe(true);
    expect([null, undefined, [], 'x', 5].some(isMapping)).toBe(false);
  });
});

describe('a choice between fields', () => {
  it.each([
    [1, {}, [{ path: [], expected: 'exactly one of a, b, c', found: 'none of them' }]],
    [1, { a: 1 }, []],
    [1, { b: null }, []],
    [1, { a: 1, c: 2 }, [{ path: ['c'], expected: 'exactly one of a, b, c', found: 'a and c' }]],
    [0, {}, []],
    [0, { a: undefined }, []],
    [0, { a: 1, b: 2 }, [{ path: ['b'], expected: 'at most one of a, b, c', found: 'a and b' }]],
  ] as const)('of at least %d says of %j: %j', (atLeast, fields, problems) => {
    expect(oneOf(['a', 'b', 'c'], atLeast)(fields)).toEqual(problems);
  });

  it('counts what is there, whatever it is', () => {
    expect(present({ a: null, b: undefined, c: 0, d: '' }, ['a', 'b', 'c', 'd', 'e'])).toEqual([
      'a',
      'c',
      'd',
    ]);
  });
});

describe('a bounded field', () => {
  it('of text has at least one character and at most its maximum', () => {
    expect([text(3), text(3, /^a*$/)].every((schema) => accepts(schema, 'aaa'))).toBe(true);
    expect(['', 'aaaa', 5, null].some((value) => accepts(text(3), value))).toBe(false);
    expect(accepts(text(3, /^a*$/), 'b')).toBe(false);
  });

  it('of a number holds its bounds and nothing between', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9, max: 9 }),
        fc.nat(9),
        fc.double({ min: -20, max: 20, noNaN: true }),
        (low, width, value) => {
          expect(accepts(decimal(low, low + width), value)).toBe(value >= low && value <= low + width);
          expect(accepts(integer(low, low + width), value)).toBe(
            Number.isInteger(value) && value >= low && value <= low + width,
          );
        },
      ),
    );
  });

  it('of a duration holds its bounds, in whatever units', () => {
    const schema = duration('100ms', '1h');
    fc.assert(
      fc.property(fc.nat(4_000_000), (durationMs) => {
        expect(accepts(schema, formatDuration(durationMs))).toBe(
          durationMs >= 100 && durationMs <= 3_600_000,
        );
      }),
    );
    expect(['3600s', '60m', '1h', '59m60s'].every((value) => accepts(schema, value))).toBe(true);
    expect(['3601s', '61m', '1h1ms', '', '1'].some((value) => accepts(schema, value))).toBe(false);
  });

  it('of a list or a map counts its entries', () => {
    expect(accepts(listOf(z.int(), 2), [1, 2])).toBe(true);
    expect(accepts(listOf(z.int(), 2), [1, 2, 3])).toBe(false);
    const map = mapOf(text(5), z.int(), 2);
    expect(accepts(map, { a: 1, b: 2 })).toBe(true);
    expect(issuesOf(map, { a: 1, b: 2, c: 3 })).toEqual([': a mapping of at most 2 entries']);
    expect(issuesOf(map, { a: 1, b: 2, c: 'x' })).toEqual([
      'c: invalid_type',
      ': a mapping of at most 2 entries',
    ]);
  });

  it('that is handed on as it is has a size too', () => {
    expect(accepts(opaque(20), { a: [1, { b: null }] })).toBe(true);
    expect(issuesOf(opaque(20), { a: 'x'.repeat(20) })).toEqual([
      ': a mapping of at most 20 characters of JSON',
    ]);
    expect(accepts(opaque(20), [1])).toBe(false);
  });
});

describe('a text with a further condition', () => {
  const even = checkedText(text(4, /^\d*$/, 'an even number'), (value) =>
    Number(value) % 2 === 0 ? undefined : { found: 'an odd one', hint: 'Add one.' },
  );

  it('is looked at when it is a text', () => {
    expect(accepts(even, '12')).toBe(true);
    expect(even.safeParse('13').error?.issues[0]).toMatchObject({
      params: { expected: 'an even number', found: 'an odd one', hint: 'Add one.' },
    });
    expect(issuesOf(even, 13)).toEqual([': invalid_type']);
  });

  it('keeps saying what is expected of it', () => {
    expect(z.globalRegistry.get(even)).toMatchObject({ expected: 'an even number' });
  });
});

describe('what a field says of itself', () => {
  it('is its description, what changing it does, and whatever else', () => {
    expect(about('live', 'Something.', { absent: 'nothing' })).toEqual({
      description: 'Something.',
      change: 'live',
      absent: 'nothing',
    });
  });
});
