import type { PollResult, SourceReaderContext } from '../../api/connectors.ts';
import type { ActiveSplit } from '../../api/split-reader.ts';
import { Batch } from '../../batch/batch.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { OpenFile } from '../../sys/files.ts';
import { validateBatch } from '../formats/validation.ts';
import { ioError, withFile } from './io-error.ts';
import { type OpenStream, openStream } from './open-stream.ts';
import type { FilesSettings } from './options.ts';
import type { FileSplit } from './split.ts';

/** What the readers of one subtask count together. */
export interface ReadProgress {
  addDiskBytes(bytes: number): void;
}

/** Less than this left of a split: time to ask for the next. */
const nearEndBytes = 2 ** 20;

/** Leaves the fields asked for; decoders of columns read no others anyway. */
const pickFields = (batch: Batch, fields: readonly string[]): Batch => {
  const rows = batch.rows().map((row) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) return row;
    const kept = fields.filter((name) => Object.hasOwn(row, name));
    return Object.fromEntries(kept.map((name) => [name, (row as Readonly<Record<string, unknown>>)[name]]));
  });
  return Batch.ofRows(rows, batch.timestamps);
};

/** The records of a batch as the job wants them, or undefined when none is left. */
const finishBatch = (
  batch: Batch,
  settings: FilesSettings,
  reject: (record: unknown, reason: string) => void,
): Batch | undefined => {
  const picked =
    settings.format === 'json' && settings.fields !== undefined ? pickFields(batch, settings.fields) : batch;
  return settings.schema === undefined ? picked : validateBatch(picked, settings.schema, reject);
};

/** One split being read: the file, the stream over it, and what was emitted. */
export class SplitInHand implements ActiveSplit<FileSplit> {
  readonly file: OpenFile;
  protected readonly split: FileSplit;
  protected readonly settings: FilesSettings;
  protected readonly context: SourceReaderContext<unknown>;
  protected open: OpenStream;
  private readonly progress: ReadProgress;
  private readonly output: ReturnType<SourceReaderContext<unknown>['split']>;
  private counted = 0;

  /** `path` is where the file is now; the split keeps the name under which it was found. */
  constructor(
    split: FileSplit,
    path: string,
    settings: FilesSettings,
    context: SourceReaderContext<unknown>,
    progress: ReadProgress,
  ) {
    this.split = split;
    this.settings = settings;
    this.context = context;
    this.progress = progress;
    this.file = withFile('read', path, () => context.system.files.open(path, 'read'));
    try {
      this.checkLength();
      this.open = openStream(split, this.file, settings, context);
    } catch (error) {
      this.file.close();
      throw ioError('read', split.path, error);
    }
    this.output = context.split(split.id);
  }

  poll(): PollResult {
    const { result, batch } = this.open.stream.next();
    this.count();
    if (batch === undefined) return result === 'end' ? 'end' : 'waiting';
    const finished = finishBatch(batch, this.settings, (record, reason) =>
      this.context.deadLetter(record, reason, `${this.split.path}, before byte ${this.open.stream.position}`),
    );
    if (finished !== undefined) this.output.emitBatch(finished);
    return 'more';
  }

  /** Begins again at the first byte. */
  protected reopen(): void {
    this.open.supply.close();
    this.counted = 0;
    this.open = openStream({ ...this.split, next: 0, header: null }, this.file, this.settings, this.context);
  }

  snapshot(): FileSplit {
    const { stream } = this.open;
    const moved = stream.aligned ? { next: stream.position, aligned: true } : {};
    return { ...this.split, ...moved, header: this.open.header() };
  }

  nearEnd(): boolean {
    return this.open.supply.diskBytes + nearEndBytes >= this.split.sizeBytes;
  }

  close(): void {
    this.open.supply.close();
    this.file.close();
    this.output.release();
  }

  private count(): void {
    const { diskBytes } = this.open.supply;
    this.progress.addDiskBytes(diskBytes - this.counted);
    this.counted = diskBytes;
  }

  /** A file that became shorter since it was found would end early without a word. */
  private checkLength(): void {
    const { split } = this;
    if (this.settings.follow !== undefined || split.compression !== 'none') return;
    const { sizeBytes } = this.file.status();
    const expected = split.start + split.sizeBytes;
    if (sizeBytes >= expected) return;
    throw new MillraceError(
      'io',
      `${split.path} has ${sizeBytes} bytes, but had at least ${expected} when the job found it.`,
      { hint: 'Do not shorten or replace files while a job reads them.', where: { file: split.path } },
    );
  }
}
