import type { ScratchDatabase, ScratchEntry } from '../sys/scratch.ts';
import type { DiskColumn } from './disk-column.ts';

/** A value on its way to disk. */
interface Write {
  readonly column: DiskColumn;
  readonly diskId: number;
  readonly row: number;
  readonly bytes: Uint8Array;
}

const idBytes = 8;

/** More than this is written in several parts. */
const mostBytes = 2 ** 20;

/** The key under which a value lies: column by column, row by row. */
export const diskKey = (diskId: number, row: number): Uint8Array => {
  const key = Buffer.allocUnsafe(idBytes + 4);
  key.writeUInt32BE(Math.floor(diskId / 2 ** 32), 0);
  key.writeUInt32BE(diskId >>> 0, 4);
  key.writeUInt32BE(row, idBytes);
  return key;
};

/**
 * Writes values behind the back of the slot, one write at a time. Until a value is written its column has it among those that wait, and a
 * value that is fetched, or goes again, meanwhile is not written at all.
 */
export class DiskWrites {
  /** What is to be written, and what is being written. */
  waitingBytes = 0;
  private database: ScratchDatabase | undefined;
  /** Less than this is not worth a write. */
  private readonly leastBytes: number;
  private readonly written: () => void;
  private readonly failed: (error: unknown) => void;
  private queue: Write[] = [];
  private queuedBytes = 0;
  private forgotten: number[] = [];
  private lastId = 0;
  private working: Promise<void> | undefined;
  private isClosed = false;

  constructor(leastBytes: number, written: () => void, failed: (error: unknown) => void) {
    this.leastBytes = leastBytes;
    this.written = written;
    this.failed = failed;
  }

  /** There is a disk: what waits goes there. */
  use(database: ScratchDatabase): void {
    this.database = database;
    this.start();
  }

  /** The value of a row is to be written. It must wait in its column. */
  add(column: DiskColumn, row: number, bytes: Uint8Array): void {
    column.diskId ??= ++this.lastId;
    this.queue.push({ column, diskId: column.diskId, row, bytes });
    this.queuedBytes += bytes.length;
    this.waitingBytes += bytes.length;
    this.start();
  }

  /** Nothing of a column will be read any more. */
  forget(diskId: number): void {
    this.forgotten.push(diskId);
    this.start();
  }

  /** Writes no more; settles when nothing is being written. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.working;
  }

  private start(): void {
    const { database } = this;
    if (database === undefined || this.working !== undefined || this.isClosed) return;
    const isWorthWriting = this.queue.length > 0 && this.queuedBytes >= this.leastBytes;
    if (!isWorthWriting && this.forgotten.length === 0) return;
    this.working = this.work(database);
  }

  private async work(database: ScratchDatabase): Promise<void> {
    try {
      await this.write(database);
      await this.remove(database);
      this.working = undefined;
      this.written();
      this.start();
    } catch (error) {
      // Nothing is written any more: the job fails.
      this.failed(error);
    }
  }

  private async write(database: ScratchDatabase): Promise<void> {
    const isWanted = ({ column, row, bytes }: Write): boolean => column.waiting.get(row) === bytes;
    const [taken, takenBytes] = this.take();
    const wanted = taken.filter(isWanted);
    const entries = wanted.map(({ diskId, row, bytes }): ScratchEntry => {
      return { key: diskKey(diskId, row), value: bytes };
    });
    if (entries.length > 0) await database.write(entries);
    for (const write of wanted) if (isWanted(write)) write.column.waiting.delete(write.row);
    this.waitingBytes -= takenBytes;
  }

  /** What is written at once: copies are made of it on the way. */
  private take(): readonly [readonly Write[], number] {
    const { queue } = this;
    let count = 0;
    let bytes = 0;
    while (count < queue.length && bytes < mostBytes) bytes += queue[count++]!.bytes.length;
    this.queue = queue.slice(count);
    this.queuedBytes -= bytes;
    return [queue.slice(0, count), bytes];
  }

  private async remove(database: ScratchDatabase): Promise<void> {
    const { forgotten } = this;
    this.forgotten = [];
    for (const diskId of forgotten) await database.removeRange(diskKey(diskId, 0), diskKey(diskId + 1, 0));
  }
}
