/**
 * The one binary form of records, on the wire between tasks and in state. A batch is written by columns where its records
 * have fields, else as one column of values; keys are not written, the receiver computes them. Little-endian throughout.
 */
import { Batch } from './batch.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Column } from './column.ts';
import { decodeColumn, encodeColumn } from './column-codec.ts';
import { columnOfValues } from './columnize.ts';
import { columnValues } from './materialize.ts';
import { decodeTimestamps, encodeTimestamps } from './timestamp-codec.ts';
import { ReadShapes, WrittenShapes } from './value-codec.ts';

export { ByteReader } from './byte-reader.ts';
export { ByteWriter } from './byte-writer.ts';
export { decodeValue, encodeValue } from './value-codec.ts';

/** The first byte of every batch. A reader knows all versions up to its own. */
const formatVersion = 1;

/** What the records of a batch are written as. */
const Form = { columns: 0, values: 1, partials: 2 } as const;

/** Records of a batch at most: what little bytes can claim to be is bounded by it. */
const mostRecords = 1 << 22;

/**
 * Writes a batch.
 * @throws MillraceError `value-unsupported` when a record lies outside the value domain.
 */
export const encodeBatch = (batch: Batch, writer: ByteWriter): void => {
  const { length } = batch;
  if (length > mostRecords) throw new RangeError(`A batch of ${length} records cannot be written.`);
  const shapes = new WrittenShapes();
  const set = batch.columns();
  writer.writeByte(formatVersion);
  writer.writeVarint(length);
  encodeTimestamps(batch.timestamps, length, writer);
  // Records without any field are values too: each has bytes of its own, so that few bytes never claim to be many records.
  if (set === undefined || (set.names.length === 0 && length > 0)) {
    writer.writeByte(Form.values);
    encodeColumn(columnOfValues(batch.rows().slice(0, length)), length, writer, shapes);
    return;
  }
  writer.writeByte(set.partial === true ? Form.partials : Form.columns);
  writer.writeVarint(set.names.length);
  set.names.forEach((name, position) => {
    writer.writeSizedText(name);
    encodeColumn(set.columns[position] as Column, length, writer, shapes);
  });
};

/**
 * Reads a batch.
 * @throws MillraceError `record-invalid` for damaged bytes and for those of a newer version.
 */
export const decodeBatch = (reader: ByteReader): Batch => {
  const version = reader.readByte();
  if (version !== formatVersion) throw reader.corrupt(`a batch has the unknown version ${version}`);
  const length = reader.readVarint();
  if (length > mostRecords) throw reader.corrupt(`a batch claims to have ${length} records`);
  const timestamps = decodeTimestamps(length, reader);
  const shapes = new ReadShapes();
  const form = reader.readByte();
  if (form === Form.values) {
    const values = columnValues(decodeColumn(length, reader, shapes), length);
    return Batch.ofRows(Array.from(values), timestamps, length);
  }
  if (form !== Form.columns && form !== Form.partials)
    throw reader.corrupt(`a batch has the unknown form ${form}`);
  const names: string[] = [];
  const columns: Column[] = [];
  for (let count = reader.readCount(2); count > 0; count--) {
    names.push(reader.readText(reader.readCount(1)));
    columns.push(decodeColumn(length, reader, shapes));
  }
  if (names.length === 0 && length > 0) throw reader.corrupt(`${length} records have no columns`);
  if (new Set(names).size < names.length) throw reader.corrupt('two columns have one name');
  const set = form === Form.partials ? { names, columns, partial: true as const } : { names, columns };
  return Batch.ofColumns(set, timestamps, length);
};
