import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressedSupply, type FileSupply, plainSupply } from '../../../src/connectors/files/supply.ts';
import { TestSystem } from '../support/test-system.ts';

const content = Buffer.from(Array.from({ length: 30_000 }, (_, i) => `line ${i}\n`).join(''));

/** Everything that a supply gives, waiting for it where it has nothing now. */
const drain = async (supply: FileSupply, wake: { ready: () => void }, readBytes: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake.ready = resolve;
    });
    const target = new Uint8Array(readBytes + 5);
    const read = supply.read(target, 3, readBytes);
    if (read === 0) break;
    if (read === undefined) await woken;
    else {
      expect([...target.subarray(0, 3), ...target.subarray(3 + readBytes)]).toEqual([0, 0, 0, 0, 0]);
      parts.push(Buffer.from(target.subarray(3, 3 + read)));
    }
  }
  supply.close();
  return Buffer.concat(parts);
};

const open = (bytes: Uint8Array) => {
  const test = new TestSystem();
  test.files.put('/f', bytes);
  return { test, file: test.files.open('/f', 'read'), wake: { ready: (): void => {} } };
};

describe('the bytes of a plain file', () => {
  it('come from the position on, in pieces as asked for', async () => {
    const { file, wake } = open(content);
    const supply = plainSupply(file, '/f', 1000, false);
    expect((await drain(supply, wake, 777)).equals(content.subarray(1000))).toBe(true);
    expect(supply.diskBytes).toBe(content.length - 1000);
  });

  it('have an end, or none yet when they are followed', () => {
    const { test, file } = open(new Uint8Array(2));
    const target = new Uint8Array(10);
    const followed = plainSupply(file, '/f', 0, true);
    expect([
      plainSupply(file, '/f', 2, false).read(target, 0, 5),
      followed.read(target, 0, 5),
      followed.read(target, 0, 5),
    ]).toEqual([0, 2, undefined]);
    test.files.append('/f', 'abc');
    expect(followed.read(target, 0, 5)).toBe(3);
  });
});

describe.each([
  ['gzip', gzipSync(content)],
  ['zstd', zstdCompressSync(content)],
] as const)('the bytes of a %s file', (format, compressed) => {
  it.each([0, 1, 12_345, content.length - 1, content.length])(
    'come decompressed from position %i on',
    async (position) => {
      const { test, file, wake } = open(compressed);
      const supply = compressedSupply(file, '/f', format, position, test.system, () => wake.ready());
      expect((await drain(supply, wake, 50_000)).equals(content.subarray(position))).toBe(true);
      expect(supply.diskBytes).toBe(compressed.length);
      expect(test.compressing).toBe(0);
    },
  );

  it('come in small pieces too, and in many reads of the disk', async () => {
    const { test, file, wake } = open(compressed);
    test.files.readBytes = 1000;
    const supply = compressedSupply(file, '/f', format, 0, test.system, () => wake.ready());
    expect((await drain(supply, wake, 101)).equals(content)).toBe(true);
  });

  it('are refused by the name of the file when they are not compressed at all', async () => {
    const { test, file, wake } = open(Buffer.from('plain text, never compressed'));
    const supply = compressedSupply(file, '/f', format, 0, test.system, () => wake.ready());
    await expect(drain(supply, wake, 100)).rejects.toMatchObject({
      code: 'record-invalid',
      message: expect.stringMatching(new RegExp(`^/f is not whole ${format} data: `)),
      hint: 'The file is damaged or was cut off while it was written; write it again.',
    });
    supply.close();
  });

  it('are nothing for an empty file or an empty content', async () => {
    const { test, file, wake } = open(format === 'gzip' ? gzipSync('') : zstdCompressSync(''));
    const supply = compressedSupply(file, '/f', format, 0, test.system, () => wake.ready());
    expect((await drain(supply, wake, 100)).length).toBe(0);
  });

  it('stop coming when the disk fails, with a sentence', async () => {
    const { test, file, wake } = open(compressed);
    test.files.fail('read', '/f', 'EIO');
    const supply = compressedSupply(file, '/f', format, 0, test.system, () => wake.ready());
    await expect(drain(supply, wake, 100)).rejects.toThrow('Cannot read /f: the disk reported an error.');
    supply.close();
  });
});
