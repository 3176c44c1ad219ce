import { describe, expect, it } from 'vitest';
import { count, sum } from '../../../src/api/aggregates.ts';
import { session } from '../../../src/api/windows.ts';
import type { KeyedSnapshot, KeyGroupPiece } from '../../../src/checkpoint/snapshot-unit.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { everyGroup } from '../moving.ts';
import { drive, type FakeContext, fakeContext, type Input } from '../support.ts';
import { sorted } from './model.ts';

/** Sessions that are counted and summed, with a gap of 10 ms. */
class Rig {
  readonly context: FakeContext = fakeContext({ maxParallelism: everyGroup.length });
  readonly processor: Processor = createWindowProcessor(
    {
      kind: 'window',
      window: {
        assigner: session(10),
        allowedLatenessMs: 0,
        lateOutput: 'late',
        aggregation: {
          kind: 'builtIn',
          aggregates: { records: count(), total: sum<number>((value) => value) },
        },
        keyed: true,
      },
    },
    this.context,
  );
  private readonly pieces: KeyGroupPiece[] = [];

  drive(...inputs: Input[]): unknown[] {
    drive(this.processor, this.context, inputs);
    return this.context.main.take();
  }

  snapshot(checkpointId = 1, since?: number): KeyedSnapshot {
    return this.processor.snapshotKeyGroups!({ checkpointId, keyGroups: everyGroup, since: () => since });
  }

  /** Takes a checkpoint that completes; gives the bytes of its pieces. */
  checkpoint(checkpointId: number, since?: number): number {
    const before = this.pieces.length;
    this.read(this.snapshot(checkpointId, since), Infinity);
    this.processor.checkpointEnded!(checkpointId, true);
    return this.pieces.slice(before).reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  read(snapshot: KeyedSnapshot, most: number): void {
    for (let left = most; left > 0; left--) {
      const piece = snapshot.next();
      if (piece === undefined) return;
      this.pieces.push(piece);
    }
  }

  /** What the sessions of the snapshot give at the end. */
  restoredResults(): unknown[] {
    const restored = new Rig();
    for (const { keyGroup, mode, bytes } of this.pieces) {
      if (mode === 'whole') restored.processor.importKeyGroup!(keyGroup, bytes);
      else restored.processor.applyKeyGroup!(keyGroup, bytes);
    }
    return sorted(restored.drive({ watermarkMs: Infinity }));
  }
}

const record = (key: string | number, timestampMs: number, value = 1): Input => ({ key, value, timestampMs });

describe('a snapshot of sessions', () => {
  it('has two sessions that a later record made one', () => {
    const rig = new Rig();
    rig.drive(record('a', 0, 3), record('a', 15, 4));
    const snapshot = rig.snapshot();
    rig.drive(record('a', 8, 5));
    rig.read(snapshot, Infinity);
    const apart = [
      { key: 'a', windowStart: 0, windowEnd: 10, records: 1, total: 3 },
      { key: 'a', windowStart: 15, windowEnd: 25, records: 1, total: 4 },
    ];
    expect(rig.restoredResults()).toEqual(sorted(apart));
  });

  it('has the key of a session that is over, also when another key has its place', () => {
    const rig = new Rig();
    rig.drive(record('a', 0));
    const snapshot = rig.snapshot();
    expect(rig.drive({ watermarkMs: 20 })).toHaveLength(1);
    rig.drive(record('b', 30));
    rig.read(snapshot, Infinity);
    expect(rig.restoredResults()).toEqual(
      sorted([{ key: 'a', windowStart: 0, windowEnd: 10, records: 1, total: 1 }]),
    );
  });

  it('has what changed since an earlier one, and nothing of what is over since', () => {
    const rig = new Rig();
    const keys = Array.from({ length: 1000 }, (_, key) => key);
    rig.drive(...keys.map((key) => record(key, 100)), record('over', 0), record('apart', 60));
    rig.drive(record('apart', 75));
    const whole = rig.checkpoint(1);
    // One goes on, one is new, two become one, and one fires.
    rig.drive(record(7, 105, 2), record('new', 101), record('apart', 68));
    expect(rig.drive({ watermarkMs: 50 })).toHaveLength(1);
    expect(rig.checkpoint(2, 1)).toBeLessThan(whole / 10);
    expect(rig.drive({ watermarkMs: 90 })).toHaveLength(1);
    rig.checkpoint(3, 2);
    const ofKey = (key: unknown, windowEnd: number, records: number, total: number) => ({
      key,
      windowStart: windowEnd === 111 ? 101 : 100,
      windowEnd,
      records,
      total,
    });
    const expected = [
      ...keys.map((key) => (key === 7 ? ofKey(7, 115, 2, 3) : ofKey(key, 110, 1, 1))),
      ofKey('new', 111, 1, 1),
    ];
    expect(rig.restoredResults()).toEqual(sorted(expected));
  });

  it('has each of many sessions once, also of those that changed between two pieces of their key group', () => {
    const keys = Array.from({ length: 20_000 }, (_, key) => key);
    const rig = new Rig();
    rig.drive(...keys.map((key) => record(key, key % 5)));
    const snapshot = rig.snapshot();
    for (let round = 1; round < 12; round++) {
      rig.read(snapshot, round);
      rig.drive(...keys.map((key) => record(key, 5, round)));
    }
    rig.read(snapshot, Infinity);
    expect(rig.restoredResults()).toEqual(
      sorted(
        keys.map((key) => ({
          key,
          windowStart: key % 5,
          windowEnd: (key % 5) + 10,
          records: 1,
          total: 1,
        })),
      ),
    );
  });
});
