import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteReader } from '../../../src/batch/codec.ts';
import { FrameReader, FrameWriter, longestFrameBytes } from '../../../src/exchange/tcp/frames.ts';
import { nodeHashing } from '../../../src/sys/node-hashing.ts';

fc.configureGlobal({ seed: 20_011 });

interface Frame {
  readonly kind: number;
  readonly payload: readonly number[];
}

const bytesOf = (frames: readonly Frame[]): Uint8Array => {
  const writer = new FrameWriter(nodeHashing);
  for (const { kind, payload } of frames) {
    writer.begin(kind).writeBytes(Uint8Array.from(payload));
    writer.end();
  }
  return writer.take();
};

/** A reader, and what it has found so far. */
const reading = (longestBytes = longestFrameBytes) => {
  const found: Frame[] = [];
  const reader = new FrameReader(nodeHashing, longestBytes, (kind, payload: ByteReader) => {
    found.push({ kind, payload: [...payload.readBytes(payload.remaining)] });
  });
  return { reader, found };
};

const frame: fc.Arbitrary<Frame> = fc.record({
  kind: fc.integer({ min: 0, max: 255 }),
  payload: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }),
});

describe('frames in a stream of bytes', () => {
  it('come out as they went in, however the stream is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), cuts, (frames, sizes) => {
        const bytes = bytesOf(frames);
        const { reader, found } = reading();
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          reader.push(bytes.slice(at, at + size));
          at += size;
        }
        expect(found).toEqual(frames);
      }),
    );
  });

  it('may be much larger than the parts they come in', () => {
    const payload = Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256);
    const bytes = bytesOf([
      { kind: 1, payload },
      { kind: 2, payload: [5] },
    ]);
    const { reader, found } = reading();
    for (let at = 0; at < bytes.length; at += 65_536) reader.push(bytes.subarray(at, at + 65_536));
    expect(found.map(({ kind }) => kind)).toEqual([1, 2]);
    expect(found[0]?.payload).toEqual(payload);
  });

  it('never come out as others when any byte of them is any other', () => {
    const frames = [
      { kind: 4, payload: [1, 2, 3] },
      { kind: 5, payload: [] },
    ];
    const bytes = bytesOf(frames);
    for (let at = 0; at < bytes.length; at++) {
      for (let value = 0; value < 256; value++) {
        if (value === bytes[at]) continue;
        const { reader, found } = reading(1000);
        let failure: unknown;
        try {
          // What follows completes a frame whose length has become greater.
          for (let i = 0; i < 100; i++) reader.push(i === 0 ? bytes.with(at, value) : bytesOf(frames));
        } catch (error) {
          failure = error;
        }
        expect(failure).toMatchObject({ code: 'io' });
        expect(found).toEqual(frames.slice(0, found.length));
      }
    }
  });

  it('are refused when they are longer than any, before their bytes have come', () => {
    const { reader } = reading(100);
    reader.push(bytesOf([{ kind: 1, payload: new Array<number>(99).fill(0) }]));
    const tooLong = bytesOf([{ kind: 1, payload: new Array<number>(100).fill(0) }]);
    expect(() => reader.push(tooLong.subarray(0, 8))).toThrow(
      'a frame claims 101 bytes where 100 are the most',
    );
  });

  it('are never empty', () => {
    expect(() => reading().reader.push(new Uint8Array(8))).toThrow('a frame is empty');
  });
});

describe('a writer of frames', () => {
  it('forgets a frame that was begun and not ended', () => {
    const writer = new FrameWriter(nodeHashing);
    writer.begin(1).writeByte(7);
    expect(writer.length).toBe(0);
    writer.begin(2).writeByte(8);
    writer.end();
    writer.begin(3).writeByte(9);
    const { reader, found } = reading();
    reader.push(writer.take());
    expect(found).toEqual([{ kind: 2, payload: [8] }]);
  });

  it('refuses a frame that no reader would take, and goes on', () => {
    const writer = new FrameWriter(nodeHashing, 100);
    writer.begin(1).writeBytes(new Uint8Array(100));
    expect(() => writer.end()).toThrow('A batch of 109 bytes is too large to be sent to another process.');
    writer.begin(2);
    writer.end();
    const { reader, found } = reading();
    reader.push(writer.take());
    expect(found).toEqual([{ kind: 2, payload: [] }]);
  });

  it('gives bytes away that it does not touch again', () => {
    const writer = new FrameWriter(nodeHashing);
    writer.begin(1).writeByte(7);
    writer.end();
    const first = writer.take();
    const before = first.slice();
    writer.begin(2).writeByte(8);
    writer.end();
    expect(first).toEqual(before);
    expect(writer.take()).not.toEqual(before);
  });
});
