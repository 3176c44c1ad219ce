import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packState, unpackState } from '../../../src/transforms/window/packed-state.ts';

const part = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined });

describe('packed state', () => {
  it('comes back as it was, parts that are empty told apart from parts that are not there', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.nat(Number.MAX_SAFE_INTEGER), (parts, arrivals) => {
        const bytes = packState({ arrivals, parts });
        if (parts.every((one) => one === undefined)) expect(bytes).toBeUndefined();
        else expect(unpackState(bytes!)).toEqual({ arrivals, parts });
      }),
    );
  });

  it('is refused when it is cut or of a later version', () => {
    const bytes = packState({ arrivals: 7, parts: [Uint8Array.of(1, 2, 3), undefined] })!;
    for (let length = 0; length < bytes.length; length++) {
      expect(() => unpackState(bytes.subarray(0, length))).toThrow('damaged');
    }
    expect(() => unpackState(Uint8Array.of(3, ...bytes.subarray(1)))).toThrow('unknown version 3');
  });
});
