import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import { HeapColumn, NumberColumn } from '../../src/state/columns.ts';
import { KeyGroup } from '../../src/state/key-group.ts';

fc.configureGlobal({ seed: 20_011 });

/** What a key has, in the obvious form. */
interface Held {
  number: number | undefined;
  value: string | undefined;
  timers: number;
  row: number;
}

/** A key group with two columns and its model. */
class Twins {
  readonly group = new KeyGroup(3);
  readonly numbers = new NumberColumn(false);
  readonly values = new HeapColumn(false);
  readonly model = new Map<unknown, Held>();
  removed: { key: unknown; epoch: number }[] = [];
  epoch = 1;
  /** When each row was last written. */
  private readonly written = new Map<number, number>();

  constructor() {
    this.group.trackRemovals(0);
    this.group.addColumn(this.numbers);
    this.group.addColumn(this.values);
  }

  private rowOf(key: unknown): { row: number; held: Held } {
    const row = this.group.createRow(key, hashValue(key), this.epoch);
    const held = this.model.get(key) ?? { number: undefined, value: undefined, timers: 0, row };
    expect(row).toBe(held.row);
    this.model.set(key, held);
    this.group.touch(row, this.epoch);
    this.written.set(row, this.epoch);
    return { row, held };
  }

  setNumber(key: unknown, value: number): void {
    const { row, held } = this.rowOf(key);
    this.numbers.set(row, value);
    held.number = value;
  }

  setValue(key: unknown, value: string): void {
    const { row, held } = this.rowOf(key);
    this.values.setValue(row, value);
    held.value = value;
  }

  clear(key: unknown): void {
    const held = this.model.get(key);
    if (held === undefined) return;
    this.numbers.clear(held.row);
    this.values.clear(held.row);
    [held.number, held.value] = [undefined, undefined];
  }

  pin(key: unknown): void {
    const { row, held } = this.rowOf(key);
    this.group.pin(row);
    held.timers += 1;
  }

  unpin(key: unknown): void {
    const held = this.model.get(key);
    if (held === undefined || held.timers === 0) return;
    this.group.unpin(held.row);
    held.timers -= 1;
  }

  release(key: unknown): void {
    const held = this.model.get(key);
    if (held === undefined) return;
    const isEmpty = held.number === undefined && held.value === undefined && held.timers === 0;
    expect(this.group.isEmpty(held.row)).toBe(isEmpty);
    expect(this.group.releaseIfEmpty(held.row, this.epoch)).toBe(isEmpty);
    if (!isEmpty) return;
    // Released twice, it is gone once.
    expect(this.group.releaseIfEmpty(held.row, this.epoch)).toBe(false);
    this.model.delete(key);
    this.removed.push({ key, epoch: this.epoch });
  }

  forget(epoch: number): void {
    this.group.forgetRemovals(epoch);
    this.removed = this.removed.filter((one) => one.epoch > epoch);
  }

  compare(): void {
    const { group, model, numbers, values } = this;
    expect(group.index.size).toBe(model.size);
    for (const [key, held] of model) {
      expect(group.index.find(key, hashValue(key))).toBe(held.row);
      expect(numbers.has(held.row) ? numbers.values[held.row] : undefined).toBe(held.number);
      expect(values.has(held.row) ? values.read(held.row) : undefined).toBe(held.value);
    }
    expect(group.tombstones?.map(({ key, epoch }) => ({ key, epoch }))).toEqual(this.removed);
    for (let since = 0; since <= this.epoch; since++) {
      const dirty: number[] = [];
      for (let row = group.nextDirtyRow(-1, since); row >= 0; row = group.nextDirtyRow(row, since))
        dirty.push(row);
      const expected = [...model.values()]
        .map(({ row }) => row)
        .filter((row) => this.written.get(row)! > since);
      expect(dirty).toEqual(expected.sort((one, two) => one - two));
    }
  }
}

type Act = readonly [
  kind: 'number' | 'value' | 'clear' | 'pin' | 'unpin' | 'release' | 'epoch' | 'forget',
  key: unknown,
];

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.tuple(
    fc.constantFrom<Act[0][]>(
      'number',
      'number',
      'value',
      'clear',
      'clear',
      'pin',
      'unpin',
      'unpin',
      'release',
      'release',
      'epoch',
      'forget',
    ),
    fc.oneof(
      fc.nat(12),
      fc.nat(12).map((n) => `key ${n}`),
    ),
  ),
  { maxLength: 120, size: 'max' },
);

const act = (twins: Twins, [kind, key]: Act): void => {
  switch (kind) {
    case 'number':
      return twins.setNumber(key, twins.model.size);
    case 'value':
      return twins.setValue(key, `value of ${String(key)}`);
    case 'clear':
      return twins.clear(key);
    case 'pin':
      return twins.pin(key);
    case 'unpin':
      return twins.unpin(key);
    case 'release':
      return twins.release(key);
    case 'epoch':
      twins.epoch += 1;
      return;
    case 'forget':
      return twins.forget(twins.epoch - 1);
  }
};

describe('a key group', () => {
  it('holds keys as long as they have state or timers, and remembers who went when', () => {
    fc.assert(
      fc.property(acts, (sequence) => {
        const twins = new Twins();
        for (const one of sequence) act(twins, one);
        twins.compare();
      }),
      { numRuns: 200 },
    );
  });

  it('does so with thousands of keys, through growth, and anew after all have gone', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2999), { minLength: 1, maxLength: 30 }), (kept) => {
        const twins = new Twins();
        for (let key = 0; key < 3000; key++) twins.setNumber(key, key);
        const full = twins.group.memoryBytes();
        twins.epoch += 1;
        for (const key of kept) twins.pin(key);
        for (let key = 0; key < 3000; key++) {
          twins.clear(key);
          twins.release(key);
        }
        twins.compare();
        for (const key of kept) {
          twins.unpin(key);
          twins.release(key);
        }
        expect(twins.model.size).toBe(0);
        expect(twins.group.memoryBytes()).toBeLessThan(full / 20);
        twins.setValue('anew', 'first');
        expect(twins.group.index.find('anew', hashValue('anew'))).toBe(0);
        for (let key = 0; key < 300; key++) twins.setNumber(key, -key);
        twins.group.forgetRemovals(twins.epoch);
        twins.removed = [];
        expect(twins.group.index.size).toBe(301);
        expect(twins.numbers.values[twins.group.index.find(7, hashValue(7))]).toBe(-7);
      }),
      { numRuns: 5 },
    );
  });

  it('gives a column that comes later room for all its rows, and nothing in them', () => {
    for (const count of [0, 1, 8, 9, 1000, 2000]) {
      const group = new KeyGroup(0);
      for (let key = 0; key < count; key++) group.createRow(key, hashValue(key), 1);
      const [numbers, values] = [new NumberColumn(true), new HeapColumn(true)];
      group.addColumn(numbers);
      group.addColumn(values);
      for (let row = 0; row < count; row++) {
        expect([numbers.has(row), values.has(row), group.isEmpty(row)]).toEqual([false, false, true]);
        numbers.set(row, row);
        numbers.setExpiryMs(row, row);
      }
      for (let row = 0; row < count; row++) {
        expect([numbers.values[row], numbers.expiryMs(row), group.isEmpty(row)]).toEqual([row, row, false]);
      }
    }
  });

  it('keeps no tombstones where nobody asks for changes', () => {
    const group = new KeyGroup(0);
    const row = group.createRow('a', hashValue('a'), 1);
    expect(group.releaseIfEmpty(row, 1)).toBe(true);
    expect(group.tombstones).toBe(undefined);
    group.forgetRemovals(1);
    expect(group.tombstones).toBe(undefined);
  });
});
