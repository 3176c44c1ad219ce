import { MillraceError } from '../../contract/errors.ts';
import type { CompressionFormat, Decompressor } from '../../sys/compression.ts';
import type { OpenFile } from '../../sys/files.ts';
import type { System } from '../../sys/system.ts';
import type { ByteSupply } from '../formats/record-stream.ts';
import { withFile } from './io-error.ts';

/** The bytes of an open file. */
export interface FileSupply extends ByteSupply {
  /** Bytes read from the disk. */
  readonly diskBytes: number;
  /** Releases what the supply holds besides the file. */
  close(): void;
}

/** A plain file from a position on. `follow`: at the end there is nothing now, and perhaps later. */
export const plainSupply = (file: OpenFile, path: string, position: number, follow: boolean): FileSupply => {
  let next = position;
  return {
    get diskBytes() {
      return next - position;
    },
    read: (target, offset, length) => {
      const read = withFile('read', path, () => file.read(target, offset, length, next));
      next += read;
      return read === 0 && follow ? undefined : read;
    },
    close: () => {},
  };
};

const inputBytes = 256 * 1024;

const damaged = (path: string, format: CompressionFormat, error: unknown): MillraceError => {
  const detail = error instanceof Error ? error.message : String(error);
  return new MillraceError('record-invalid', `${path} is not whole ${format} data: ${detail}.`, {
    hint: 'The file is damaged or was cut off while it was written; write it again.',
    cause: error,
    where: { file: path },
  });
};

/** Feeds a decompressor from a file and hands out what it makes, from a position of the decompressed bytes on. */
class CompressedSupply implements FileSupply {
  diskBytes: number = 0;
  private readonly file: OpenFile;
  private readonly path: string;
  private readonly format: CompressionFormat;
  private readonly decompressor: Decompressor;
  private readonly input = new Uint8Array(inputBytes);
  private ended = false;
  private toSkip: number;
  private output: Uint8Array = new Uint8Array(0);

  constructor(
    file: OpenFile,
    path: string,
    format: CompressionFormat,
    position: number,
    system: System,
    wake: () => void,
  ) {
    this.file = file;
    this.path = path;
    this.format = format;
    this.toSkip = position;
    this.decompressor = system.compression.decompressor(format, wake);
  }

  read(target: Uint8Array, offset: number, length: number): number | undefined {
    this.feed();
    while (this.output.length === 0) {
      const output = this.decompressed();
      if (output === undefined) return this.decompressor.finished() ? 0 : undefined;
      const skipped = Math.min(this.toSkip, output.length);
      this.toSkip -= skipped;
      this.output = output.subarray(skipped);
    }
    const part = this.output.subarray(0, length);
    target.set(part, offset);
    this.output = this.output.subarray(part.length);
    return part.length;
  }

  close(): void {
    this.decompressor.close();
  }

  private feed(): void {
    if (this.ended || !this.decompressor.hasRoom()) return;
    const read = withFile('read', this.path, () => this.file.read(this.input, 0, inputBytes, this.diskBytes));
    this.diskBytes += read;
    if (read > 0) this.decompressor.write(this.input.subarray(0, read));
    else {
      this.ended = true;
      this.decompressor.end();
    }
  }

  private decompressed(): Uint8Array | undefined {
    try {
      return this.decompressor.read();
    } catch (error) {
      throw damaged(this.path, this.format, error);
    }
  }
}

/** A compressed file; `wake` is called when `read` may have more. */
export const compressedSupply = (
  file: OpenFile,
  path: string,
  format: CompressionFormat,
  position: number,
  system: System,
  wake: () => void,
): FileSupply => new CompressedSupply(file, path, format, position, system, wake);
