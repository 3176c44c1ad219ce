import { join } from 'node:path';
import type { FileSystem, OpenFile } from '../../sys/files.ts';
import { ioError, withFile } from './io-error.ts';
import { hiddenName } from './names.ts';

/** A part that is whole: hidden at `from` until it is renamed to `to`. A committable of `fileSink`. */
export interface SealedPart {
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
}

const bufferedBytes = 256 * 1024;

/** One file being written under a hidden name. */
export class Part {
  readonly openedMs: number;
  records = 0;
  sizeBytes = 0;
  private readonly from: string;
  private readonly to: string;
  private readonly files: FileSystem;
  private readonly file: OpenFile;
  private buffer: string[] = [];
  private pendingBytes = 0;

  constructor(files: FileSystem, directory: string, name: string, nowMs: number, owner?: string) {
    this.files = files;
    this.openedMs = nowMs;
    this.from = join(directory, hiddenName(name, owner));
    this.to = join(directory, name);
    withFile('make the directory', directory, () => files.makeDirectory(directory));
    this.file = withFile('create', this.from, () => files.open(this.from, 'write'));
  }

  /** Adds text; not a record. */
  append(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.buffer.push(text);
    this.pendingBytes += bytes;
    this.sizeBytes += bytes;
    if (this.pendingBytes >= bufferedBytes) this.write();
  }

  addRecord(line: string): void {
    this.append(line);
    this.records += 1;
  }

  /** Writes out what is buffered and makes it durable; the part stays hidden. */
  seal(): SealedPart {
    try {
      this.write();
      withFile('write', this.from, () => this.file.sync());
    } catch (error) {
      this.discard();
      throw error;
    }
    return this.sealed();
  }

  /** The same with the waiting off this thread; nothing may be added any more. */
  async sealSoon(): Promise<SealedPart> {
    try {
      this.write();
      await this.file.syncSoon();
    } catch (error) {
      this.discard();
      throw ioError('write', this.from, error);
    }
    return this.sealed();
  }

  /** Removes the part with everything in it. */
  discard(): void {
    this.file.close();
    this.files.remove(this.from);
  }

  private sealed(): SealedPart {
    this.file.close();
    return { from: this.from, to: this.to, sizeBytes: this.sizeBytes };
  }

  private write(): void {
    if (this.buffer.length === 0) return;
    const bytes = Buffer.from(this.buffer.join(''), 'utf8');
    this.buffer = [];
    this.pendingBytes = 0;
    withFile('write', this.from, () => this.file.write(bytes));
  }
}
