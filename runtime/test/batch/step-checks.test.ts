import { describe, expect, it } from 'vitest';
import { checkFirstResult, refuseLateEmit, refusePromise } from '../../src/batch/step-checks.ts';
import { objectOf } from './arbitrary.ts';

describe('the result of a user function', () => {
  it('may be anything that is no promise', () => {
    const fine = [null, undefined, 1, 'then', { a: 1 }, objectOf([['then', 1]]), [], new Map(), () => 1];
    for (const result of fine) expect(() => refusePromise(result, 'map')).not.toThrow();
  });

  it('is refused when it is a promise, or something like one', () => {
    for (const result of [Promise.resolve(1), objectOf([['then', () => 1]])]) {
      expect(() => refusePromise(result, 'filter')).toThrow('The filter function returned a promise');
      expect(() => refusePromise(result, 'filter')).toThrow(
        expect.objectContaining({ code: 'user-code', hint: expect.stringContaining('mapAsync') }),
      );
    }
  });

  it('has to lie in the value domain when it is the first', () => {
    expect(() => checkFirstResult({ a: [1] }, 'map')).not.toThrow();
    expect(() => checkFirstResult({ a: [/x/] }, 'map')).toThrow(
      /\.a\[0\] is an instance of RegExp.*the map function/,
    );
    expect(() => checkFirstResult(Promise.resolve(), 'map')).toThrow(/returned a promise/);
  });

  it('comes too late when the call is over', () => {
    expect(refuseLateEmit).toThrow(expect.objectContaining({ code: 'user-code' }));
  });
});
