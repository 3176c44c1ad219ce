import { ByteWriter } from '../batch/codec.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { ScratchDatabase } from '../sys/scratch.ts';
import { decodeCell, encodeCell, estimateCellBytes } from './disk-cells.ts';
import type { DiskColumn } from './disk-column.ts';
import { DiskWrites, diskKey } from './disk-writes.ts';

/** Keys taken in hand from one look at the memory to the next. */
const usualPause = 32;
/** Less than this is not worth a write. */
const usualWriteBytes = 64 * 1024;
/** So many of the last values looked at decide about what a value is taken to be worth. */
const rememberedSamples = 32;
/** More than this may not wait for the disk: then the transforms wait. */
const mostWaitingBytes = 4 * 2 ** 20;
/** When there is no room, this part of the memory is made free. */
const freedPart = 1 / 64;

/** Goes round the columns, from one value in memory to the next. */
class Walk {
  row = -1;
  private place = 0;

  next(columns: readonly DiskColumn[]): DiskColumn | undefined {
    for (let left = columns.length; left >= 0; left--) {
      const column = columns[this.place];
      this.row = column === undefined || column.heldCount === 0 ? -1 : column.nextHeld(this.row);
      if (this.row >= 0) return column;
      this.place = this.place + 1 < columns.length ? this.place + 1 : 0;
    }
    return undefined;
  }
}

export interface DiskSpaceSettings {
  /** Values in memory may take about so many bytes; the others go to disk. */
  readonly memoryBytes: number;
  /** Keys taken in hand from one look at the memory to the next. */
  readonly pause?: number;
  /** Less than this is not worth a write. */
  readonly leastWriteBytes?: number;
  /** Hears of bytes outside of the heap that are garbage soon. */
  readonly discards?: (bytes: number) => void;
  /** Fails the job, whatever becomes of the record in hand. */
  fail(error: MillraceError): void;
}

/**
 * The values of one slot that may lie on disk. It bounds what is in memory by an estimate from samples, and sends away what was not used
 * for longest, about: a hand goes round over the values and takes those that were not used since it was there last. Writing is done
 * behind, reading at once. The disk is only as good as memory: what it loses is restored from the last checkpoint.
 */
export class DiskSpace {
  /** Values in memory; the columns count. */
  heldCount = 0;
  /** How often a value was read from disk, and sent there. */
  reads = 0;
  writes = 0;
  private readonly settings: DiskSpaceSettings;
  private readonly pause: number;
  private readonly columns: DiskColumn[] = [];
  private readonly writing: DiskWrites;
  private database: ScratchDatabase | undefined;
  private readonly writer: ByteWriter = new ByteWriter();
  private readonly hand: Walk = new Walk();
  private readonly sampling: Walk = new Walk();
  private readonly listeners: (() => void)[] = [];
  private readonly waiters: (() => void)[] = [];
  private meanBytes = 0;
  private ticks = 0;
  private hasFailed = false;

  constructor(settings: DiskSpaceSettings) {
    this.settings = settings;
    this.pause = settings.pause ?? usualPause;
    this.writing = new DiskWrites(
      settings.leastWriteBytes ?? usualWriteBytes,
      () => this.tellRoom(),
      (error) => this.fail(writeFailure(error)),
    );
  }

  /** From now on there is a disk; what was sent there before has waited. It is closed with the space. */
  use(database: ScratchDatabase): void {
    this.database = database;
    this.writing.use(database);
  }

  /** False while too much waits to be written: who listens is told when that has changed. */
  hasRoom(): boolean {
    return this.writing.waitingBytes <= mostWaitingBytes;
  }

  /** Settles when there is room, or none is needed any more. */
  async room(): Promise<void> {
    while (!this.hasRoom() && !this.hasFailed) {
      await new Promise<void>((resolve) => void this.waiters.push(resolve));
    }
  }

  onRoom(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** About how much the values in memory take. */
  heldBytes(): number {
    return this.heldCount * this.meanBytes;
  }

  /** A key is about to be taken in hand: now no value is in use. */
  tick(): void {
    if (++this.ticks >= this.pause) this.makeRoom();
  }

  /** Sends values to disk when there are too many in memory. */
  makeRoom(): void {
    this.ticks = 0;
    this.sample();
    const { memoryBytes } = this.settings;
    const heldBytes = this.heldBytes();
    if (heldBytes <= memoryBytes || this.hasFailed) return;
    const count = Math.ceil((heldBytes - memoryBytes * (1 - freedPart)) / this.meanBytes);
    try {
      this.sendAway(count);
    } catch (error) {
      this.fail(error as MillraceError);
    }
  }

  /** A column has its first value in memory. */
  enter(column: DiskColumn): void {
    column.place = this.columns.length;
    this.columns.push(column);
  }

  /** Nothing of a column is needed any more. */
  leave(column: DiskColumn): void {
    const { diskId, place } = column;
    if (diskId !== undefined) this.writing.forget(diskId);
    column.diskId = undefined;
    const last = this.columns.at(-1);
    if (place < 0 || last === undefined) return;
    this.columns[place] = last;
    last.place = place;
    this.columns.pop();
    column.place = -1;
  }

  /**
   * The value of a row that lies on disk.
   * @throws MillraceError io when it is not what was written
   */
  read(column: DiskColumn, row: number): unknown {
    this.reads += 1;
    try {
      const bytes = column.waiting.get(row) ?? this.database?.get(diskKey(column.diskId!, row));
      if (bytes === undefined) throw new Error('the value is missing');
      this.settings.discards?.(bytes.length);
      return decodeCell(bytes);
    } catch (error) {
      const failure = readFailure(error);
      this.fail(failure);
      throw failure;
    }
  }

  /** Closes and removes what is on disk. */
  async close(): Promise<void> {
    await this.writing.close();
    await this.database?.close();
  }

  private sample(): void {
    const column = this.sampling.next(this.columns);
    if (column === undefined) return;
    const bytes = estimateCellBytes(column.read(this.sampling.row));
    if (this.meanBytes === 0) this.meanBytes = bytes;
    else this.meanBytes += (bytes - this.meanBytes) / rememberedSamples;
  }

  private sendAway(count: number): void {
    const { hand, columns, writer, writing } = this;
    const { discards } = this.settings;
    for (let left = count; left > 0; ) {
      const column = hand.next(columns);
      if (column === undefined) return;
      const { row } = hand;
      if (column.used[row] === 1) {
        column.used[row] = 0;
        continue;
      }
      const bytes = encodeCell(column.read(row), writer);
      column.release(row, bytes);
      writing.add(column, row, bytes);
      // It is copied once more when it is written.
      discards?.(2 * bytes.length);
      this.writes += 1;
      left -= 1;
    }
  }

  private tellRoom(): void {
    if (this.hasRoom()) for (const listener of this.listeners) listener();
    for (const waiter of this.waiters.splice(0)) waiter();
  }

  private fail(error: MillraceError): void {
    this.hasFailed = true;
    this.settings.fail(error);
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}

const nextStep = 'The next attempt goes on from the last checkpoint.';

const readFailure = (error: unknown): MillraceError =>
  new MillraceError('io', `State could not be read back from the local disk: ${reasonOf(error)}`, {
    cause: error,
    hint: `${nextStep} If it comes again, the disk is damaged: give spec.stateBackend.directory another one.`,
  });

const writeFailure = (error: unknown): MillraceError =>
  new MillraceError('io', `State could not be written to the local disk: ${reasonOf(error)}`, {
    cause: error,
    hint: `${nextStep} Make room on the disk that spec.stateBackend.directory lies on, or give it a larger one.`,
  });
