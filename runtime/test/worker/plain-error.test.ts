import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorCodes, MillraceError } from '../../src/contract/errors.ts';
import { fromPlainError, type PlainError, toPlainError } from '../../src/worker/plain-error.ts';

/** An error as another thread gets it. */
const sent = (error: unknown): Error => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(toPlainError(error));
  const received = receiveMessageOnPort(port2) as { readonly message: PlainError };
  port1.close();
  return fromPlainError(received.message);
};

describe('an error of ours that is sent to another thread', () => {
  it('arrives with its code, its places and its hint', () => {
    const details = fc.record(
      {
        hint: fc.string(),
        where: fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(fc.string(), fc.integer())),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.constantFrom<ErrorCode>(...errorCodes), fc.string(), details, (code, message, more) => {
        const before = new MillraceError(code, message, more);
        const after = sent(before);
        expect(MillraceError.is(after)).toBe(true);
        const { where, hint, stack } = before;
        expect({ ...after, message: after.message, stack: after.stack }).toEqual({
          ...before,
          code,
          where,
          hint,
          message,
          stack,
        });
      }),
    );
  });

  it('arrives with its causes, ours and others', () => {
    const root = Object.assign(new RangeError('too far'), { code: 'EFAR' });
    const middle = new MillraceError('io', 'not read', { cause: root, where: { file: 'a' } });
    const after = sent(new MillraceError('user-code', 'failed', { cause: middle, hint: 'do' }));
    expect(after.cause).toMatchObject({ code: 'io', message: 'not read', where: { file: 'a' } });
    expect((after.cause as Error).cause).toMatchObject({ name: 'RangeError', message: 'too far' });
  });

  it('ends a chain of causes that bites its own tail', () => {
    const error = new Error('round');
    error.cause = error;
    let depth = 0;
    for (let at: unknown = sent(error); at instanceof Error; at = at.cause) depth++;
    expect(depth).toBe(9);
  });
});

describe('any other error', () => {
  it('keeps its name, its sentence and its stack', () => {
    const before = new TypeError('x is not a function');
    const after = sent(before);
    expect(after.name).toBe('TypeError');
    expect(after.message).toBe(before.message);
    expect(after.stack).toBe(before.stack);
    expect(MillraceError.is(after)).toBe(false);
  });

  it('tells in one sentence what several say', () => {
    const after = sent(new AggregateError([new Error('refused by ::1'), new Error('refused by 127.0.0.1')]));
    expect(after.message).toBe('refused by ::1: refused by 127.0.0.1');
  });

  it.each([
    ['a text', 'boom', 'boom'],
    ['nothing', undefined, 'undefined'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a number', 7, '7'],
  ])('may be %s that was thrown', (_name, thrown, message) => {
    expect(sent(thrown).message).toBe(message);
  });
});
