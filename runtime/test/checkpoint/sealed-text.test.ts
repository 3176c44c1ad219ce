import { expect, it } from 'vitest';
import { type Seal, sealText, unsealText } from '../../src/checkpoint/sealed-text.ts';
import { checksum } from './entries.ts';

const seal: Seal = { name: 'millrace-test', format: 2, what: 'test text' };
const found = { store: 'memory', key: 'a/1' };
const unseal = (bytes: Uint8Array): string => unsealText(seal, bytes, found, checksum);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

it('gives back what was sealed', () => {
  const bytes = sealText(seal, 'one\ntwo ü\n', checksum);
  expect(textOf(bytes)).toMatch(/^millrace-test 2 [0-9a-f]{8}\none\n/);
  expect(unseal(bytes)).toBe('one\ntwo ü\n');
});

it('refuses every text of which one bit is wrong, or the end is missing', () => {
  const bytes = sealText(seal, '{"a":1}\n', checksum);
  for (let at = 0; at < bytes.length; at++) {
    const wrong = bytes.slice();
    wrong[at] = (wrong[at] as number) ^ 1;
    expect(() => unseal(wrong), `byte ${at}`).toThrow(/test text a\/1/);
    expect(() => unseal(bytes.subarray(0, at)), `${at} bytes`).toThrow(/The test text a\/1 is/);
  }
});

it('tells a newer format from damage', () => {
  const bytes = sealText({ ...seal, format: 3 }, 'new', checksum);
  expect(() => unseal(bytes)).toThrow('a/1 is of format 3, and this Millrace reads formats up to 2');
});

it('reads older formats', () => {
  expect(unseal(sealText({ ...seal, format: 1 }, 'old', checksum))).toBe('old');
});

it('says what another kind of object is not', () => {
  expect(() => unseal(sealText({ ...seal, name: 'other' }, 'x', checksum))).toThrow(
    'its first line is not that of',
  );
});
