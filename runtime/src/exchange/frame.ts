/**
 * One frame between slots:
 *
 *   channel u32 | kind u8 | payload
 *   batch:      the batch codec
 *   watermark:  time f64
 *   idle:       nothing
 *   barrier:    id f64 | has routing u8 | version u32 | key groups u32 | slot u16 each
 *   end:        drained u8
 */
import { decodeBatch, encodeBatch } from '../batch/codec.ts';
import type { ByteReader, ByteWriter } from '../batch/bytes.ts';
import { MillraceError } from '../contract/errors.ts';
import type { Barrier, StreamElement } from './element.ts';

const Kind = { batch: 1, watermark: 2, idle: 3, barrier: 4, end: 5 } as const;

const writeBarrier = (barrier: Barrier, writer: ByteWriter): void => {
  const { id, routing } = barrier;
  writer.float64(id);
  writer.uint8(routing === undefined ? 0 : 1);
  if (routing === undefined) return;
  writer.uint32(routing.version);
  writer.uint32(routing.slotOf.length);
  for (const slot of routing.slotOf) writer.uint32(slot);
};

const readBarrier = (reader: ByteReader): Barrier => {
  const id = reader.float64();
  if (reader.uint8() === 0) return { kind: 'barrier', id };
  const version = reader.uint32();
  const slotOf = new Uint16Array(reader.uint32());
  for (let keyGroup = 0; keyGroup < slotOf.length; keyGroup++) slotOf[keyGroup] = reader.uint32();
  return { kind: 'barrier', id, routing: { version, slotOf } };
};

/** Writes one element for a channel. */
export const writeFrame = (channel: number, element: StreamElement, writer: ByteWriter): void => {
  writer.uint32(channel);
  switch (element.kind) {
    case 'batch':
      writer.uint8(Kind.batch);
      return encodeBatch(element, writer);
    case 'watermark':
      writer.uint8(Kind.watermark);
      return writer.float64(element.timeMs);
    case 'idle':
      return writer.uint8(Kind.idle);
    case 'barrier':
      writer.uint8(Kind.barrier);
      return writeBarrier(element, writer);
    case 'end':
      writer.uint8(Kind.end);
      return writer.uint8(element.drained ? 1 : 0);
    case 'nothing':
      throw new MillraceError('internal', 'An empty poll must not leave its subtask.');
  }
};

/** Reads what stands behind the channel number. */
export const readElement = (reader: ByteReader): StreamElement => {
  const kind = reader.uint8();
  switch (kind) {
    case Kind.batch:
      return decodeBatch(reader);
    case Kind.watermark:
      return { kind: 'watermark', timeMs: reader.float64() };
    case Kind.idle:
      return { kind: 'idle' };
    case Kind.barrier:
      return readBarrier(reader);
    case Kind.end:
      return { kind: 'end', drained: reader.uint8() === 1 };
    default:
      throw new MillraceError('internal', `A frame between slots has the unknown kind ${kind}.`);
  }
};
