import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateRing, RingReader, RingWriter } from '../../src/exchange/ring.ts';

fc.configureGlobal({ seed: 20_011 });

const headerBytes = 64;

const frameOf = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + 1) & 255);

/** Lets both positions of an empty ring stand near a place, as if it had run for long. */
const startAt = (ring: SharedArrayBuffer, position: number): void => {
  const words = new Int32Array(ring, 0, headerBytes / 4);
  words[0] = position | 0;
  words[1] = position | 0;
};

describe('a ring in shared memory', () => {
  it('gives nothing before something was written', () => {
    expect(new RingReader(allocateRing(64)).read()).toBeUndefined();
  });

  it('gives frames in the order in which they were written, in memory of their own', () => {
    const ring = allocateRing(256);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    const [first, second] = [frameOf(13, 1), frameOf(8, 2)];
    expect(writer.write(first, 0)).toBe(13);
    expect(writer.write(second, 0)).toBe(8);
    const read = reader.read();
    writer.write(frameOf(200, 3), 0);
    expect(read).toEqual(first);
    expect(reader.read()).toEqual(second);
  });

  it('takes a frame of exactly its room, and nothing more until that was read', () => {
    const ring = allocateRing(64);
    const writer = new RingWriter(ring);
    expect(writer.write(frameOf(56), 0)).toBe(56);
    expect(writer.write(frameOf(1), 0)).toBe(0);
    expect(new RingReader(ring).read()).toEqual(frameOf(56));
    expect(writer.write(frameOf(1), 0)).toBe(1);
  });

  it('takes a frame larger than itself in parts, and gives it whole', () => {
    const ring = allocateRing(64);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    const frame = frameOf(500);
    let written = 0;
    let read: Uint8Array | undefined;
    while (read === undefined) {
      written = written < frame.length ? writer.write(frame, written) : written;
      read = reader.read();
    }
    expect(read).toEqual(frame);
    expect(reader.read()).toBeUndefined();
  });

  it('waits rather than writing a frame in crumbs', () => {
    const ring = allocateRing(64);
    const writer = new RingWriter(ring);
    writer.write(frameOf(40), 0);
    expect(writer.write(frameOf(100), 0)).toBe(0);
  });

  it('can be taken over by new ends where others left off', () => {
    const ring = allocateRing(64);
    new RingWriter(ring).write(frameOf(10, 1), 0);
    new RingWriter(ring).write(frameOf(10, 2), 0);
    expect(new RingReader(ring).read()).toEqual(frameOf(10, 1));
    expect(new RingReader(ring).read()).toEqual(frameOf(10, 2));
  });

  it('brings any frames through, however writing and reading take turns and wherever its positions stand', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 30 }),
        fc.constantFrom(32, 64, 128, 1024),
        fc.constantFrom(0, 2 ** 31 - 64, 2 ** 32 - 64),
        fc.infiniteStream(fc.boolean()),
        (lengths, capacity, position, turns) => {
          const ring = allocateRing(capacity);
          startAt(ring, position);
          const writer = new RingWriter(ring);
          const reader = new RingReader(ring);
          const frames = lengths.map(frameOf);
          const received: Uint8Array[] = [];
          let current = 0;
          let written = 0;
          while (received.length < frames.length) {
            const frame = frames[current];
            if (turns.next().value === true && frame !== undefined) {
              written = writer.write(frame, written);
              if (written === frame.length) {
                current++;
                written = 0;
              }
            } else {
              const read = reader.read();
              if (read !== undefined) received.push(read);
            }
          }
          expect(received).toEqual(frames);
        },
      ),
    );
  });
});
