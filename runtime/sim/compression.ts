import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Compression } from '../src/sys/compression.ts';
import type { SimulatedProcess } from './process.ts';

/** How long a worker thread of the platform may take for one block, in ms. */
const longestMs = 3;

/** The platform's compression, which is done at once and answers after a while, as from a thread of its own. */
export const simulatedCompression = (process: SimulatedProcess): Compression => {
  const random = process.world.random.fork(`compression of ${process.name}`);
  const later = (compute: () => Uint8Array): Promise<Uint8Array> => {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const answer = (): void => {
      try {
        resolve(compute());
      } catch (error) {
        reject(error);
      }
    };
    if (process.alive) process.world.after(random.between(0, longestMs), answer, process);
    return promise;
  };
  return {
    decompressor: () => {
      throw new Error('A simulated process has no streams of compressed files.');
    },
    compress: (bytes) => {
      const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 0 };
      return later(() => zstdCompressSync(bytes, { params }));
    },
    decompress: (bytes, mostBytes) =>
      later(() => zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, mostBytes) })),
  };
};
