import { Buffer } from 'node:buffer';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Packing } from './packing.ts';

/** By zstd, with the other text as its dictionary, on the thread of the caller: a tenth of a millisecond for some kilobytes. */
export const nodePacking: Packing = {
  pack: (text, like) => zstdCompressSync(text, { dictionary: like }).toString('latin1'),
  unpack: (packed, like) =>
    zstdDecompressSync(Buffer.from(packed, 'latin1'), { dictionary: like }).toString('utf8'),
};
