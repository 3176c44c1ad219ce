import { ByteReader, ByteWriter, decodeValue, encodeValue } from '../../batch/codec.ts';
import { MillraceError } from '../../contract/errors.ts';

/** A record in flight as it is kept in a snapshot. */
export interface InFlightRecord {
  readonly value: unknown;
  /** NaN = none. */
  readonly timestampMs: number;
  /** −1 = the input has no keys. */
  readonly keyGroup: number;
}

const formatVersion = 1;

/** The records of one key group, in order of arrival. */
export const encodeInFlight = (records: readonly InFlightRecord[]): Uint8Array => {
  const writer = new ByteWriter();
  const values = records.map(({ value }) => value);
  const timestamps = records.map(({ timestampMs }) => timestampMs);
  encodeValue([formatVersion, values, timestamps], writer);
  return writer.toBytes();
};

/** @throws MillraceError record-invalid when the bytes are not what `encodeInFlight` wrote. */
export const decodeInFlight = (bytes: Uint8Array, keyGroup: number): readonly InFlightRecord[] => {
  const decoded = decodeValue(new ByteReader(bytes));
  const [version, values, timestamps] = Array.isArray(decoded) ? (decoded as unknown[]) : [];
  if (version !== formatVersion || !Array.isArray(values) || !Array.isArray(timestamps)) {
    throw new MillraceError(
      'record-invalid',
      `The records in flight of key group ${keyGroup} cannot be read.`,
      {
        hint: 'The state was written by another version, or was damaged.',
      },
    );
  }
  return values.map((value: unknown, i) => ({ value, timestampMs: Number(timestamps[i]), keyGroup }));
};
