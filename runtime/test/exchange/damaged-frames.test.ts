import { Batch } from 'millrace';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/batch/codec.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import { readElement, writeFrame } from '../../src/exchange/frame.ts';
import { RingWriter } from '../../src/exchange/ring.ts';
import { RingChannels } from '../../src/exchange/ring-channels.ts';
import { allocateSharedLinks } from '../../src/exchange/shared-links.ts';
import { exchangeOf, keyedGraph } from './slots.ts';

const rows = [{ id: 1, name: 'ann', nested: { a: [1] } }, { id: 2, name: 'ü' }, { id: 'odd' }];

const elements: readonly (readonly [string, StreamElement])[] = [
  ['a batch', Batch.ofRows(rows, Float64Array.of(1, 5, Number.NaN))],
  ['a watermark', { kind: 'watermark', timeMs: 1_005_264_000_000 }],
  ['an idle channel', { kind: 'idle' }],
  ['a barrier', { kind: 'barrier', id: 7 }],
  [
    'a barrier with a table',
    { kind: 'barrier', id: 8, routing: { version: 3, slotOf: Uint16Array.of(0, 1, 300, 65_535) } },
  ],
  ['the end', { kind: 'end', drained: true }],
];

const channel = 300;

const frameOf = (element: StreamElement): Uint8Array => {
  const writer = new ByteWriter();
  writeFrame(channel, element, writer);
  return writer.toBytes();
};

/** Reads a frame as its receiver does; `read`, or the code of the error. Anything else that is thrown goes on. */
const outcomeOf = (bytes: Uint8Array): string => {
  try {
    const reader = new ByteReader(bytes);
    reader.readVarint();
    const element = readElement(reader);
    if (element.kind === 'batch') element.rows();
    return 'read';
  } catch (error) {
    if (!MillraceError.is(error)) throw error;
    return error.code;
  }
};

/** An unknown kind says that the program is wrong, not the bytes. */
const clear = new Set(['read', 'record-invalid', 'internal']);

describe.each(elements)('the frame of %s, damaged,', (_, element) => {
  const frame = frameOf(element);

  it('is refused wherever it ends too early', () => {
    for (let length = 0; length < frame.length; length++) {
      expect(outcomeOf(frame.subarray(0, length))).toBe('record-invalid');
    }
    expect(outcomeOf(frame)).toBe('read');
  });

  it('is refused or read as something when any byte is any other', () => {
    const outcomes = new Set<string>();
    for (let at = 0; at < frame.length; at++) {
      for (let byte = 0; byte < 256; byte += at < 12 ? 1 : 15) outcomes.add(outcomeOf(frame.with(at, byte)));
    }
    expect(outcomes.difference(clear)).toEqual(new Set());
  });

  it('is refused or read as something when any byte is missing or a giant number', () => {
    const outcomes = new Set<string>();
    for (let at = 0; at < frame.length; at++) {
      for (const middle of [[], [0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]]) {
        outcomes.add(
          outcomeOf(Uint8Array.of(...frame.subarray(0, at), ...middle, ...frame.subarray(at + 1))),
        );
      }
    }
    expect(outcomes.difference(clear)).toEqual(new Set());
  });
});

describe('a frame', () => {
  const read = (...bytes: number[]): StreamElement => readElement(new ByteReader(Uint8Array.from(bytes)));
  const id = new Array<number>(8).fill(0);

  it('names no slot that a table cannot hold', () => {
    expect(read(4, ...id, 0, 1, 1, 1, 0xff, 0xff, 0x03)).toEqual({
      kind: 'barrier',
      id: 0,
      routing: { version: 1, slotOf: Uint16Array.of(65_535) },
    });
    expect(() => read(4, ...id, 0, 1, 1, 1, 0x80, 0x80, 0x04)).toThrow(
      'a key group belongs to the slot 65536',
    );
  });

  it('has flags that say yes or no and nothing else', () => {
    expect(read(5, 0)).toEqual({ kind: 'end', drained: false });
    expect(() => read(5, 2)).toThrow('a flag of a frame is 2');
    expect(() => read(4, ...id, 9)).toThrow('a flag of a frame is 9');
    expect(() => read(4, ...id, 0, 9)).toThrow('a flag of a frame is 9');
  });
});

describe('a slot', () => {
  const graph = keyedGraph(2);

  /** Puts bytes into the ring from slot 0 to slot 1 and lets slot 1 take them. */
  const receive = (bytes: Uint8Array): void => {
    const links = allocateSharedLinks(graph);
    const right = new RingChannels(graph, 1, links);
    right.receiver(exchangeOf(graph), 0, () => undefined);
    new RingWriter(links.rings[1] as SharedArrayBuffer).write(bytes, 0);
    right.pump();
  };

  const own = (element: StreamElement): Uint8Array => {
    const links = allocateSharedLinks(graph);
    const left = new RingChannels(graph, 0, links);
    const right = new RingChannels(graph, 1, links);
    right.receiver(exchangeOf(graph), 0, () => undefined);
    left.sender(exchangeOf(graph), 1, () => undefined).send(element);
    const [length] = new Uint32Array(links.rings[1] as SharedArrayBuffer, 64, 1) as unknown as [number];
    return new Uint8Array(links.rings[1] as SharedArrayBuffer, 72, length).slice();
  };

  it('refuses frames for channels on which nobody receives', () => {
    const frame = own({ kind: 'idle' });
    receive(frame);
    expect(() => receive(frame.with(0, 99))).toThrow('nobody receives on the channel 99');
  });

  it('refuses frames behind which something follows', () => {
    for (const [, element] of elements) {
      const frame = own(element);
      receive(frame);
      expect(() => receive(Uint8Array.of(...frame, 0))).toThrow('1 bytes follow a frame');
    }
  });
});
