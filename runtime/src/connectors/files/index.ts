/**
 * `files` reads and writes files. As a source it finds files by path or glob, cuts large ones into *splits* (ranges of bytes)
 * that slots share, and turns bytes into records by `formats`; positions are exact to the record. `find` looks for files,
 * `enumerator` hands out splits, `read-split` reads one, `follow-split` one that still grows. As a sink (`fileSink`) it
 * writes *parts* that become visible when they are whole.
 */
import { checkOptions } from '../../api/connector-options.ts';
import type { Source } from '../../api/connectors.ts';
import { createSplitReader } from '../../api/split-reader.ts';
import { createFilesEnumerator, type FilesState } from './enumerator.ts';
import { followSplit } from './follow-split.ts';
import { type FilesOptions, type FilesSettings, filesOptionsSchema, toSettings } from './options.ts';
import { SplitInHand } from './read-split.ts';
import type { FileSplit } from './split.ts';

export type { CsvType } from '../formats/csv-scanner.ts';
export type { FilesState } from './enumerator.ts';
export type { FilesOptions, FollowOptions } from './options.ts';
export type { SealedPart } from './part.ts';
export type { PartitionBy } from './partition.ts';
export { fileSink } from './sink.ts';
export type { FileSinkOptions } from './sink-options.ts';
export type { FileSplit } from './split.ts';

/** Whether the planner may leave fields out: not where something else looks at whole records. */
const canSelectFields = (settings: FilesSettings): boolean =>
  settings.format !== 'json' && settings.schema === undefined;

const create = <T>(settings: FilesSettings): Source<T, FileSplit, FilesState> => {
  const withFields = (names: readonly string[]): Source<T, FileSplit, FilesState> => {
    const declared = settings.fields;
    const fields = declared === undefined ? names : names.filter((name) => declared.includes(name));
    return create({ ...settings, fields });
  };
  return {
    kind: 'files',
    boundedness: settings.follow === undefined ? 'bounded' : 'endless',
    fields: settings.fields,
    ...(canSelectFields(settings) ? { withFields } : {}),
    createEnumerator: (context, restored) => createFilesEnumerator(settings, context, restored),
    createReader: (context) => {
      const bytesRead = context.metrics.counter('bytesRead');
      const bytesTotal = context.metrics.gauge('bytesTotal', 'maximum');
      const progress = { addDiskBytes: (bytes: number): void => bytesRead.increment(bytes) };
      return createSplitReader<FileSplit>({
        order: settings.follow === undefined ? 'sequence' : 'together',
        requestSplit: () => context.requestSplit(),
        start: (split) => {
          bytesTotal.set(Math.max(bytesTotal.value, split.totalBytes));
          return settings.follow === undefined
            ? new SplitInHand(split, split.path, settings, context, progress)
            : followSplit(split, settings, context, progress);
        },
      });
    },
  };
};

/**
 * A source of the records in files; bounded unless it follows them. For CSV `T` is what `fields` and `types` make of a
 * record, for `schema` it is inferred, otherwise it is the author's word.
 * @throws MillraceError job-invalid when an option is wrong.
 */
export const files = <T = Record<string, unknown>>(
  options: FilesOptions<T>,
): Source<T, FileSplit, FilesState> => {
  checkOptions('files', filesOptionsSchema, options);
  return create(toSettings(options));
};
