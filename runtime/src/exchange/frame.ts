/**
 * One frame between slots:
 *
 *   channel varint | kind u8 | payload
 *   batch:      the batch codec
 *   watermark:  time f64
 *   idle:       nothing
 *   barrier:    id f64 | has checkpoint u8 | id f64 | triggered f64 | is whole u8 | parks u8 | keeps chains u8
 *               | has routing u8 | version varint | key groups varint | slot varint each
 *   end:        drained u8
 *   latency:    task of the source varint | marked f64
 */
import { type ByteReader, type ByteWriter, decodeBatch, encodeBatch } from '../batch/codec.ts';
import { MillraceError } from '../contract/errors.ts';
import type { Barrier, BarrierCheckpoint, StreamElement } from './element.ts';

const Kind = { batch: 1, watermark: 2, idle: 3, barrier: 4, end: 5, latency: 6 } as const;

const writeBarrier = (barrier: Barrier, writer: ByteWriter): void => {
  const { id, checkpoint, routing } = barrier;
  writer.writeDouble(id);
  writer.writeByte(checkpoint === undefined ? 0 : 1);
  if (checkpoint !== undefined) {
    writer.writeDouble(checkpoint.id);
    writer.writeDouble(checkpoint.triggeredMs);
    writer.writeByte(checkpoint.isWhole ? 1 : 0);
    writer.writeByte(checkpoint.parks ? 1 : 0);
    writer.writeByte(checkpoint.keepsChains === true ? 1 : 0);
  }
  writer.writeByte(routing === undefined ? 0 : 1);
  if (routing === undefined) return;
  writer.writeVarint(routing.version);
  writer.writeVarint(routing.slotOf.length);
  for (const slot of routing.slotOf) writer.writeVarint(slot);
};

const readFlag = (reader: ByteReader): boolean => {
  const flag = reader.readByte();
  if (flag > 1) throw reader.corrupt(`a flag of a frame is ${flag}`);
  return flag === 1;
};

/** More slots than this have no number in a routing table. */
const mostSlots = 2 ** 16;

const readCheckpoint = (reader: ByteReader): BarrierCheckpoint | undefined =>
  readFlag(reader)
    ? {
        id: reader.readDouble(),
        triggeredMs: reader.readDouble(),
        isWhole: readFlag(reader),
        parks: readFlag(reader),
        ...(readFlag(reader) ? { keepsChains: true } : {}),
      }
    : undefined;

const readBarrier = (reader: ByteReader): Barrier => {
  const id = reader.readDouble();
  const checkpoint = readCheckpoint(reader);
  const barrier: Barrier = { kind: 'barrier', id, ...(checkpoint === undefined ? {} : { checkpoint }) };
  if (!readFlag(reader)) return barrier;
  const version = reader.readVarint();
  const slotOf = new Uint16Array(reader.readCount(1));
  for (let keyGroup = 0; keyGroup < slotOf.length; keyGroup++) {
    const slot = reader.readVarint();
    if (slot >= mostSlots) throw reader.corrupt(`a key group belongs to the slot ${slot}`);
    slotOf[keyGroup] = slot;
  }
  return { ...barrier, routing: { version, slotOf } };
};

/** Writes one element for a channel. */
export const writeFrame = (channel: number, element: StreamElement, writer: ByteWriter): void => {
  writer.writeVarint(channel);
  writeElement(element, writer);
};

/** Writes what stands behind the channel number. */
export const writeElement = (element: StreamElement, writer: ByteWriter): void => {
  switch (element.kind) {
    case 'batch':
      writer.writeByte(Kind.batch);
      return encodeBatch(element, writer);
    case 'watermark':
      writer.writeByte(Kind.watermark);
      return writer.writeDouble(element.timeMs);
    case 'idle':
      return writer.writeByte(Kind.idle);
    case 'barrier':
      writer.writeByte(Kind.barrier);
      return writeBarrier(element, writer);
    case 'end':
      writer.writeByte(Kind.end);
      return writer.writeByte(element.drained ? 1 : 0);
    case 'latency':
      writer.writeByte(Kind.latency);
      writer.writeVarint(element.source);
      return writer.writeDouble(element.markedMs);
    case 'nothing':
      throw new MillraceError('internal', 'An empty poll must not leave its subtask.');
  }
};

/** Reads what stands behind the channel number. */
export const readElement = (reader: ByteReader): StreamElement => {
  const kind = reader.readByte();
  switch (kind) {
    case Kind.batch:
      return decodeBatch(reader);
    case Kind.watermark:
      return { kind: 'watermark', timeMs: reader.readDouble() };
    case Kind.idle:
      return { kind: 'idle' };
    case Kind.barrier:
      return readBarrier(reader);
    case Kind.end:
      return { kind: 'end', drained: readFlag(reader) };
    case Kind.latency:
      return { kind: 'latency', source: reader.readVarint(), markedMs: reader.readDouble() };
    default:
      throw new MillraceError('internal', `A frame between slots has the unknown kind ${kind}.`);
  }
};
