import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompressionFormat, Decompressor } from '../../src/sys/compression.ts';
import { nodeCompression } from '../../src/sys/node-compression.ts';

fc.configureGlobal({ seed: 20_011 });

const compress = { gzip: gzipSync, zstd: zstdCompressSync } as const;

/** A decompressor and the calls of `onReady`; says when one came from inside another call. */
const watched = (format: CompressionFormat) => {
  let wake = (): void => {};
  let inside = 0;
  const rig = {
    readyCalls: 0,
    nestedCalls: 0,
    decompressor: nodeCompression.decompressor(format, () => {
      rig.readyCalls += 1;
      if (inside > 0) rig.nestedCalls += 1;
      wake();
    }),
    ready: (): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    call: <T>(use: (decompressor: Decompressor) => T): T => {
      inside += 1;
      try {
        return use(rig.decompressor);
      } finally {
        inside -= 1;
      }
    },
  };
  return rig;
};

/** Gives these pieces as there is room, reads what comes. */
const decompress = async (format: CompressionFormat, pieces: readonly Uint8Array[]) => {
  const rig = watched(format);
  const parts: Uint8Array[] = [];
  const left = [...pieces];
  let ended = false;
  try {
    while (!rig.call((one) => one.finished())) {
      const ready = rig.ready();
      let moved = false;
      if (!ended && rig.call((one) => one.hasRoom())) {
        const piece = left.shift();
        ended = piece === undefined;
        rig.call((one) => (piece === undefined ? one.end() : one.write(piece)));
        moved = true;
      }
      for (
        let part = rig.call((one) => one.read());
        part !== undefined;
        part = rig.call((one) => one.read())
      ) {
        parts.push(Uint8Array.from(part));
        moved = true;
      }
      if (!moved && !rig.call((one) => one.finished())) await ready;
    }
  } finally {
    rig.call((one) => one.close());
  }
  return { bytes: Buffer.concat(parts), nestedCalls: rig.nestedCalls };
};

/** Cuts bytes at these places, each a share of what is left. */
const cut = (bytes: Uint8Array, shares: readonly number[]): Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const share of shares) {
    const to = at + Math.ceil((bytes.length - at) * share);
    if (to > at) pieces.push(bytes.slice(at, to));
    at = to;
  }
  if (at < bytes.length) pieces.push(bytes.slice(at));
  return pieces;
};

const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(fc.nat(255), fc.integer({ min: 1, max: 700_000 }))
    .map(([byte, size]) => new Uint8Array(size).fill(byte)),
  fc
    .tuple(fc.nat(1000), fc.integer({ min: 1, max: 20_000 }))
    .map(([start, lines]) =>
      Buffer.from(Array.from({ length: lines }, (_, i) => `${start + i * i}\n`).join('')),
    ),
);

const shares = fc.array(fc.constantFrom(0.000_1, 0.01, 0.1, 0.5), { maxLength: 12 });

describe.each(['gzip', 'zstd'] as const)('a file of %s', (format) => {
  it('is decompressed to what it was, however many members it has and wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 4 }), shares, async (members, at) => {
        const file = Buffer.concat(members.map((member) => compress[format](member)));
        const { bytes, nestedCalls } = await decompress(format, cut(file, at));
        expect(bytes.equals(Buffer.concat(members))).toBe(true);
        expect(nestedCalls).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('is decompressed byte by byte as well', async () => {
    const members = ['first', '', 'third '.repeat(50)].map((text) => Buffer.from(text));
    const file = Buffer.concat(members.map((member) => compress[format](member)));
    const { bytes } = await decompress(
      format,
      Array.from(file, (byte) => Uint8Array.of(byte)),
    );
    expect(bytes.toString()).toBe(Buffer.concat(members).toString());
  });

  it('that is cut off anywhere is an error, and never a shorter file', async () => {
    const file = compress[format](Buffer.from('some text, some text and more of it'));
    for (let length = 1; length < file.length; length++) {
      await expect(decompress(format, [file.subarray(0, length)])).rejects.toBeInstanceOf(Error);
    }
  });

  it('goes on throwing once it has failed, and has no room for more', async () => {
    const rig = watched(format);
    rig.call((one) => one.write(Buffer.from('this was never compressed')));
    await rig.ready();
    while (rig.decompressor.hasRoom()) await rig.ready();
    for (let i = 0; i < 3; i++) expect(() => rig.decompressor.read()).toThrow(Error);
    expect(rig.decompressor.hasRoom()).toBe(false);
    expect(rig.decompressor.finished()).toBe(false);
    rig.decompressor.close();
  });

  it('calls nobody any more after it was closed', async () => {
    const rig = watched(format);
    rig.call((one) => one.write(compress[format](Buffer.alloc(3_000_000, 7))));
    rig.call((one) => one.close());
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(rig.readyCalls).toBe(0);
  });
});
