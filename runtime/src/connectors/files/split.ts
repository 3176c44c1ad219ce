import type { CompressionFormat } from '../../sys/compression.ts';

/** A file, or a range of its bytes, and how far it has been read. Positions count decompressed bytes. */
export interface FileSplit {
  readonly id: string;
  readonly path: string;
  /** The file behind the path when it was found; only followed files are looked for by it. */
  readonly identity: string;
  readonly compression: 'none' | CompressionFormat;
  /** Records that begin in `start .. end` belong to the split; `end` null = up to the end of the file. */
  readonly start: number;
  readonly end: number | null;
  /** Where the next record begins; when `aligned` is false, behind the first line end from there on. */
  readonly next: number;
  readonly aligned: boolean;
  /** CSV: the columns, once the header has been read. */
  readonly header: readonly string[] | null;
  /** Bytes on disk of this split, and of all splits of the job when it was found: for showing progress. */
  readonly sizeBytes: number;
  readonly totalBytes: number;
}
