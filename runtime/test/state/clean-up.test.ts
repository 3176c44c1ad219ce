import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MapState, mapState, type ValueState, valueState } from '../../src/api/state.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

fc.configureGlobal({ seed: 20_011 });

const lifeMs = 50;
const maxParallelism = 3;

/** A store whose keys end, and what of it should be alive. */
class Rig {
  nowMs = 0;
  readonly store = new KeyedStore({ maxParallelism, nowMs: () => this.nowMs, tracksRemovals: true });
  /** The end of each key by key; +Infinity for those that have something without an end. */
  readonly endsMs = new Map<number, number>();
  private readonly brief = this.store.register(
    valueState('brief', { type: 'number', ttl: { after: lifeMs } }),
  ) as ValueState<number>;
  private readonly map = this.store.register(mapState('map', { ttl: { after: lifeMs } })) as MapState<
    string,
    number
  >;
  private readonly lasting = this.store.register(valueState('lasting')) as ValueState<unknown>;

  write(key: number, kind: 'brief' | 'map' | 'lasting'): void {
    this.store.setCurrentKey(key, hashValue(key));
    if (kind === 'brief') this.brief.update(key);
    else if (kind === 'map') this.map.put('x', key);
    else this.lasting.update('stays');
    const endMs = kind === 'lasting' ? Infinity : this.nowMs + lifeMs;
    this.endsMs.set(key, Math.max(this.endsMs.get(key) ?? 0, endMs));
  }

  /** A slice of so many rows. */
  cleanUp(rows: number): boolean {
    let left = rows;
    return this.store.removeExpired({ take: () => left-- > 0 });
  }

  get alive(): number[] {
    return [...this.endsMs].filter(([, endMs]) => endMs > this.nowMs).map(([key]) => key);
  }
}

type Act =
  | readonly ['write', number, 'brief' | 'map' | 'lasting']
  | readonly ['pass', number]
  | readonly ['clean', number];

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(
      fc.constant('write' as const),
      fc.nat(40),
      fc.constantFrom<('brief' | 'map' | 'lasting')[]>('brief', 'brief', 'map', 'map', 'lasting'),
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant('pass' as const), fc.nat(40)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('clean' as const), fc.nat(6)) },
);

describe('cleaning up in slices', () => {
  it('takes nothing that is alive and leaves nothing that has ended, whatever happens between the slices', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 150, size: 'max' }), (acts) => {
        const rig = new Rig();
        for (const [kind, at, state] of acts) {
          if (kind === 'write') rig.write(at, state as 'brief');
          else if (kind === 'pass') rig.nowMs += at;
          else rig.cleanUp(at);
          expect(rig.store.keyCount).toBeGreaterThanOrEqual(rig.alive.length);
        }
        // Where it was, to the end, and once more from the start.
        for (let rounds = 0; rounds < 2; rounds++) while (!rig.cleanUp(3));
        expect(rig.store.keyCount).toBe(rig.alive.length);
        const named = Array.from({ length: maxParallelism }, (_, group) =>
          ['brief', 'map', 'lasting'].flatMap((name) => [...rig.store.keys(group, name)]),
        ).flat();
        expect(new Set(named)).toEqual(new Set(rig.alive));
      }),
    );
  });

  it('ends in as many slices as it takes rows, and gives no slice more rows than it has room for', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (keys, room) => {
        const rig = new Rig();
        for (const key of keys) rig.write(key, 'brief');
        const count = new Set(keys).size;
        rig.nowMs += lifeMs;
        let slices = 1;
        while (!rig.cleanUp(room)) slices += 1;
        expect(slices).toBe(Math.max(1, Math.ceil(count / room)));
        expect(rig.store.keyCount).toBe(0);
      }),
    );
  });

  it('goes on behind key groups that were dropped or came in the meantime', () => {
    const [rig, other] = [new Rig(), new Rig()];
    for (let key = 0; key < 60; key++) {
      rig.write(key, 'brief');
      other.write(key, 'brief');
    }
    for (const one of [rig, other]) one.nowMs += lifeMs;
    expect(rig.cleanUp(30)).toBe(false);
    for (let group = 0; group < maxParallelism; group++) rig.store.dropKeyGroup(group);
    expect(rig.cleanUp(1)).toBe(true);
    rig.store.importKeyGroup(0, other.store.exportKeyGroup(0)!);
    expect(rig.store.keyCount).toBeGreaterThan(0);
    expect(rig.cleanUp(100)).toBe(true);
    expect(rig.store.keyCount).toBe(0);
  });
});

describe('a store that grew large', () => {
  it('starts anew when all has gone, over and over, by clearing, by firing or by expiring', () => {
    const rig = new Rig();
    const count = 4000;
    for (const way of ['clear', 'fire', 'expire', 'clear'] as const) {
      for (let key = 0; key < count; key++) {
        rig.write(key, 'brief');
        if (way === 'fire') rig.store.eventTimers.register(key % 7);
      }
      expect(rig.store.keyCount).toBe(count);
      const full = rig.store.memoryBytes();
      const brief = rig.store.register(
        valueState('brief', { type: 'number', ttl: { after: lifeMs } }),
      ) as ValueState<number>;
      if (way === 'expire') {
        rig.nowMs += lifeMs;
        while (!rig.cleanUp(1000));
      } else if (way === 'fire') {
        while (rig.store.eventTimers.pollDue(Infinity)) brief.clear();
      } else {
        for (let key = 0; key < count; key++) {
          rig.store.setCurrentKey(key, hashValue(key));
          brief.clear();
        }
      }
      expect(rig.store.keyCount).toBe(0);
      expect(rig.store.eventTimers.size).toBe(0);
      expect(rig.store.memoryBytes()).toBeLessThan(full / 8);
      rig.write(7, 'brief');
      expect(rig.store.keyCount).toBe(1);
      brief.clear();
    }
  });
});
