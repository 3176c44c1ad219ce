import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { files } from '../../../src/connectors/files/index.ts';
import { SourceRun } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

const formats = [
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const;

const text = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, i) => `{"n":${from + i}}\n`).join('');

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

interface Reading {
  readonly values: readonly number[];
  readonly error: unknown;
  readonly letters: readonly unknown[];
}

/** Reads a compressed file as far as it goes. */
const read = async (
  bytes: Uint8Array,
  compression: 'gzip' | 'zstd',
  readBytes: number = Number.POSITIVE_INFINITY,
): Promise<Reading> => {
  const test = new TestSystem();
  test.files.readBytes = readBytes;
  test.files.put('/base/in', bytes);
  const source = files<{ n: number }>({ path: 'in', format: 'ndjson', compression });
  const run = new SourceRun(source, test, { deadLetters: 'keep' });
  let error: unknown;
  try {
    await run.open();
    expect(await run.runToEnd()).toBe('end');
  } catch (failure) {
    error = failure;
  }
  await run.close();
  expect([test.files.openCount, test.compressing]).toEqual([0, 0]);
  return { values: run.values().map(({ n }) => n), error, letters: run.deadLetters };
};

describe.each(formats)('a file in %s', (compression, compress) => {
  it('is read whole however its bytes come', async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 1, max: 200 }),
      async (count, readBytes) => {
        const { values, error } = await read(compress(text(count)), compression, readBytes);
        expect(error).toBeUndefined();
        expect(values).toEqual(numbers(count));
      },
    );
    await fc.assert(property, { numRuns: 40, seed: 41 });
  });

  it('may be several put one behind the other, as logs are', async () => {
    const parts = [compress(text(100)), compress(text(50, 100)), compress(''), compress(text(3, 150))];
    const { values, error } = await read(Buffer.concat(parts), compression, 100);
    expect(error).toBeUndefined();
    expect(values).toEqual(numbers(153));
  });

  it('ends with a sentence wherever it is cut off, and gives no record that is not in it', async () => {
    const whole = compress(text(300));
    const property = fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (length) => {
      const { values, error, letters } = await read(whole.subarray(0, length), compression);
      expect(error).toMatchObject({
        code: 'record-invalid',
        message: expect.stringContaining('/base/in is not whole'),
      });
      expect(letters).toEqual([]);
      expect(values).toEqual(numbers(values.length));
    });
    await fc.assert(property, { numRuns: 80, seed: 42 });
  });

  it('ends with a sentence when something else stands behind it, or instead of it', async () => {
    for (const bytes of [text(5), `${'x'.repeat(100)}`]) {
      const { error } = await read(new TextEncoder().encode(bytes), compression);
      expect(error).toMatchObject({ code: 'record-invalid' });
    }
  });
});

describe('a gzip file of which a byte was changed', () => {
  it('gives the records that it had, or ends with a sentence: never others', async () => {
    const whole = gzipSync(text(200));
    const property = fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (place, difference) => {
        const bytes = Uint8Array.from(whole);
        bytes[place] = (bytes[place] as number) ^ difference;
        const { values, error } = await read(bytes, 'gzip');
        if (error === undefined) expect(values).toEqual(numbers(200));
        else expect(error).toMatchObject({ name: 'MillraceError' });
      },
    );
    await fc.assert(property, { numRuns: 120, seed: 43 });
  });
});
