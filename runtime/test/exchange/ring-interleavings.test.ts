import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateRing, RingReader, RingWriter } from '../../src/exchange/ring.ts';
import { type Flaw, newRing, type RingState, stepReader, stepWriter } from './ring-model.ts';

fc.configureGlobal({ seed: 20_011 });

const frameOf = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => ((i * 7 + seed * 50) % 250) + 1);

/** What every order of accesses led to. */
interface Exploration {
  readonly states: number;
  /** Frames as they were received, one entry for each different outcome. */
  readonly outcomes: readonly (readonly (readonly number[])[])[];
}

/** Runs both ends in every order, up to the first wrong outcome. A state that was seen is not gone into again. */
const explore = (
  capacity: number,
  position: number,
  frames: readonly number[][],
  flaw?: Flaw,
): Exploration => {
  const seen = new Set<string>();
  const outcomes = new Map<string, readonly number[][]>();
  const open: RingState[] = [newRing(capacity, position)];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const { received } = state.reader;
    const written = structuredClone(state);
    const read = structuredClone(state);
    const next = [
      ...(stepWriter(written, frames, flaw) ? [written] : []),
      ...(stepReader(read, flaw) ? [read] : []),
    ];
    const isWrong = JSON.stringify(received) !== JSON.stringify(frames.slice(0, received.length));
    if (isWrong || next.length === 0) outcomes.set(JSON.stringify(received), received);
    if (isWrong) break;
    for (const one of next) {
      const name = JSON.stringify(one);
      if (seen.has(name)) continue;
      seen.add(name);
      open.push(one);
    }
  }
  return { states: seen.size, outcomes: [...outcomes.values()] };
};

describe('every order in which a writer and a reader can touch a ring', () => {
  it.each([
    ['frames that fit', 32, 0, [3, 9]],
    ['a frame in parts', 16, 0, [18]],
    ['frames around the edge', 32, 24, [12, 5, 9]],
    ['positions that pass 2^32', 32, 2 ** 32 - 16, [10, 20]],
  ] as const)('brings the same frames: %s', (_, capacity, position, lengths) => {
    const frames = lengths.map(frameOf);
    const { states, outcomes } = explore(capacity, position, frames);
    expect(outcomes).toEqual([frames]);
    expect(states).toBeGreaterThan(50);
  });

  it.each(['publishes before it copies', 'frees before it copies'] as const)(
    'shows the harm when one end %s',
    (flaw) => {
      const frames = [frameOf(12, 1), frameOf(12, 2), frameOf(9, 3)];
      expect(explore(32, 0, frames, flaw).outcomes).not.toEqual([frames]);
    },
  );
});

/** A real ring and its model, moved side by side. */
class Twins {
  readonly model: RingState;
  readonly received: number[][] = [];
  private readonly frames: readonly number[][];
  private readonly memory: SharedArrayBuffer;
  private readonly writer: RingWriter;
  private readonly reader: RingReader;

  constructor(frames: readonly number[][], capacity: number) {
    this.frames = frames;
    this.model = newRing(capacity, 0);
    this.memory = allocateRing(capacity);
    this.writer = new RingWriter(this.memory);
    this.reader = new RingReader(this.memory);
  }

  write(): void {
    const { writer } = this.model;
    if (writer.step === 'done') return;
    this.writer.write(Uint8Array.from(this.frames[writer.frame] as number[]), writer.from);
    let going = stepWriter(this.model, this.frames, undefined);
    while (going && writer.part.length > 0) going = stepWriter(this.model, this.frames, undefined);
  }

  read(): void {
    const frame = this.reader.read();
    if (frame !== undefined) this.received.push([...frame]);
    const { received } = this.model.reader;
    const before = received.length;
    while (received.length === before && stepReader(this.model, undefined));
  }

  /** Positions and bytes of the real one. */
  get shared(): unknown {
    const [readWord, writeWord] = new Uint32Array(this.memory, 0, 2);
    return { readWord, writeWord, cells: [...new Uint8Array(this.memory, 64)] };
  }
}

describe('the model of the ring', () => {
  it('leaves the same bytes and positions in memory as the real one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(16, 32, 64),
        fc.array(fc.boolean(), { maxLength: 40 }),
        (lengths, capacity, turns) => {
          const twins = new Twins(lengths.map(frameOf), capacity);
          for (const writes of turns) {
            if (writes) twins.write();
            else twins.read();
            const { readWord, writeWord, cells, reader } = twins.model;
            expect(twins.shared).toEqual({ readWord, writeWord, cells });
            expect(twins.received).toEqual(reader.received);
          }
        },
      ),
    );
  });
});
