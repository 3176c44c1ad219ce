import type { SourceReaderContext } from '../../api/connectors.ts';
import type { OpenFile } from '../../sys/files.ts';
import { isUtf8, TextReader } from '../../sys/text.ts';
import { CsvWithHeader, createCsvScanner } from '../formats/csv-decoder.ts';
import type { InvalidRecord, RecordDecoder } from '../formats/decoder.ts';
import { JsonArray } from '../formats/json-array.ts';
import { NdjsonRows } from '../formats/ndjson-rows.ts';
import { NdjsonScanner } from '../formats/ndjson-scanner.ts';
import { RecordStream } from '../formats/record-stream.ts';
import type { FilesSettings } from './options.ts';
import type { FileSplit } from './split.ts';
import { compressedSupply, type FileSupply, plainSupply } from './supply.ts';

/** A split that is open: its records as batches, its position, and the file's header. */
export interface OpenStream {
  readonly stream: RecordStream;
  readonly supply: FileSupply;
  /** The names of the CSV columns, once known. */
  header(): readonly string[] | null;
}

/** The record as it stands in the file: text, or bytes when it is no text. */
const rawRecord = ({ bytes, from, to }: InvalidRecord): unknown => {
  const record = bytes.slice(from, to);
  return isUtf8(record) ? new TextReader(record).utf8(0, record.length) : record;
};

const csvFormat = (settings: FilesSettings) => ({
  fields: settings.fields,
  types: settings.types,
  delimiter: settings.delimiter,
  quotedNewlines: settings.quotedNewlines,
});

/** Reads the header of a file of which another split has the beginning. */
const readHeader = (file: OpenFile, split: FileSplit, settings: FilesSettings): readonly string[] => {
  const { maximumRecordBytes } = settings;
  const decoder = new CsvWithHeader(
    csvFormat(settings),
    { maximumRecordBytes, onInvalid: () => {} },
    split.path,
  );
  const supply = plainSupply(file, split.path, 0, false);
  const stream = new RecordStream({
    decoder,
    supply,
    position: 0,
    maximumRecordBytes,
    chunkBytes: 64 * 1024,
  });
  while (decoder.names === undefined && stream.next().result !== 'end');
  return decoder.names ?? [];
};

/**
 * Opens the records of a split from its position on. Invalid ones go to the dead letters with their place in the file.
 * @throws MillraceError when the header of a CSV file is not what the job needs.
 */
export const openStream = (
  split: FileSplit,
  file: OpenFile,
  settings: FilesSettings,
  context: SourceReaderContext<unknown>,
): OpenStream => {
  const { format, maximumRecordBytes, fields } = settings;
  const position = split.aligned ? split.next : split.start - 1;
  const supply =
    split.compression === 'none'
      ? plainSupply(file, split.path, position, settings.follow !== undefined)
      : compressedSupply(file, split.path, split.compression, position, context.system, () => context.wake());

  const onInvalid = (record: InvalidRecord): void => {
    const line = record.linesBefore + 1;
    const place =
      position === 0 ? `${split.path}:${line}` : `${split.path}, byte ${stream.positionOf(record.from)}`;
    context.deadLetter(rawRecord(record), record.reason, place);
  };
  const decoderSettings = { onInvalid, maximumRecordBytes };
  let withHeader: CsvWithHeader | undefined;
  let header: readonly string[] | null = settings.header ?? split.header;

  const createDecoder = (): RecordDecoder => {
    if (format === 'json') return new JsonArray(decoderSettings, position > 0);
    if (format === 'ndjson') {
      return fields === undefined
        ? new NdjsonRows(decoderSettings)
        : new NdjsonScanner(fields, decoderSettings);
    }
    if (header === null && position > 0) header = readHeader(file, split, settings);
    if (header !== null) return createCsvScanner(header, csvFormat(settings), decoderSettings, split.path);
    withHeader = new CsvWithHeader(csvFormat(settings), decoderSettings, split.path);
    return withHeader;
  };
  const stream: RecordStream = new RecordStream({
    decoder: createDecoder(),
    supply,
    position,
    ...(split.end === null ? {} : { end: split.end }),
    skipFirstLine: !split.aligned,
    maximumRecordBytes,
  });
  return { stream, supply, header: () => header ?? withHeader?.names ?? null };
};
