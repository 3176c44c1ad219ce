import type { Batch } from '../../../src/batch/batch.ts';
import type { DecoderSettings, RecordDecoder } from '../../../src/connectors/formats/decoder.ts';
import { RecordStream } from '../../../src/connectors/formats/record-stream.ts';

export interface Decoded {
  readonly rows: unknown[];
  readonly batches: Batch[];
  readonly invalid: { readonly text: string; readonly reason: string; readonly line: number }[];
}

export interface DecodeSettings {
  readonly maximumRecordBytes?: number;
  readonly recordsPerBatch?: number;
  /** How many bytes each read gives, in turn; default everything. */
  readonly reads?: readonly number[];
  readonly chunkBytes?: number;
  readonly position?: number;
  readonly end?: number;
  readonly skipFirstLine?: boolean;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A supply that gives the bytes in pieces of these sizes, again and again. */
export const piecewise = (bytes: Uint8Array, reads: readonly number[], position: number) => {
  let at = position;
  let turn = 0;
  return {
    read: (target: Uint8Array, offset: number, length: number): number => {
      const wanted = reads.length === 0 ? length : Math.max(1, reads[turn++ % reads.length]!);
      const part = bytes.subarray(at, Math.min(at + Math.min(length, wanted), bytes.length));
      target.set(part, offset);
      at += part.length;
      return part.length;
    },
  };
};

/** Everything that a decoder makes of these bytes. */
export const decodeAll = (
  bytes: Uint8Array,
  create: (settings: DecoderSettings) => RecordDecoder,
  settings: DecodeSettings = {},
): Decoded => {
  const decoded: Decoded = { rows: [], batches: [], invalid: [] };
  const maximumRecordBytes = settings.maximumRecordBytes ?? 1 << 20;
  const decoder = create({
    maximumRecordBytes,
    recordsPerBatch: settings.recordsPerBatch ?? 2048,
    onInvalid: (record) => {
      const text = new TextDecoder().decode(record.bytes.subarray(record.from, record.to));
      decoded.invalid.push({ text, reason: record.reason, line: record.linesBefore + 1 });
    },
  });
  const stream = new RecordStream({
    decoder,
    supply: piecewise(bytes, settings.reads ?? [], settings.position ?? 0),
    position: settings.position ?? 0,
    end: settings.end,
    skipFirstLine: settings.skipFirstLine ?? false,
    maximumRecordBytes,
    chunkBytes: settings.chunkBytes ?? 4096,
  });
  for (;;) {
    const { result, batch } = stream.next();
    if (batch !== undefined) {
      decoded.batches.push(batch);
      decoded.rows.push(...batch.rows());
    }
    if (result === 'end') return decoded;
  }
};
