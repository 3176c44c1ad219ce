import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import type { FrozenTable } from '../../src/state/frozen-table.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import { MemoryAccount } from '../../src/state/memory-account.ts';
import { RowScatter } from '../../src/state/row-scatter.ts';
import { AccumulatorTable } from '../../src/state/typed-table.ts';

const groupCount = 3;
const groupOf = (hash: number): number => keyGroupOf(hash, groupCount);
const groups: readonly number[] = [0, 1, 2];

type Step =
  | { readonly kind: 'write'; readonly key: unknown; readonly value: number }
  | { readonly kind: 'lookup'; readonly keys: readonly unknown[] }
  | { readonly kind: 'remove'; readonly key: unknown }
  | { readonly kind: 'read' }
  | { readonly kind: 'take'; readonly group: number };

const key = fc.oneof(
  fc.nat(400),
  fc.nat(40).map((n) => `key ${n}`),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), key, value: fc.integer() }) },
  fc.record({ kind: fc.constant('lookup' as const), keys: fc.array(key, { maxLength: 90 }) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('take' as const), group: fc.constantFrom(...groups) }),
  },
);

/** A number and a list a key, in the obvious form: when it was last written, and what it holds. */
type Model = Map<
  unknown,
  { readonly epoch: number; readonly number: number; readonly list: readonly number[] }
>;

const shape = { columnCount: 1, heapCount: 1, places: groups, placeCount: groupCount };

class Rig {
  readonly table = new AccumulatorTable({ columns: [7], heapColumns: 1 });
  readonly model: Model = new Map();
  private epoch = 1;
  private frozen: FrozenTable | undefined;
  private scatter: RowScatter | undefined;
  private found: Model = new Map();
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
      case 'read':
        if (this.scatter?.mustBeTaken === true) this.takeAll();
        if (this.frozen !== undefined) this.frozen.read(this.scatter!);
        return;
      case 'take':
        if (this.scatter !== undefined) this.take(one.group);
    }
  }

  freeze(afterEpochs: readonly number[]): void {
    const cut = { epoch: this.epoch, afterEpochs: Int32Array.from(afterEpochs) };
    this.found = new Map(
      [...this.model].filter(([each, { epoch }]) => epoch > afterEpochs[groupOf(hashValue(each))]!),
    );
    this.frozen = this.table.freeze(cut, this.account);
    // Room for few rows, so that it is not enough.
    this.scatter = new RowScatter({ ...shape, rowCount: 30 }, this.account);
    this.scatter.begin(5);
    this.epoch += 1;
    this.read.clear();
  }

  /** Reads the rest and compares. */
  finish(): void {
    for (let looked = 1; looked > 0; looked = this.frozen!.read(this.scatter!)) this.takeAll();
    this.takeAll();
    expect(this.read).toEqual(
      new Map([...this.found].map(([each, { number, list }]) => [each, [number, list]])),
    );
    this.table.thaw();
    this.frozen = undefined;
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

  private takeAll(): void {
    for (const group of groups) this.take(group);
    this.scatter!.taken();
  }

  private take(group: number): void {
    const [runs, count] = this.scatter!.take(group);
    expect(runs.length).toBe(count === 0 ? 0 : 1);
    for (const { table, rows } of runs) {
      expect(table).toBe(5);
      expect(rows.keys.length).toBe(count);
      Array.from(rows.keys as ArrayLike<unknown>).forEach((each, i) => {
        expect(groupOf(hashValue(each))).toBe(group);
        expect(this.read.has(each)).toBe(false);
        const list = rows.heaps[0]![i] ?? [];
        this.read.set(each, [rows.columns[0]![i], [...(list as number[])]]);
      });
      this.scatter!.note(count, count * 8);
    }
  }
}

describe('a frozen table', () => {
  it('gives the rows that the barrier found, each once, whatever is written, removed and taken meanwhile', () => {
    const program = fc.array(step, { maxLength: 80, size: 'max' });
    const since = fc.array(fc.nat(3), { minLength: groupCount, maxLength: groupCount });
    fc.assert(
      fc.property(
        program,
        fc.array(fc.tuple(since, program), { minLength: 1, maxLength: 3 }),
        (first, rest) => {
          const rig = new Rig();
          for (const one of first) rig.run(one);
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
    const account = new MemoryAccount();
    const frozen = table.freeze({ epoch: 1, afterEpochs: Int32Array.of(0, 9, 0) }, account);
    const scatter = new RowScatter({ ...shape, heapCount: 0, rowCount: 300 }, account);
    scatter.begin(0);
    expect(frozen.read(scatter)).toBe(100);
    expect(frozen.read(scatter)).toBe(0);
    expect(groups.map((group) => scatter.take(group)[1] > 0)).toEqual([true, false, true]);
  });
});

describe('rows of several tables', () => {
  it('stand behind each other in each key group, table by table', () => {
    const account = new MemoryAccount();
    const scatter = new RowScatter({ ...shape, heapCount: 0, rowCount: 300 }, account);
    const written = [3, 0, 5].map((count, table) => {
      const rows = new AccumulatorTable({ columns: [table] });
      for (let each = 0; each < count * 10; each++) rows.rowFor(`${table} ${each}`, hashValue(each));
      scatter.begin(table);
      rows.freeze({ epoch: 1, afterEpochs: new Int32Array(groupCount) }, account).read(scatter);
      return count * 10;
    });
    const found = [0, 0, 0];
    for (const group of groups) {
      for (const { table, rows } of scatter.take(group)[0]) {
        found[table]! += rows.keys.length;
        for (const each of rows.keys as string[]) expect(each.startsWith(`${table} `)).toBe(true);
        expect([...rows.columns[0]!].every((value) => value === table)).toBe(true);
      }
      expect(scatter.take(group)).toEqual([[], 0]);
    }
    expect(found).toEqual(written);
  });

  it('have bounded memory, however many they are', () => {
    const account = new MemoryAccount();
    const many = { columnCount: 3, heapCount: 0, places: [...Array(128).keys()], placeCount: 128 };
    expect(new RowScatter({ ...many, rowCount: 50_000_000 }, account).mustBeTaken).toBe(false);
    expect(account.usedBytes).toBeLessThan(9 * 2 ** 20);
  });
});
