/** Drives a processor whose state is snapshotted on the way, and goes on from a snapshot in another one. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { KeyedSnapshot, KeyGroupPiece } from '../../src/checkpoint/snapshot-unit.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { everyGroup } from './moving.ts';
import { drive, type FakeContext, fakeContext, type Input } from './support.ts';

/** What happens before an input: pieces that are read, then perhaps a key group that goes and comes back, and a barrier. */
export interface Before {
  readonly pieces: number;
  readonly moved: number | undefined;
  readonly barrier: 'none' | 'changes' | 'whole' | 'aborting';
}

export const befores: fc.Arbitrary<readonly Before[]> = fc.array(
  fc.record({
    pieces: fc.oneof(fc.constant(0), fc.nat(20)),
    moved: fc.option(fc.constantFrom(...everyGroup), { nil: undefined, freq: 10 }),
    barrier: fc.constantFrom<Before['barrier']>(
      'none',
      'none',
      'none',
      'none',
      'none',
      'changes',
      'whole',
      'aborting',
    ),
  }),
  { maxLength: 120, size: 'max' },
);

const maxParallelism = everyGroup.length;

/** A snapshot that is being read. */
interface Open {
  readonly id: number;
  readonly at: number;
  readonly aborting: boolean;
  readonly snapshot: KeyedSnapshot;
  readonly pieces: KeyGroupPiece[];
}

/** Takes snapshots of a processor between inputs, and keeps those that were read to the end. */
class Snapshots {
  /** The input before which the barrier of the newest completed snapshot stood. */
  completedAt: number | undefined;
  private readonly processor: Processor;
  private readonly durable: KeyGroupPiece[] = [];
  private completed: number | undefined;
  private open: Open | undefined;
  private lastId = 0;

  constructor(processor: Processor) {
    this.processor = processor;
  }

  before(at: number, { pieces, moved, barrier }: Before): void {
    for (let left = pieces; left > 0 && this.open !== undefined; left--) this.read();
    if (moved !== undefined) this.move(moved);
    if (barrier === 'none') return;
    if (this.open?.aborting === true) this.abort();
    this.finish();
    this.lastId += 1;
    const since = (group: number): number | undefined =>
      barrier === 'whole' && group % 2 === 0 ? undefined : this.completed;
    const request = { checkpointId: this.lastId, keyGroups: everyGroup, since };
    const snapshot = this.processor.snapshotKeyGroups!(request);
    this.open = { id: this.lastId, at, aborting: barrier === 'aborting', snapshot, pieces: [] };
  }

  /** Reads the open snapshot to its end. */
  finish(): void {
    while (this.open !== undefined) this.read();
  }

  /** Gives a new processor what the completed snapshots hold. */
  restore(processor: Processor): void {
    for (const { keyGroup, mode, bytes } of this.durable) {
      if (mode === 'changes') processor.applyKeyGroup!(keyGroup, bytes);
      else if (bytes.length === 0) processor.dropKeyGroup!(keyGroup);
      else processor.importKeyGroup!(keyGroup, bytes);
    }
  }

  private read(): void {
    const { open } = this;
    const piece = open!.snapshot.next();
    if (piece !== undefined) {
      open!.pieces.push(piece);
      return;
    }
    this.open = undefined;
    this.durable.push(...open!.pieces);
    this.completed = open!.id;
    this.completedAt = open!.at;
    this.processor.checkpointEnded?.(open!.id, true);
  }

  private abort(): void {
    this.open!.snapshot.release();
    this.processor.checkpointEnded?.(this.open!.id, false);
    this.open = undefined;
  }

  private move(keyGroup: number): void {
    const bytes = this.processor.exportKeyGroup!(keyGroup);
    this.processor.dropKeyGroup!(keyGroup);
    if (bytes !== undefined) this.processor.importKeyGroup!(keyGroup, bytes);
  }
}

/** Whether a restored processor is told how far time was before it gets its state, or after. */
type RestoreOrder = 'time first' | 'state first';

/**
 * Expects that a processor gives the same with snapshots as without, and that one that goes on from the last completed one gives
 * what the first gave from there on.
 */
export const expectSameFromSnapshots = (
  create: (context: FakeContext) => Processor,
  inputs: readonly Input[],
  steps: readonly Before[],
  read: (context: FakeContext) => unknown[],
  orders: readonly RestoreOrder[] = ['time first', 'state first'],
): void => {
  const [plain, snapshotted] = [0, 1].map(() => fakeContext({ maxParallelism })) as [
    FakeContext,
    FakeContext,
  ];
  const [alone, real] = [create(plain), create(snapshotted)];
  const snapshots = new Snapshots(real);
  const expected = inputs.map((input, i) => {
    drive(alone, plain, [input]);
    const step = steps[i];
    if (step !== undefined) snapshots.before(i, step);
    drive(real, snapshotted, [input]);
    const output = read(plain);
    expect(read(snapshotted)).toEqual(output);
    return output;
  });
  snapshots.finish();
  const from = snapshots.completedAt;
  if (from === undefined) return;
  const passed = inputs.slice(0, from).filter((input) => 'watermarkMs' in input);
  for (const order of orders) {
    const last = fakeContext({ maxParallelism });
    const restored = create(last);
    // Event time goes on from where it was, and nothing fires: what was due has fired before.
    if (order === 'time first') drive(restored, last, passed.slice(-1));
    snapshots.restore(restored);
    if (order === 'state first') drive(restored, last, passed.slice(-1));
    expect(read(last)).toEqual([]);
    const output = inputs.slice(from).map((input) => {
      drive(restored, last, [input]);
      return read(last);
    });
    expect(output).toEqual(expected.slice(from));
  }
};
