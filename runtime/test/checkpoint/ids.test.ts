import { expect, it } from 'vitest';
import { asAttempt, asCheckpointId, asTerm, isKeyPart, isObjectKey } from '../../src/checkpoint/ids.ts';

it('takes whole numbers from 1 as terms, attempts and checkpoints, and nothing else', () => {
  expect([asTerm(1), asAttempt(2), asCheckpointId(3)]).toEqual([1, 2, 3]);
  for (const value of [0, -1, 1.5, Number.NaN, 2 ** 53]) expect(() => asTerm(value)).toThrow('is no term');
});

it('takes keys of plain parts between slashes', () => {
  expect(isObjectKey('jobs/a-1/state/3/17/0-0')).toBe(true);
  expect(isObjectKey('a..b')).toBe(true);
});

it.each(['', '/a', 'a/', 'a//b', 'a/../b', './a', 'a\\b', 'a b', 'ä', 'a\n', 'a'.repeat(1025)])(
  'refuses %j as a key',
  (key) => {
    expect(isObjectKey(key)).toBe(false);
  },
);

it('tells one part of a key from several', () => {
  expect(isKeyPart('before-sale')).toBe(true);
  expect(isKeyPart('before/sale')).toBe(false);
});
