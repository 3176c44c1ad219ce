import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Compression, CompressionFormat, Decompressor } from './compression.ts';

const chunkBytes = 256 * 1024;

const create = (format: CompressionFormat, onReady: () => void): Decompressor => {
  const stream =
    format === 'gzip'
      ? createGunzip({ chunkSize: chunkBytes })
      : createZstdDecompress({ chunkSize: chunkBytes });
  let failure: Error | undefined;
  let room = true;
  let finished = false;
  let closed = false;
  const ready = (): void => {
    if (!closed) onReady();
  };
  stream.on('readable', ready);
  stream.on('end', () => {
    finished = true;
    ready();
  });
  stream.on('error', (error) => {
    failure = error;
    ready();
  });
  return {
    hasRoom: () => room && failure === undefined,
    write: (bytes) => {
      room = false;
      stream.write(bytes, () => {
        room = true;
        ready();
      });
    },
    end: () => void stream.end(),
    read: () => {
      if (failure !== undefined) throw failure;
      return (stream.read() as Uint8Array | null) ?? undefined;
    },
    finished: () => finished,
    close: () => {
      closed = true;
      stream.destroy();
    },
  };
};

/** Compression by the platform's own libraries, on its thread pool. */
export const nodeCompression: Compression = { decompressor: create };
