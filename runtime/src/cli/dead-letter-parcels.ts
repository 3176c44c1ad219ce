import { dirname } from 'node:path';
import type { FileSystem, OpenFile } from '../sys/files.ts';
import type { DeadLetterParcel } from '../task/dead-letter-box.ts';
import { letterText } from './dead-letter-text.ts';

/** Parcels that are known by name: only the last may be asked for again. */
const rememberedParcels = 10_000;
const chunkBytes = 256 * 1024;
const newline = 10;
const longestIdBytes = 200;

/** What a file of letters has in it. */
interface Contents {
  /** Letters by parcel. */
  readonly counts: Map<string, number>;
  /** Up to the end of the last whole line. */
  readonly wholeBytes: number;
  readonly sizeBytes: number;
}

const idIn = (lineStart: string): string | undefined => /^\{"from":"([^"]+)"/.exec(lineStart)?.[1];

const remember = (counts: Map<string, number>, id: string, letters: number): void => {
  const known = counts.get(id) ?? 0;
  counts.delete(id);
  counts.set(id, known + letters);
  for (const oldest of counts.keys()) {
    if (counts.size <= rememberedParcels) return;
    counts.delete(oldest);
  }
};

/** Reads which parcels are there: of each line only its beginning. */
const readContents = (file: OpenFile): Contents => {
  const counts = new Map<string, number>();
  const chunk = new Uint8Array(chunkBytes);
  const decoder = new TextDecoder();
  let start = '';
  let wholeBytes = 0;
  let sizeBytes = 0;
  for (;;) {
    const length = file.read(chunk, 0, chunkBytes, sizeBytes);
    if (length === 0) return { counts, wholeBytes, sizeBytes };
    for (let from = 0; from < length; ) {
      const end = chunk.subarray(0, length).indexOf(newline, from);
      const to = end === -1 ? length : end;
      if (start.length < longestIdBytes) {
        start += decoder.decode(chunk.subarray(from, Math.min(to, from + longestIdBytes)));
      }
      from = to + 1;
      if (end === -1) continue;
      const id = idIn(start);
      if (id !== undefined) remember(counts, id, 1);
      start = '';
      wholeBytes = sizeBytes + from;
    }
    sizeBytes += length;
  }
};

/** Takes away the half of a line that a crash has left at the end. */
const cutOff = (files: FileSystem, path: string, whole: OpenFile, wholeBytes: number): void => {
  const repaired = `${path}.repaired`;
  const target = files.open(repaired, 'write');
  try {
    const chunk = new Uint8Array(chunkBytes);
    for (let at = 0; at < wholeBytes; ) {
      const length = whole.read(chunk, 0, Math.min(chunkBytes, wholeBytes - at), at);
      if (length === 0) break;
      target.write(chunk.subarray(0, length));
      at += length;
    }
    target.sync();
  } finally {
    target.close();
  }
  files.rename(repaired, path);
};

/**
 * Dead letters of checkpoints as lines of JSON in a file, `from` (their parcel) before all else. A parcel that is there, whole or in part, is
 * not written again: the file itself is the record of what it has.
 */
export class DeadLetterParcelFile {
  private readonly files: FileSystem;
  private readonly path: string;
  private open: { readonly file: OpenFile; readonly counts: Map<string, number> } | undefined;

  constructor(files: FileSystem, path: string) {
    this.files = files;
    this.path = path;
  }

  /** Durable when it returns. After a failure the file is looked at anew. */
  commit(parcels: readonly DeadLetterParcel[]): void {
    this.open ??= this.openFile();
    const { file, counts } = this.open;
    const missing = parcels.map(({ id, letters }) => ({ id, letters: letters.slice(counts.get(id) ?? 0) }));
    const lines = missing.flatMap(({ id, letters }) => letters.map((letter) => letterText(letter, id)));
    if (lines.length === 0) return;
    try {
      file.write(new TextEncoder().encode(lines.join('')));
      file.sync();
    } catch (error) {
      this.close();
      throw error;
    }
    for (const { id, letters } of missing) remember(counts, id, letters.length);
  }

  close(): void {
    this.open?.file.close();
    this.open = undefined;
  }

  private openFile(): { readonly file: OpenFile; readonly counts: Map<string, number> } {
    const { files, path } = this;
    files.makeDirectory(dirname(path));
    if (files.stat(path) === undefined) return { file: files.open(path, 'append'), counts: new Map() };
    const before = files.open(path, 'read');
    try {
      const { counts, wholeBytes, sizeBytes } = readContents(before);
      if (wholeBytes < sizeBytes) cutOff(files, path, before, wholeBytes);
      return { file: files.open(path, 'append'), counts };
    } finally {
      before.close();
    }
  }
}
