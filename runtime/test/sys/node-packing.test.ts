import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodePacking } from '../../src/sys/node-packing.ts';

const like = new TextEncoder().encode(
  JSON.stringify({ kind: 'Thing', labels: { team: 'shop' }, list: [1, 2, 3] }),
);

describe('packed texts', () => {
  it('are the same again, whatever they are and are like', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array({ minLength: 8 }), (text, other) => {
        expect(nodePacking.unpack(nodePacking.pack(text, other), other)).toBe(text.toWellFormed());
      }),
    );
  });

  it('take little where they are like what they are told to be like', () => {
    const text = JSON.stringify({ kind: 'Thing', labels: { team: 'shop' }, list: [1, 2, 4] });
    expect(nodePacking.pack(text, like).length).toBeLessThan(text.length / 2);
  });
});
