import { describe, expect, it } from 'vitest';
import { shortBytes, shortNumber, shortTime, watermarkText } from '../../src/cli/numbers.ts';

describe('numbers for a glance', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [12_800, '12.5 KiB'],
    [1023 * 1024, '1023 KiB'],
    [1.25 * 2 ** 30, '1.25 GiB'],
    [2 ** 51, '2048 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(shortBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0'],
    [980, '980'],
    [9999, '9999'],
    [12_500, '12.5k'],
    [1_250_000, '1.25M'],
    [3e9, '3.00G'],
  ])('%d is %s', (value, text) => {
    expect(shortNumber(value)).toBe(text);
  });

  it.each([
    [850, '850 ms'],
    [12_300, '12.3 s'],
    [245_000, '4 m 05 s'],
    [12_000_000, '3 h 20 m'],
    [187_200_000, '2 d 4 h'],
  ])('%d ms are %s', (ms, text) => {
    expect(shortTime(ms)).toBe(text);
  });

  it('writes a watermark as a date, or says that there is none or that it is the last', () => {
    expect(watermarkText(0)).toBe('1970-01-01 00:00:00');
    expect(watermarkText(-Infinity)).toBe('-');
    expect(watermarkText(Infinity)).toBe('end');
    expect(watermarkText(9e15)).toBe('-');
  });
});
