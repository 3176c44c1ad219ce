import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ListState,
  listState,
  type MapState,
  mapState,
  type ValueState,
  valueState,
} from '../../src/api/state.ts';
import { ByteReader, decodeValue } from '../../src/batch/codec.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { ReadShapes } from '../../src/batch/value-codec.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

fc.configureGlobal({ seed: 20_011 });

const keyCount = 1000;

/** The keys that an increment names as removed and as changed. */
const namedIn = (
  bytes: Uint8Array | undefined,
): { readonly removed: unknown[]; readonly changed: unknown[] } => {
  if (bytes === undefined) return { removed: [], changed: [] };
  const reader = new ByteReader(bytes);
  const shapes = new ReadShapes();
  expect(reader.readByte()).toBe(2);
  const keys = (): unknown[] => {
    const length = reader.readVarint();
    const areNumbers = reader.readByte() === 1;
    return Array.from({ length }, () => (areNumbers ? reader.readDouble() : decodeValue(reader, shapes)));
  };
  return { removed: keys(), changed: keys() };
};

class Rig {
  nowMs = 0;
  readonly store = new KeyedStore({ maxParallelism: 1, nowMs: () => this.nowMs, tracksRemovals: true });
  readonly number = this.store.register(valueState('number', { type: 'number' })) as ValueState<number>;
  readonly any = this.store.register(valueState('any')) as ValueState<unknown>;
  readonly list = this.store.register(listState('list')) as ListState<number>;
  readonly map = this.store.register(mapState('map')) as MapState<string, unknown>;
  readonly renewed = this.store.register(
    valueState('renewed', { type: 'number', ttl: { after: 1000, refreshOn: 'read' } }),
  ) as ValueState<number>;

  take(key: unknown): void {
    this.store.setCurrentKey(key, hashValue(key));
  }

  /** Gives a thousand keys a number each: their rows are their numbers, page by page. */
  fill(): void {
    for (let key = 0; key < keyCount; key++) {
      this.take(key);
      this.number.update(key);
    }
    this.take(-1);
  }

  changesSince(epoch: number): { readonly removed: unknown[]; readonly changed: unknown[] } {
    return namedIn(this.store.exportChanges(0, epoch));
  }
}

/** Acts on the key in hand, and whether they count as a write. Each is tried on keys with and without the state. */
const acts: readonly (readonly [name: string, writes: boolean, act: (rig: Rig) => void])[] = [
  ['updates a number', true, ({ number }) => number.update(1)],
  ['reads a number', false, ({ number }) => void number.value()],
  ['updates a value', true, ({ any }) => any.update('text')],
  ['reads a value that nobody can change', false, ({ any }) => void any.value()],
  ['adds to a list', true, ({ list }) => list.add(1)],
  ['adds nothing to a list', false, ({ list }) => list.addAll([])],
  ['clears a list that is not there', false, ({ list }) => list.clear()],
  ['reads a list that is not there', false, ({ list }) => void list.get()],
  ['puts an entry', true, ({ map }) => map.put('x', 1)],
  ['asks for an entry', false, ({ map }) => void [map.has('x'), map.get('x'), map.isEmpty()]],
  ['deletes an entry that is not there', false, ({ map }) => map.delete('none')],
  ['loops over entries that nobody can change', false, ({ map }) => void [...map.entries()]],
  ['registers a timer', true, ({ store }) => store.eventTimers.register(5)],
  ['deletes a timer that is not there', false, ({ store }) => store.eventTimers.delete(6)],
  ['asks for its key', false, ({ store }) => void store.currentKey],
  ['sets what lives on by being read', true, ({ renewed }) => renewed.update(1)],
];

describe('an increment', () => {
  it.each(acts)('names a key that %s: %s', (_, writes, act) => {
    const rig = new Rig();
    rig.fill();
    const epoch = rig.store.flipEpoch();
    for (const key of [3, 300, 999]) {
      rig.take(key);
      act(rig);
    }
    expect(rig.changesSince(epoch)).toEqual({ removed: [], changed: writes ? [3, 300, 999] : [] });
  });

  it.each<readonly [string, (rig: Rig) => void, (rig: Rig) => void]>([
    ['a list', ({ list }) => list.add(1), ({ list }) => void list.get()],
    ['an object', ({ any }) => any.update({ a: 1 }), ({ any }) => void any.value()],
    ['an object in a map', ({ map }) => map.put('x', { a: 1 }), ({ map }) => void map.get('x')],
    ['the objects of a map in a loop', ({ map }) => map.put('x', [1]), ({ map }) => void [...map.values()]],
    ['what is renewed by it', ({ renewed }) => renewed.update(1), ({ renewed }) => void renewed.value()],
    [
      'a timer that fires',
      ({ store }) => store.eventTimers.register(5),
      ({ store }) => void store.eventTimers.pollDue(5),
    ],
    [
      'a timer that is deleted',
      ({ store }) => store.eventTimers.register(5),
      ({ store }) => store.eventTimers.delete(5),
    ],
  ])('names a key of which was handed out what can be changed in place: %s', (_, before, after) => {
    for (const recorded of [false, true]) {
      const rig = new Rig();
      rig.fill();
      rig.take(700);
      before(rig);
      rig.take(-1);
      const epoch = rig.store.flipEpoch();
      expect(rig.changesSince(epoch)).toEqual({ removed: [], changed: [] });
      if (recorded) rig.store.beginRecord();
      rig.take(700);
      after(rig);
      if (recorded) rig.store.commitRecord();
      expect(rig.changesSince(epoch).changed).toContain(700);
    }
  });

  it('names every key written since, over any number of epochs, and no other', () => {
    const writing = acts.filter(([, writes]) => writes).map(([, , act]) => act);
    const step = fc.tuple(fc.nat(keyCount - 1), fc.constantFrom(...acts.map(([, , act]) => act)));
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 4 }), { minLength: 1, maxLength: 6 }), (epochs) => {
        const rig = new Rig();
        rig.fill();
        const written = new Map<number, number>();
        for (const steps of epochs) {
          const epoch = rig.store.flipEpoch() + 1;
          for (const [key, act] of steps) {
            rig.take(key);
            act(rig);
            if (writing.includes(act)) written.set(key, epoch);
          }
          // A value of a number is nothing that can be changed in place: it is read and written in one epoch only.
          rig.take(-1);
        }
        for (let since = 0; since <= epochs.length + 1; since++) {
          const expected = Array.from({ length: keyCount }, (_, key) => key).filter(
            (key) => (written.get(key) ?? 1) > since,
          );
          expect(rig.changesSince(since)).toEqual({ removed: [], changed: expected });
        }
      }),
      { numRuns: 40 },
    );
  });

  it('names as removed the keys that are gone, with the epoch in which they went', () => {
    const step = fc.tuple(fc.nat(9), fc.boolean());
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 5 }), (epochs) => {
        const rig = new Rig();
        const alive = new Set<number>();
        /** The epochs in which a key went, by key. */
        const went = new Map<number, number[]>();
        epochs.forEach((steps, i) => {
          for (const [key, writes] of steps) {
            rig.take(key);
            if (writes) rig.number.update(1);
            else rig.number.clear();
            if (!writes && alive.delete(key)) went.set(key, [...(went.get(key) ?? []), i + 1]);
            if (writes) alive.add(key);
          }
          expect(rig.store.flipEpoch()).toBe(i + 1);
        });
        for (let since = 0; since <= epochs.length; since++) {
          const { removed, changed } = rig.changesSince(since);
          const expected = [...went].filter(([, times]) => times.some((epoch) => epoch > since));
          expect(new Set(removed)).toEqual(new Set(expected.map(([key]) => key)));
          for (const key of changed) expect(alive.has(key as number)).toBe(true);
        }
        rig.store.forgetRemovals(epochs.length);
        expect(rig.changesSince(0).removed).toEqual([]);
      }),
    );
  });

  it('of a failed record names keys, but nothing of what the record did', () => {
    const rig = new Rig();
    rig.fill();
    const epoch = rig.store.flipEpoch();
    rig.store.beginRecord();
    rig.take(3);
    rig.number.update(99);
    rig.take('new');
    rig.number.update(1);
    rig.store.rollbackRecord();
    const { changed } = rig.changesSince(epoch);
    expect(changed).not.toContain('new');
    const standby = new Rig();
    standby.fill();
    standby.store.applyChanges(0, rig.store.exportChanges(0, epoch)!);
    standby.take(3);
    expect(standby.number.value()).toBe(3);
    expect(standby.store.keyCount).toBe(keyCount);
  });
});
