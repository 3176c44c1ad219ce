import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import {
  cpuPattern,
  parseCpu,
  parseQuantity,
  quantityHint,
  quantityPattern,
} from '../../src/contract/quantity.ts';

const likeThis = 'Write a number with Ki, Mi, Gi or Ti (powers of 1024), or k, M, G or T (powers of 1000).';

describe('a size', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['1024', 1024],
    ['1k', 1000],
    ['1Ki', 1024],
    ['512Mi', 536_870_912],
    ['512M', 512_000_000],
    ['1Gi', 1_073_741_824],
    ['1.5Gi', 1_610_612_736],
    ['0.5Ki', 512],
    ['2G', 2_000_000_000],
    ['4Ti', 4_398_046_511_104],
    ['1T', 1_000_000_000_000],
    ['1Pi', 1_125_899_906_842_624],
    ['8P', 8_000_000_000_000_000],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseQuantity(text)).toBe(bytes);
    expect(quantityHint(text)).toBeUndefined();
  });

  it('is rounded up to whole bytes', () => {
    expect(parseQuantity('0.001')).toBe(1);
    expect(parseQuantity('0.1Ki')).toBe(103);
  });

  it.each([
    ['512MB', 'Did you mean 512Mi?'],
    ['512mb', 'Did you mean 512Mi?'],
    ['512MiB', 'Did you mean 512Mi?'],
    ['2gb', 'Did you mean 2Gi?'],
    ['2 Gi', 'Did you mean 2Gi?'],
    ['1.5g', 'Did you mean 1.5Gi?'],
    ['64K', 'Did you mean 64Ki?'],
    ['100m', 'Did you mean 100Mi?'],
    [' 1Ti ', 'Did you mean 1Ti?'],
    ['', likeThis],
    ['Mi', likeThis],
    ['-1Mi', likeThis],
    ['1e9', likeThis],
    ['1_000', likeThis],
    ['1,5Gi', likeThis],
    ['1Ei', likeThis],
    ['lots', likeThis],
    ['0x10', likeThis],
    ['1.2345Gi', likeThis],
  ])('is not %j, and the hint says what was probably meant', (text, hint) => {
    const attempt = (): number => parseQuantity(text);
    expect(attempt).toThrow(MillraceError);
    expect(attempt).toThrow(`${JSON.stringify(text)} is not a size.`);
    expect(attempt).toThrow(expect.objectContaining({ code: 'manifest-invalid', hint }));
    expect(quantityHint(text)).toBe(hint);
  });

  it('is refused when it has more bytes than can be counted', () => {
    expect(() => parseQuantity('465458732Pi')).toThrow(MillraceError);
    expect(() => parseQuantity('8Pi')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('smaller') }),
    );
  });

  it('grows with its number and with its unit', () => {
    const units = ['', 'k', 'Ki', 'M', 'Mi', 'G', 'Gi', 'T', 'Ti'];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 }), fc.nat(units.length - 2), (amount, place) => {
        const bytes = parseQuantity(`${amount}${units[place]}`);
        expect(parseQuantity(`${amount + 1}${units[place]}`)).toBeGreaterThan(bytes);
        expect(parseQuantity(`${amount}${units[place + 1]}`)).toBeGreaterThan(bytes);
      }),
    );
  });

  it('is read as the number of whole bytes when it has no unit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999_999_999_999 }), (bytes) => {
        expect(parseQuantity(String(bytes))).toBe(bytes);
      }),
    );
  });
});

describe('a number of processors', () => {
  it.each([
    ['1', 1],
    ['2', 2],
    ['0.5', 0.5],
    ['1.25', 1.25],
    ['500m', 0.5],
    ['50m', 0.05],
    ['1500m', 1.5],
    ['0', 0],
  ])('%s is %d', (text, count) => {
    expect(parseCpu(text)).toBe(count);
  });

  it.each(['', 'two', '1.2345', '0.5m', '-1', '1 ', '1M', '1e3', 'm'])('is not %j', (text) => {
    expect(() => parseCpu(text)).toThrow(MillraceError);
    expect(() => parseCpu(text)).toThrow('is not a number of processors.');
  });

  it('means the same in thousandths', () => {
    fc.assert(
      fc.property(fc.nat(999), (thousandths) => {
        expect(parseCpu(`${thousandths}m`)).toBe(parseCpu((thousandths / 1000).toFixed(3)));
      }),
    );
  });
});

describe('the patterns of sizes and processors', () => {
  it('let nothing through that cannot be read', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'0123456789.KkMmGgTtPpiEe- '), maxLength: 8 });
    fc.assert(
      fc.property(letters, (text) => {
        if (quantityPattern.test(text) && Number.parseFloat(text) < 8)
          expect(parseQuantity(text)).toBeGreaterThanOrEqual(0);
        if (cpuPattern.test(text)) expect(parseCpu(text)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});
