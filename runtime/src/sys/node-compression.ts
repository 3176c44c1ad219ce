import { constants, createGunzip, createZstdDecompress, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Compression, CompressionFormat, Decompressor } from './compression.ts';

const chunkBytes = 256 * 1024;

type Stream = ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>;

/**
 * One compressed file as a stream of the platform. A zstd file may hold several frames, and the platform's stream ends behind
 * the first one that ends within its input: the rest is then given to a new stream.
 */
class NodeDecompressor implements Decompressor {
  private readonly format: CompressionFormat;
  private readonly onReady: () => void;
  private stream: Stream;
  private failure: Error | undefined;
  private room = true;
  private ended = false;
  private closed = false;
  private isTelling = false;
  /** Bytes given to the stream in hand. */
  private given = 0;
  /** What the stream in hand has left of its input because its frame has ended. */
  private rest: Uint8Array | undefined;

  constructor(format: CompressionFormat, onReady: () => void) {
    this.format = format;
    this.onReady = onReady;
    this.stream = this.create();
  }

  hasRoom(): boolean {
    return this.room && this.failure === undefined;
  }

  write(bytes: Uint8Array): void {
    this.room = false;
    this.given += bytes.length;
    const { stream } = this;
    stream.write(bytes, () => {
      const left = this.given - stream.bytesWritten;
      if (left > 0 && this.format === 'zstd') this.rest = bytes.subarray(bytes.length - left);
      else this.room = true;
      this.ready();
    });
  }

  end(): void {
    this.stream.end();
  }

  read(): Uint8Array | undefined {
    if (this.failure !== undefined) throw this.failure;
    return (this.stream.read() as Uint8Array | null) ?? undefined;
  }

  finished(): boolean {
    return this.ended;
  }

  close(): void {
    this.closed = true;
    this.stream.destroy();
  }

  private create(): Stream {
    const options = { chunkSize: chunkBytes };
    const stream = this.format === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
    stream.on('readable', () => this.ready());
    stream.on('end', () => this.streamEnded());
    stream.on('error', (error) => {
      this.failure = error;
      this.ready();
    });
    return stream;
  }

  private streamEnded(): void {
    const { rest } = this;
    if (rest === undefined) this.ended = true;
    else {
      this.stream.destroy();
      this.rest = undefined;
      this.given = 0;
      this.stream = this.create();
      this.write(rest);
    }
    this.ready();
  }

  /** Streams speak up from inside `read` and `write`, too: the caller is told when its call is over. */
  private ready(): void {
    if (this.isTelling) return;
    this.isTelling = true;
    queueMicrotask(() => {
      this.isTelling = false;
      if (!this.closed) this.onReady();
    });
  }
}

/** The bytes with a buffer of their own size: those of the platform may lie in a shared or a larger one. */
const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.length === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);

const settle =
  (resolve: (bytes: Uint8Array) => void, reject: (error: Error) => void) =>
  (error: Error | null, bytes: Uint8Array): void =>
    error === null ? resolve(ownBytes(bytes)) : reject(error);

/** Output is made in one piece where it fits: each further piece is another trip to a thread. */
const pieceBytes = (expectedBytes: number): number => Math.min(Math.max(64, expectedBytes), 8 * 1024 * 1024);

const compress = (bytes: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    // Half of what comes in mostly holds what comes out, and less memory is taken for it.
    const chunkSize = pieceBytes((bytes.length >>> 1) + 64);
    const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 0 };
    zstdCompress(bytes, { chunkSize, params }, settle(resolve, reject));
  });

const decompress = (bytes: Uint8Array, mostBytes: number): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const options = { chunkSize: pieceBytes(mostBytes), maxOutputLength: Math.max(1, mostBytes) };
    zstdDecompress(bytes, options, settle(resolve, reject));
  });

/** Compression by the platform's own libraries, on its thread pool. */
export const nodeCompression: Compression = {
  decompressor: (format, onReady) => new NodeDecompressor(format, onReady),
  compress,
  decompress,
};
