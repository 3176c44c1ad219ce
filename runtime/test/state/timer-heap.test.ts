import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import { compareValues } from '../../src/batch/values.ts';
import { KeyGroup } from '../../src/state/key-group.ts';
import { TimerHeap } from '../../src/state/timer-heap.ts';

fc.configureGlobal({ seed: 20_011 });

interface Timer {
  readonly row: number;
  readonly timeMs: number;
  readonly namespace: number;
}

/** A heap over keys whose hashes are as given, and the list of timers that it should hold. */
class Twins {
  readonly heap: TimerHeap;
  readonly list: Timer[] = [];
  private readonly keys: readonly unknown[];
  private readonly hashOf: (key: unknown) => number;

  constructor(keys: readonly unknown[], hashOf: (key: unknown) => number) {
    const group = new KeyGroup(0);
    this.keys = keys;
    this.hashOf = hashOf;
    for (const key of keys) group.createRow(key, hashOf(key), 1);
    this.heap = new TimerHeap(group);
  }

  register(timer: Timer): void {
    const isNew = this.find(timer) < 0;
    expect(this.heap.register(timer.row, timer.timeMs, timer.namespace)).toBe(isNew);
    if (isNew) this.list.push(timer);
  }

  delete(timer: Timer): void {
    const at = this.find(timer);
    expect(this.heap.delete(timer.row, timer.timeMs, timer.namespace)).toBe(at >= 0);
    if (at >= 0) this.list.splice(at, 1);
  }

  pop(): void {
    this.list.sort((one, two) => this.order(one, two));
    const first = this.list.shift();
    if (first === undefined) return;
    expect(this.heap.headMs()).toBe(first.timeMs);
    this.heap.pop();
    const { row, timeMs, namespace } = this.heap;
    expect({ row, timeMs, namespace }).toEqual(first);
  }

  /** Compares all that waits, in no order. */
  compare(): void {
    expect(this.heap.size).toBe(this.list.length);
    const found: string[] = [];
    this.heap.forEach((row, timeMs, namespace) => void found.push(`${row} ${timeMs} ${namespace}`));
    const expected = this.list.map(({ row, timeMs, namespace }) => `${row} ${timeMs} ${namespace}`);
    expect(found.sort()).toEqual(expected.sort());
  }

  private find(timer: Timer): number {
    return this.list.findIndex(
      ({ row, timeMs, namespace }) =>
        row === timer.row && timeMs === timer.timeMs && namespace === timer.namespace,
    );
  }

  private order(one: Timer, two: Timer): number {
    const [left, right] = [this.keys[one.row], this.keys[two.row]];
    return (
      (one.timeMs < two.timeMs ? -1 : one.timeMs > two.timeMs ? 1 : 0) ||
      this.hashOf(left) - this.hashOf(right) ||
      compareValues(left, right) ||
      one.namespace - two.namespace
    );
  }
}

/** No numbers: those have the hash that they have, whatever is given. */
const keys: readonly unknown[] = ['7', 'a', 'b', ['c'], null, 1n, { d: 1 }, '3', 'ä', true];

const timer: fc.Arbitrary<Timer> = fc.record({
  row: fc.nat(keys.length - 1),
  timeMs: fc.oneof(fc.nat(6), fc.constantFrom(-Infinity, -1.5, 2 ** 31, 1.7e12, 1.7e12 + 2 ** 32, Infinity)),
  namespace: fc.constantFrom(0, 0, 1, -1, 2 ** 33),
});

const steps = fc.array(fc.tuple(fc.constantFrom('register', 'register', 'delete', 'pop'), timer), {
  maxLength: 200,
  size: 'max',
});

const hashes: readonly (readonly [string, (key: unknown) => number])[] = [
  ['their own hashes', hashValue],
  ['one hash', () => 5],
  ['two hashes, small and very large', (key) => (hashValue(key) % 2 === 0 ? 1 : 0xffff_fff0)],
];

describe('a heap of timers', () => {
  it.each(hashes)('is a sorted list, for keys with %s', (_, hashOf) => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const twins = new Twins(keys, hashOf);
        for (const [kind, one] of sequence) {
          if (kind === 'register') twins.register(one);
          else if (kind === 'delete') twins.delete(one);
          else twins.pop();
        }
        twins.compare();
        while (twins.list.length > 0) twins.pop();
        expect(twins.heap.size).toBe(0);
      }),
    );
  });

  it('stays sorted when timers are taken out of its middle, wherever they stand', () => {
    const all = Array.from(
      { length: 85 },
      (_, i): Timer => ({ row: i % 10, timeMs: (i * 37) % 85, namespace: 0 }),
    );
    for (let taken = 0; taken < all.length; taken++) {
      const twins = new Twins(keys, hashValue);
      for (const one of all) twins.register(one);
      twins.delete(all[taken]!);
      twins.delete(all[(taken * 7 + 3) % all.length]!);
      twins.register(all[taken]!);
      while (twins.list.length > 0) twins.pop();
    }
  });

  it('holds each of many timers of one key once, and gives them in order of time', () => {
    const twins = new Twins(['only'], hashValue);
    for (let i = 0; i < 500; i++)
      twins.register({ row: 0, timeMs: (i * 7919) % 250, namespace: i < 250 ? 0 : 1 });
    expect(twins.heap.size).toBe(500);
    for (let i = 0; i < 500; i++)
      twins.register({ row: 0, timeMs: (i * 7919) % 250, namespace: i < 250 ? 0 : 1 });
    expect(twins.heap.size).toBe(500);
    twins.compare();
    while (twins.list.length > 0) twins.pop();
  });

  it('takes −0 and 0 for one time', () => {
    const twins = new Twins(keys, hashValue);
    twins.register({ row: 1, timeMs: 0, namespace: 0 });
    expect(twins.heap.register(1, -0, 0)).toBe(false);
    expect(twins.heap.delete(1, -0, -0)).toBe(true);
    expect(twins.heap.size).toBe(0);
  });
});
