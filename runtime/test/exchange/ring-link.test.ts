import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DoorbellButton } from '../../src/exchange/doorbell.ts';
import { allocateRing } from '../../src/exchange/ring.ts';
import { IncomingLink, OutgoingLink } from '../../src/exchange/ring-link.ts';

fc.configureGlobal({ seed: 20_011 });

/** Counts how often it was pressed. */
class FakeButton {
  presses = 0;
  press(): void {
    this.presses++;
  }
}

const newLink = (capacity: number) => {
  const ring = allocateRing(capacity);
  const [reader, writer] = [new FakeButton(), new FakeButton()];
  const received: Uint8Array[] = [];
  const incoming = new IncomingLink(ring, writer as unknown as DoorbellButton);
  return {
    /** Pressed for the reading and for the writing slot. */
    reader,
    writer,
    received,
    outgoing: new OutgoingLink(ring, reader as unknown as DoorbellButton),
    receive: () => incoming.pump((frame) => void received.push(frame)),
  };
};

const frameOf = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 13 + seed * 7) & 255);

describe('a link between two slots', () => {
  it('tells the receiver of a frame, and the sender that there is room again', () => {
    const link = newLink(256);
    link.outgoing.send(frameOf(10));
    expect(link.reader.presses).toBe(1);
    expect(link.receive()).toBe(true);
    expect(link.received).toEqual([frameOf(10)]);
    expect(link.writer.presses).toBe(1);
  });

  it('says that nothing moved when there was nothing, and rings no bell', () => {
    const link = newLink(256);
    expect(link.receive()).toBe(false);
    expect(link.outgoing.pump()).toBe(false);
    expect([link.reader.presses, link.writer.presses]).toEqual([0, 0]);
  });

  it('keeps frames without room, in order and in memory of their own', () => {
    const link = newLink(64);
    const reused = frameOf(40, 1);
    link.outgoing.send(reused);
    reused.fill(9);
    link.outgoing.send(reused);
    reused.fill(8);
    expect(link.outgoing.isEmpty).toBe(false);
    link.outgoing.send(reused);
    reused.fill(7);
    link.receive();
    while (link.outgoing.pump()) link.receive();
    expect(link.received).toEqual([frameOf(40, 1), new Uint8Array(40).fill(9), new Uint8Array(40).fill(8)]);
    expect(link.outgoing.isEmpty).toBe(true);
  });

  it('tells the sender of room also when only a part of a frame has come', () => {
    const link = newLink(64);
    link.outgoing.send(frameOf(200));
    expect(link.receive()).toBe(true);
    expect(link.received).toEqual([]);
    expect(link.writer.presses).toBe(1);
  });

  it('never leaves both sides waiting for each other, whatever the sizes: who moved has told the other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(32, 64, 256),
        (lengths, capacity) => {
          const link = newLink(capacity);
          const frames = lengths.map(frameOf);
          for (const frame of frames) link.outgoing.send(frame);
          // Each side runs only when the other has rung for it.
          let [readerSaw, writerSaw] = [0, 0];
          for (;;) {
            if (link.reader.presses > readerSaw) {
              readerSaw = link.reader.presses;
              link.receive();
            } else if (link.writer.presses > writerSaw) {
              writerSaw = link.writer.presses;
              link.outgoing.pump();
            } else break;
          }
          expect(link.received).toEqual(frames);
        },
      ),
    );
  });
});
