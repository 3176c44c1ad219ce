import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import type { FrozenTable } from '../../src/state/frozen-table.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import { MemoryAccount } from '../../src/state/memory-account.ts';
import { AccumulatorTable } from '../../src/state/typed-table.ts';

const groupCount = 3;
const groupOf = (hash: number): number => keyGroupOf(hash, groupCount);
const groups: readonly number[] = [0, 1, 2];

type Step =
  | { readonly kind: 'write'; readonly key: unknown; readonly value: number }
  | { readonly kind: 'lookup'; readonly keys: readonly unknown[] }
  | { readonly kind: 'remove'; readonly key: unknown }
  | { readonly kind: 'chain' | 'read'; readonly rows: number };

const key = fc.oneof(
  fc.nat(40),
  fc.nat(40).map((n) => `key ${n}`),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), key, value: fc.integer() }) },
  fc.record({ kind: fc.constant('lookup' as const), keys: fc.array(key, { maxLength: 5 }) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('chain' as const), rows: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('read' as const), rows: fc.integer({ min: 1, max: 20 }) }),
  },
);

/** A number and a list a key, in the obvious form: when it was last written, and what it holds. */
type Model = Map<
  unknown,
  { readonly epoch: number; readonly number: number; readonly list: readonly number[] }
>;

class Rig {
  readonly table = new AccumulatorTable({ columns: [7], heapColumns: 1 });
  readonly model: Model = new Map();
  private epoch = 1;
  private frozen: FrozenTable | undefined;
  private found: Model = new Map();
  private isChained = false;
  private group = 0;
  private readonly read: Map<unknown, unknown> = new Map();
  private readonly account = new MemoryAccount();

  run(one: Step): void {
    switch (one.kind) {
      case 'write':
        return this.write(one.key, one.value);
      case 'lookup': {
        const hashes = Uint32Array.from(one.keys, hashValue);
        this.table.lookup(one.keys, hashes, 0, one.keys.length, new Int32Array(one.keys.length));
        for (const each of one.keys) this.note(each);
        return;
      }
      case 'remove': {
        const row = this.table.find(one.key, hashValue(one.key));
        if (row >= 0) this.table.remove(row);
        this.model.delete(one.key);
        return;
      }
      case 'chain':
        this.isChained ||= this.frozen!.chain(one.rows) < one.rows;
        return;
      case 'read':
        this.take(one.rows);
    }
  }

  freeze(afterEpochs: readonly number[]): void {
    const cut = { epoch: this.epoch, afterEpochs: Int32Array.from(afterEpochs), groupOf };
    this.found = new Map(
      [...this.model].filter(([each, { epoch }]) => epoch > afterEpochs[groupOf(hashValue(each))]!),
    );
    this.frozen = this.table.freeze(cut, this.account);
    this.epoch += 1;
    this.isChained = false;
    this.group = 0;
    this.read.clear();
  }

  /** Reads the rest and compares. */
  finish(): void {
    while (!this.isChained) this.run({ kind: 'chain', rows: 16 });
    while (this.group < groupCount) this.take(16);
    expect(this.read).toEqual(
      new Map([...this.found].map(([each, { number, list }]) => [each, [number, list]])),
    );
    this.table.thaw();
    this.frozen!.free();
    expect(this.account.usedBytes).toBe(0);
  }

  private note(each: unknown): void {
    const { number, list } = this.model.get(each) ?? { number: 7, list: [] };
    this.model.set(each, { epoch: this.epoch, number, list });
  }

  private write(each: unknown, value: number): void {
    const row = this.table.rowFor(each, hashValue(each));
    this.table.column(0)[row] = value;
    const heap = this.table.heapColumn(0);
    // In place, as accumulators do.
    heap[row] ??= [];
    (heap[row] as number[]).push(value);
    const { list } = this.model.get(each) ?? { list: [] };
    this.model.set(each, { epoch: this.epoch, number: value, list: [...list, value] });
  }

  private take(limit: number): void {
    if (!this.isChained || this.group >= groupCount) return;
    const rows = this.frozen!.take(this.group, limit);
    if (rows === undefined) {
      this.frozen!.endGroup(this.group);
      this.group += 1;
      return;
    }
    rows.cells.forEach((cell, i) => {
      const each = rows.keys[i];
      expect(groupOf(hashValue(each))).toBe(this.group);
      const list = rows.columns.heaps[0]![cell] ?? [];
      this.read.set(each, [rows.columns.columns[0]![cell], [...(list as number[])]]);
    });
  }
}

describe('a frozen table', () => {
  it('gives the rows that the barrier found, group by group, whatever is written or removed meanwhile', () => {
    const program = fc.array(step, { maxLength: 80, size: 'max' });
    const since = fc.array(fc.nat(3), { minLength: groupCount, maxLength: groupCount });
    fc.assert(
      fc.property(
        program,
        fc.array(fc.tuple(since, program), { minLength: 1, maxLength: 3 }),
        (first, rest) => {
          const rig = new Rig();
          for (const one of first) if (one.kind !== 'chain' && one.kind !== 'read') rig.run(one);
          for (const [afterEpochs, steps] of rest) {
            rig.freeze(afterEpochs);
            for (const one of steps) rig.run(one);
            rig.finish();
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('says nothing of groups that nobody asks for', () => {
    const table = new AccumulatorTable({ columns: [0] });
    for (let each = 0; each < 100; each++) table.rowFor(each, hashValue(each));
    const afterEpochs = Int32Array.of(0, 9, 0);
    const frozen = table.freeze({ epoch: 1, afterEpochs, groupOf }, new MemoryAccount());
    expect(frozen.chain(100)).toBe(100);
    expect(frozen.chain(100)).toBe(0);
    expect(groups.map((group) => (frozen.take(group, 100)?.cells.length ?? 0) > 0)).toEqual([
      true,
      false,
      true,
    ]);
  });
});
