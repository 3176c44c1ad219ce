/**
 * `formats` turns bytes into records and back. A *decoder* takes a run of bytes as it comes from a file or a socket and
 * consumes whole records from its front; `RecordStream` keeps the unfinished rest and the position. The decoders here:
 * `ndjson-scanner` (declared fields to columns, without JSON.parse), `ndjson-rows` (whole values), `csv-scanner`, `json-array`.
 */
import type { Batch } from '../../batch/batch.ts';

/** A record that is not what the format says. Positions are those of the run of bytes in hand. */
export interface InvalidRecord {
  /** The record's bytes, valid during the call; only the front of a record that is too long. */
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** What is wrong, as a clause: `it is not valid UTF-8`. */
  readonly reason: string;
  /** Line feeds before the record, counted since the decoder was made. */
  readonly linesBefore: number;
}

/** Returns to go on without the record; throws to stop. */
export type InvalidRecordHandler = (record: InvalidRecord) => void;

export interface DecoderSettings {
  readonly onInvalid: InvalidRecordHandler;
  /** A record of more bytes is invalid. */
  readonly maximumRecordBytes: number;
  /** Records a batch holds at most; default 2048. */
  readonly recordsPerBatch?: number;
}

/** Belongs to one stream of bytes. */
export interface RecordDecoder {
  /**
   * Decodes records from `bytes[from .. to)` until the batch is full or no whole record is left, and answers the position
   * after the last one consumed. At least `paddingBytes` must follow `to`; the first is overwritten by a line feed.
   * `atEnd` = nothing follows, so the last record needs no terminator and everything is consumed.
   */
  decode(bytes: Uint8Array, from: number, to: number, atEnd: boolean): number;
  /**
   * Passes over a record that is too long to be kept: the position after its end, or −1 when it does not end before `to`.
   * The first call (`begins`) has the record's first byte at `from` and reports it; the next ones the bytes that follow.
   */
  discard(bytes: Uint8Array, from: number, to: number, begins: boolean): number;
  /** Records decoded and not yet taken. */
  readonly length: number;
  /** Whether the batch is full: `decode` consumes nothing before `take`. */
  readonly full: boolean;
  /** The records decoded, without timestamps, or undefined if there are none. */
  take(): Batch | undefined;
}

/** Bytes that must be there beyond the run in hand, so that decoders may look ahead without asking. */
export const paddingBytes = 8;

/** Records a batch holds at most. */
export const defaultRecordsPerBatch = 2048;

/** The reason of a record that is too long. */
export const tooLong = (maximumRecordBytes: number): string =>
  `it is longer than the ${maximumRecordBytes} bytes that maximumRecordBytes allows`;
