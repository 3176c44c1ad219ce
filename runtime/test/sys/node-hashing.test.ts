import { describe, expect, it } from 'vitest';
import { nodeHashing } from '../../src/sys/node-hashing.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a digest', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('is SHA-256 with the published test vectors: %#', (text, digest) => {
    expect(nodeHashing.sha256(bytes(text))).toBe(digest);
  });

  it('is that of the bytes given, and not of the memory around them', () => {
    const view = bytes('xxabcyy').subarray(2, 5);
    expect(nodeHashing.sha256(view)).toBe(nodeHashing.sha256(bytes('abc')));
    expect(nodeHashing.sha256(view.subarray(0, 0))).toBe(nodeHashing.sha256(bytes('')));
  });

  it('leaves what it reads alone', () => {
    const source = bytes('abc');
    nodeHashing.sha256(source);
    expect(source).toEqual(bytes('abc'));
  });
});

describe('secrets', () => {
  it.each([
    ['', ''],
    ['a', 'a'],
    ['grün 😀', 'grün 😀'],
    ['x'.repeat(10_000), 'x'.repeat(10_000)],
  ])('are equal when every character is: %#', (given, secret) => {
    expect(nodeHashing.equalSecrets(given, secret)).toBe(true);
  });

  it.each([
    ['', 'a'],
    ['a', ''],
    ['a', 'ab'],
    ['ab', 'a'],
    ['secret', 'Secret'],
    ['secret', 'secret '],
    ['e\u0301', 'é'],
  ])('differ in one character or in their length: “%s” and “%s”', (given, secret) => {
    expect(nodeHashing.equalSecrets(given, secret)).toBe(false);
  });
});

describe('a checksum', () => {
  it('is CRC-32 with the published check value', () => {
    expect(nodeHashing.crc32(bytes('123456789'))).toBe(0xcbf43926);
    expect(nodeHashing.crc32(bytes(''))).toBe(0);
  });

  it('goes on from that of the bytes before', () => {
    expect(nodeHashing.crc32(bytes('56789'), nodeHashing.crc32(bytes('1234')))).toBe(0xcbf43926);
  });
});
