import type { EnumeratorContext, SplitEnumerator } from '../../api/connectors.ts';
import type { Cancellable } from '../../sys/system.ts';
import { checkDirectories, compressionOf, type FoundFile, findFiles } from './find.ts';
import type { FilesSettings } from './options.ts';
import type { FileSplit } from './split.ts';

export interface FilesState {
  /** Splits that no reader has. */
  readonly left: readonly FileSplit[];
  /** Identities of the files found so far; followed files only. */
  readonly known: readonly string[];
}

const mebibyte = 2 ** 20;
const largestSplitBytes = 64 * mebibyte;
const splitsPerSubtask = 4;
const mostKnown = 100_000;

/** Whether several readers may share a file: only where every line end ends a record. */
const isSplittable = (settings: FilesSettings, compression: FileSplit['compression']): boolean => {
  if (settings.follow !== undefined || compression !== 'none') return false;
  return settings.format === 'ndjson' || (settings.format === 'csv' && !settings.quotedNewlines);
};

const chooseSplitBytes = (settings: FilesSettings, totalBytes: number, parallelism: number): number => {
  if (settings.splitBytes !== undefined) return settings.splitBytes;
  if (parallelism === 1) return largestSplitBytes;
  const fair = Math.ceil(totalBytes / (parallelism * splitsPerSubtask));
  return Math.min(largestSplitBytes, Math.max(mebibyte, fair));
};

const toSplits = (
  { path, status }: FoundFile,
  compression: FileSplit['compression'],
  splitBytes: number,
  totalBytes: number,
): FileSplit[] => {
  const { sizeBytes, identity } = status;
  const count = Math.max(1, Math.ceil(sizeBytes / splitBytes));
  return Array.from({ length: count }, (_, i) => {
    const start = i * splitBytes;
    const last = i === count - 1;
    return {
      id: `${path}@${start}#${identity}`,
      path,
      identity,
      compression,
      start,
      end: last ? null : start + splitBytes,
      next: start,
      aligned: start === 0,
      header: null,
      sizeBytes: (last ? sizeBytes : start + splitBytes) - start,
      totalBytes,
    };
  });
};

/** Finds the files and hands them out in order, to whoever has room first. */
class FilesEnumerator implements SplitEnumerator<FileSplit, FilesState> {
  private readonly settings: FilesSettings;
  private readonly context: EnumeratorContext<FileSplit>;
  private readonly fresh: boolean;
  private left: FileSplit[];
  private readonly known: Set<string>;
  /** Subtasks that wait for a file to appear, those that wait longest first. */
  private readonly waiting: number[] = [];
  /** Ids of splits that readers have and that this enumerator may find anew. */
  private readonly taken = new Set<string>();
  private timer: Cancellable | undefined;

  constructor(
    settings: FilesSettings,
    context: EnumeratorContext<FileSplit>,
    restored: FilesState | undefined,
  ) {
    this.settings = settings;
    this.context = context;
    this.fresh = restored === undefined;
    this.left = [...(restored?.left ?? [])];
    this.known = new Set(restored?.known);
  }

  start(): void {
    if (this.settings.follow === undefined) {
      if (this.fresh) this.add(this.find(true));
      return;
    }
    const { system, baseDirectory } = this.context;
    checkDirectories(this.settings.patterns, baseDirectory, system.files);
    this.discover();
  }

  requestSplit(subtask: number): void {
    const split = this.left.shift();
    if (split !== undefined) this.context.assign(subtask, split);
    else if (this.settings.follow !== undefined) this.waiting.push(subtask);
    else this.context.noMoreSplits(subtask);
  }

  addSplitsBack(splits: readonly FileSplit[]): void {
    this.left.unshift(...splits);
    this.serveWaiting();
  }

  alreadyAssigned(splits: readonly FileSplit[]): void {
    for (const { id } of splits) this.taken.add(id);
    this.left = this.left.filter(({ id }) => !this.taken.has(id));
  }

  snapshot(): FilesState {
    return { left: [...this.left], known: [...this.known] };
  }

  close(): void {
    this.timer?.cancel();
  }

  private find(required: boolean): readonly FoundFile[] {
    const { system, baseDirectory } = this.context;
    return findFiles(this.settings.patterns, baseDirectory, system.files, required);
  }

  private add(found: readonly FoundFile[]): void {
    const { settings, context } = this;
    const totalBytes = found.reduce((sum, { status }) => sum + status.sizeBytes, 0);
    const splitBytes = chooseSplitBytes(settings, totalBytes, context.parallelism);
    for (const file of found) {
      const compression = compressionOf(file.path, context.system.files, settings.compression);
      if (settings.follow !== undefined && compression !== 'none') {
        context.logger.warn('A compressed file is passed over: only plain files can be followed.', {
          file: file.path,
        });
        continue;
      }
      const bytes = isSplittable(settings, compression) ? splitBytes : Math.max(1, file.status.sizeBytes);
      const splits = toSplits(file, compression, bytes, totalBytes);
      this.left.push(...splits.filter(({ id }) => !this.taken.has(id)));
    }
    this.serveWaiting();
  }

  private serveWaiting(): void {
    while (this.waiting.length > 0 && this.left.length > 0) {
      this.context.assign(this.waiting.shift() as number, this.left.shift() as FileSplit);
    }
  }

  /** Looks for files that were not there before, now and every interval. */
  private discover(): void {
    const found = this.find(false);
    const unknown = found.filter(({ status }) => !this.known.has(status.identity));
    for (const { status } of unknown) this.known.add(status.identity);
    if (this.known.size > mostKnown) this.forgetAbsent(found);
    this.add(unknown);
    this.timer = this.context.system.timers.after(this.settings.follow?.discoverMs ?? 0, () => {
      try {
        this.discover();
      } catch (error) {
        this.context.fail(error);
      }
    });
  }

  private forgetAbsent(found: readonly FoundFile[]): void {
    const present = new Set(found.map(({ status }) => status.identity));
    for (const identity of this.known) if (!present.has(identity)) this.known.delete(identity);
  }
}

export const createFilesEnumerator = (
  settings: FilesSettings,
  context: EnumeratorContext<FileSplit>,
  restored: FilesState | undefined,
): SplitEnumerator<FileSplit, FilesState> => new FilesEnumerator(settings, context, restored);
