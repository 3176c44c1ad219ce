import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import { terminationMessage } from '../../src/contract/termination-message.ts';

describe('a termination message', () => {
  it('says what happened, where, and what to do', () => {
    const error = new MillraceError('io', 'The store says no.', {
      hint: 'Ask for it.',
      where: { bucket: 'b', part: 3 },
    });
    expect(JSON.parse(terminationMessage(error))).toEqual({
      code: 'io',
      message: 'The store says no.',
      where: { bucket: 'b', part: 3 },
      hint: 'Ask for it.',
    });
    expect(JSON.parse(terminationMessage(new TypeError('x is no function')))).toEqual({
      code: 'internal',
      message: 'x is no function',
      where: {},
    });
  });

  it('is whole JSON of 4,096 bytes at most, however much there is to say', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6000, size: 'max' });
    fc.assert(
      fc.property(text, text, fc.dictionary(fc.string({ maxLength: 20 }), text), (message, hint, where) => {
        const written = terminationMessage(new MillraceError('io', message, { hint, where }));
        expect(Buffer.byteLength(written)).toBeLessThanOrEqual(4096);
        expect(JSON.parse(written)).toMatchObject({ code: 'io' });
      }),
    );
  });
});
