import { describe, expect, it } from 'vitest';
import { errorCodes, MillraceError } from '../../src/contract/errors.ts';

describe('an error of Millrace', () => {
  it('says what happened, where, and what to do', () => {
    const error = new MillraceError('io', 'The disk is full.', {
      hint: 'Free it.',
      where: { file: 'a', line: 3 },
    });
    expect(error).toBeInstanceOf(Error);
    expect({ ...error, message: error.message }).toMatchObject({
      name: 'MillraceError',
      code: 'io',
      message: 'The disk is full.',
      hint: 'Free it.',
      where: { file: 'a', line: 3 },
    });
  });

  it('needs nothing but a code and a sentence', () => {
    const error = new MillraceError('internal', 'That was not meant to happen.');
    expect(error.hint).toBeUndefined();
    expect(error.where).toEqual({});
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  it('carries what was behind it', () => {
    const cause = new TypeError('x');
    expect(new MillraceError('internal', 'It failed.', { cause }).cause).toBe(cause);
  });

  it('has a code from a list in which nothing stands twice', () => {
    expect(new Set(errorCodes).size).toBe(errorCodes.length);
    for (const code of errorCodes) expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
  });
});
