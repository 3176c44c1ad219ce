import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { CompressionFormat } from '../../src/sys/compression.ts';
import { nodeCompression } from '../../src/sys/node-compression.ts';

const compress = { gzip: gzipSync, zstd: zstdCompressSync } as const;

/** Decompresses, giving input in pieces of this size and taking output whenever there is some. */
const decompress = async (
  format: CompressionFormat,
  input: Uint8Array,
  pieceBytes: number,
): Promise<Buffer> => {
  let ready = (): void => {};
  const decompressor = nodeCompression.decompressor(format, () => ready());
  const parts: Uint8Array[] = [];
  let at = 0;
  try {
    while (!decompressor.finished()) {
      const wait = new Promise<void>((resolve) => {
        ready = resolve;
      });
      if (at <= input.length && decompressor.hasRoom()) {
        if (at === input.length) decompressor.end();
        else decompressor.write(input.slice(at, at + pieceBytes));
        at = at === input.length ? at + 1 : Math.min(at + pieceBytes, input.length);
      }
      let read = false;
      for (let part = decompressor.read(); part !== undefined; part = decompressor.read()) {
        parts.push(part);
        read = true;
      }
      if (!read && !decompressor.finished()) await wait;
    }
  } finally {
    decompressor.close();
  }
  return Buffer.concat(parts);
};

describe.each(['gzip', 'zstd'] as const)('decompression of %s', (format) => {
  const text = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `line ${i} ${i * i}\n`).join(''));

  it('gives back what was compressed, whatever the pieces', async () => {
    for (const pieceBytes of [1000, 65_536, 10_000_000]) {
      expect((await decompress(format, compress[format](text), pieceBytes)).equals(text)).toBe(true);
    }
  });

  it('reads several members one after the other', async () => {
    const short = compress[format](Buffer.from('short\n'));
    const members = [compress[format](text), short, short, compress[format](text), short];
    const size = text.length * 2 + 18;
    for (const pieceBytes of [100, 4096, 65_536, 10_000_000]) {
      expect((await decompress(format, Buffer.concat(members), pieceBytes)).length).toBe(size);
    }
  });

  it('throws when the data is cut off or damaged', async () => {
    const whole = compress[format](text);
    await expect(decompress(format, whole.subarray(0, whole.length - 10), 65_536)).rejects.toBeInstanceOf(
      Error,
    );
    const trailing = Buffer.concat([whole, Buffer.from('garbage')]);
    await expect(decompress(format, trailing, 65_536)).rejects.toBeInstanceOf(Error);
    await expect(decompress(format, Buffer.from('this was never compressed'), 65_536)).rejects.toBeInstanceOf(
      Error,
    );
  });

  it('holds little more than a chunk while nobody reads', async () => {
    const bomb = compress[format](Buffer.alloc(50_000_000));
    let ready = (): void => {};
    const first = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const decompressor = nodeCompression.decompressor(format, () => ready());
    decompressor.write(bomb);
    await first;
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(decompressor.hasRoom()).toBe(false);
    expect(decompressor.read()?.length).toBeLessThan(2_000_000);
    decompressor.close();
  });
});

describe('compression of one piece', () => {
  const pieces = [0, 1, 100, 70_000, 20_000_000].map((length) =>
    Uint8Array.from({ length }, (_, i) => (i * i) >>> 7),
  );

  it('is undone by decompression, in buffers of their own', async () => {
    for (const piece of pieces) {
      const compressed = await nodeCompression.compress(piece);
      const back = await nodeCompression.decompress(compressed, piece.length);
      expect(Buffer.compare(back, piece)).toBe(0);
      for (const made of [compressed, back]) expect(made.buffer.byteLength).toBe(made.length);
    }
  });

  it('is refused when it holds more than it may, is cut off or damaged', async () => {
    const piece = pieces[3] as Uint8Array;
    const compressed = await nodeCompression.compress(piece);
    expect(compressed.length).toBeLessThan(piece.length);
    for (const [bytes, mostBytes] of [
      [compressed, piece.length - 1],
      [compressed.subarray(0, compressed.length - 1), piece.length],
      [piece, piece.length],
      [new Uint8Array(0), 10],
    ] as const)
      await expect(nodeCompression.decompress(bytes, mostBytes)).rejects.toBeInstanceOf(Error);
  });
});
