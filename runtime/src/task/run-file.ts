/**
 * Sorted runs on disk, one behind the other in one temporary file. A run is a row of parts:
 *
 *   length of the rest i32 | records varint | hash u32 each | port u8 each | keys as a batch | records as a batch
 */
import { Batch } from '../batch/batch.ts';
import { ByteReader, ByteWriter, decodeBatch, encodeBatch } from '../batch/codec.ts';
import { MillraceError } from '../contract/errors.ts';
import type { FileSystem, OpenFile } from '../sys/files.ts';
import type { RunParts } from './merged-runs.ts';
import type { SortedRecords } from './sorted-records.ts';

const lengthBytes = 4;

const encodePart = (part: SortedRecords, writer: ByteWriter): void => {
  const { length, hashes, ports, keys, rows, timestamps } = part;
  writer.writeVarint(length);
  writer.writeArray(hashes, length, 4);
  writer.writeArray(ports, length, 1);
  encodeBatch(Batch.ofRows(keys, new Float64Array(length)), writer);
  encodeBatch(Batch.ofRows(rows, timestamps), writer);
};

const decodePart = (bytes: Uint8Array): SortedRecords => {
  const reader = new ByteReader(bytes);
  const length = reader.readVarint();
  reader.require(length * 5);
  const hashes = new Uint32Array(length);
  reader.readArray(hashes, length, 4);
  const ports = new Uint8Array(length);
  reader.readArray(ports, length, 1);
  const keys = decodeBatch(reader).rows();
  const records = decodeBatch(reader);
  return { length, hashes, ports, keys, rows: records.rows(), timestamps: records.timestamps };
};

export class RunFile {
  private readonly files: FileSystem;
  private file: OpenFile | undefined;
  private readonly writer = new ByteWriter();
  /** Where the next part goes. */
  private position = 0;
  /** Where runs begin. */
  private readonly starts: number[] = [];

  constructor(files: FileSystem) {
    this.files = files;
  }

  /** Runs begun so far. */
  get runCount(): number {
    return this.starts.length;
  }

  /** What is written from now on is another run. */
  beginRun(): void {
    this.starts.push(this.position);
  }

  /**
   * Appends a part to the last run.
   * @throws MillraceError io when the disk does not take it, value-unsupported for records outside the value domain.
   */
  write(part: SortedRecords): void {
    this.writer.reset();
    encodePart(part, this.writer);
    const header = new Uint8Array(lengthBytes);
    new DataView(header.buffer).setInt32(0, this.writer.length, true);
    this.onDisk('write', (file) => {
      file.write(header);
      file.write(this.writer.view());
    });
    this.position += lengthBytes + this.writer.length;
  }

  /** A run from its beginning, when nothing more is written. */
  read(run: number): RunParts {
    const endsAt = this.starts[run + 1] ?? this.position;
    let position = this.starts[run] as number;
    return () => {
      if (position >= endsAt) return undefined;
      const length = new DataView(this.bytesAt(position, lengthBytes).buffer).getInt32(0, true);
      const part = decodePart(this.bytesAt(position + lengthBytes, length));
      position += lengthBytes + length;
      return part;
    };
  }

  /** Lets go of the file, which is gone then. Harmless when called again. */
  close(): void {
    this.file?.close();
    this.file = undefined;
  }

  private bytesAt(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.onDisk('read', (file) => {
      for (let done = 0; done < length; ) {
        const count = file.read(bytes, done, length - done, position + done);
        if (count === 0) throw new Error('the file ends too early');
        done += count;
      }
    });
    return bytes;
  }

  private onDisk(what: 'write' | 'read', act: (file: OpenFile) => void): void {
    try {
      this.file ??= this.files.openTemporary();
      act(this.file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new MillraceError(
        'io',
        `Sorted records could not be ${what === 'write' ? 'written to' : 'read from'} a temporary file: ${reason}`,
        {
          cause: error,
          hint: 'Batch mode sorts on disk what does not fit into memory: give the directory for temporary files (TMPDIR) more room, or run the job in more slots.',
        },
      );
    }
  }
}
