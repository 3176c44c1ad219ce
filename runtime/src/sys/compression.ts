/** The forms in which whole files are compressed. */
export type CompressionFormat = 'gzip' | 'zstd';

/**
 * Decompresses one file as a stream, off the caller's thread and with bounded memory: it takes input only while
 * `hasRoom()`, and stops working when its output is not read.
 */
export interface Decompressor {
  /** Whether `write` may be called. */
  hasRoom(): boolean;
  /** Takes compressed bytes; the array belongs to the decompressor until `hasRoom()` is true again. */
  write(bytes: Uint8Array): void;
  /** No more input. A file that ends in the middle of its data is an error. */
  end(): void;
  /**
   * The next decompressed bytes, or undefined if there are none now.
   * @throws the platform's error when the data is damaged or cut off.
   */
  read(): Uint8Array | undefined;
  /** Whether every byte has been read. */
  finished(): boolean;
  close(): void;
}

export interface Compression {
  /** `onReady` is called, never from inside another call, when `read`, `hasRoom` or `finished` may answer anew. */
  decompressor(format: CompressionFormat, onReady: () => void): Decompressor;
  /** One zstd frame, made off the caller's thread with the least effort. The bytes must not change meanwhile. */
  compress(bytes: Uint8Array): Promise<Uint8Array>;
  /** Undoes `compress`. Rejects with the platform's error when the frame is damaged or holds more than `mostBytes`. */
  decompress(bytes: Uint8Array, mostBytes: number): Promise<Uint8Array>;
}
