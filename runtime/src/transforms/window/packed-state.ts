import { ByteReader, ByteWriter } from '../../batch/codec.ts';

/** Version 1 never left a process: there were no checkpoints. */
const formatVersion = 2;

const mostVarintBytes = 8;

/** The state of one key group of a processor that keeps it in several places. */
export interface PackedState {
  /** Records that the processor had seen: those to come are later. */
  readonly arrivals: number;
  /** One a place; undefined = nothing there. */
  readonly parts: readonly (Uint8Array | undefined)[];
}

/** As bytes with a version; undefined when there is nothing in any part. */
export const packState = (state: PackedState): Uint8Array | undefined =>
  state.parts.every((part) => part === undefined) ? undefined : packParts(state);

/** As bytes with a version, also when there is nothing in any part. */
export const packParts = ({ arrivals, parts }: PackedState): Uint8Array => {
  const bytes = parts.reduce((sum, part) => sum + (part?.length ?? 0) + mostVarintBytes, 0);
  const writer = new ByteWriter(1 + 2 * mostVarintBytes + bytes);
  writer.writeByte(formatVersion);
  writer.writeVarint(arrivals);
  writer.writeVarint(parts.length);
  for (const part of parts) {
    writer.writeVarint(part === undefined ? 0 : part.length + 1);
    if (part !== undefined) writer.writeBytes(part);
  }
  return writer.take(0);
};

/** @throws MillraceError record-invalid for damaged bytes or those of a later version. */
export const unpackState = (bytes: Uint8Array): PackedState => {
  const reader = new ByteReader(bytes);
  const version = reader.readByte();
  if (version !== formatVersion)
    throw reader.corrupt(`the state of windows has the unknown version ${version}`);
  const arrivals = reader.readVarint();
  const parts: (Uint8Array | undefined)[] = [];
  for (let left = reader.readCount(1); left > 0; left--) {
    const length = reader.readVarint();
    parts.push(length === 0 ? undefined : reader.readBytes(length - 1));
  }
  return { arrivals, parts };
};
