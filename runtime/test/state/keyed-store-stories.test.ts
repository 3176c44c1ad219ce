import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import { cloneValue, compareValues, describeValue } from '../../src/batch/values.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import { read, readModel } from './compare-stores.ts';
import {
  Clock,
  LivingModel,
  LivingStore,
  livingActs,
  performLiving,
  readLiving,
  readLivingModel,
} from './living-store.ts';
import type { KeyModel } from './store-model.ts';
import { type Act, perform, someActs, timerActsOnly } from './store-under-test.ts';

const keyGroups = 2;
/** Several in each group, so that a row that is given away finds a taker. */
const someKeys = fc.constantFrom<unknown>('a', 'b', 'c', 1, 2, 3, ['pair', 2], { of: 'fields' });

const groupOf = (key: unknown): number => keyGroupOf(hashValue(key), keyGroups);

type Domain = 'event' | 'processing';

/** Two slots that share the key groups out between them, and a standby that is told what changes. */
class World {
  readonly clock: Clock;
  readonly slots: readonly [LivingStore, LivingStore];
  readonly standby: LivingStore;
  /** Slot by key group. */
  readonly owners = [0, 1];
  /** The epoch up to which the standby knows of each slot. */
  private readonly known = [0, 0];

  constructor(clock: Clock) {
    this.clock = clock;
    this.slots = [new LivingStore(keyGroups, clock), new LivingStore(keyGroups, clock)];
    this.standby = new LivingStore(keyGroups, clock);
  }

  slotOf(key: unknown): LivingStore {
    return this.slots[this.owners[groupOf(key)]!]!;
  }

  /** Gives a key group to the other slot, and the standby a fresh copy of it. */
  move(group: number): void {
    const from = this.slots[this.owners[group]!]!.store;
    this.owners[group] = 1 - this.owners[group]!;
    const to = this.slots[this.owners[group]]!.store;
    const bytes = from.exportKeyGroup(group);
    from.dropKeyGroup(group);
    this.standby.store.dropKeyGroup(group);
    if (bytes === undefined) return;
    to.importKeyGroup(group, bytes);
    this.standby.store.importKeyGroup(group, bytes);
  }

  /** Ends an epoch in every slot and tells the standby what has changed in it. */
  ship(): void {
    this.slots.forEach(({ store }, slot) => {
      const since = this.known[slot]!;
      this.known[slot] = store.flipEpoch();
      for (let group = 0; group < keyGroups; group++) {
        if (this.owners[group] !== slot) continue;
        const bytes = store.exportChanges(group, since);
        if (bytes !== undefined) this.standby.store.applyChanges(group, bytes);
      }
      store.forgetRemovals(since);
    });
  }
}

const shown = (value: unknown): string => describeValue(value, 2000);

type Command = fc.Command<LivingModel, World>;

/** The slot that owns a key. */
const owner =
  (world: World) =>
  (key: unknown): LivingStore =>
    world.slotOf(key);

/** Compares all state of all keys. What is read lives on: in the model too, unless it is a copy that was read. */
const expectSame = (
  model: LivingModel,
  storeOf: (key: unknown) => LivingStore,
  isCopy: boolean = false,
): void => {
  for (const state of model.keys.values()) {
    const store = storeOf(state.key);
    store.setKey(state.key);
    expect(read(store)).toEqual(readModel(state));
    expect(readLiving(store)).toEqual(readLivingModel(isCopy ? cloneValue(state) : state, model));
  }
};

/** Does something to both, as a record that succeeds or fails, or as one that cannot be undone. */
const inRecord = (
  mode: 'plain' | 'succeeds' | 'fails',
  real: LivingStore,
  model: LivingModel,
  run: () => void,
): void => {
  if (mode !== 'plain') {
    real.store.beginRecord();
    model.begin();
  }
  run();
  if (mode === 'succeeds') {
    real.store.commitRecord();
    model.commit();
  } else if (mode === 'fails') {
    real.store.rollbackRecord();
    model.rollback();
  }
};

const modes = fc.constantFrom<('plain' | 'succeeds' | 'fails')[]>('plain', 'succeeds', 'fails');

const command = (name: string, run: (model: LivingModel, world: World) => void): Command => ({
  check: () => true,
  run,
  toString: () => name,
});

const recordCommand = fc
  .record({
    keys: fc.array(someKeys, { minLength: 1, maxLength: 2 }),
    acts: fc.oneof(someActs, timerActsOnly),
    lives: livingActs,
    mode: modes,
  })
  .map(({ keys, acts, lives, mode }) =>
    command(`${mode} ${shown({ keys, acts, lives })}`, (model, world) => {
      const real = world.slotOf(keys[0]);
      inRecord(mode, real, model, () => {
        for (const key of keys.filter((one) => world.slotOf(one) === real)) {
          real.setKey(key);
          model.setKey(key);
          perform(real, model, acts);
          performLiving(real, model, lives);
        }
      });
    }),
  );

interface Due {
  readonly state: KeyModel;
  readonly timer: [number, number];
}

/** The timer that must fire next in a slot: by time, then hash, key and namespace. */
const nextDue = (model: LivingModel, world: World, slot: LivingStore, domain: Domain): Due | undefined => {
  const waiting = [...model.keys.values()]
    .filter(({ key }) => world.slotOf(key) === slot)
    .flatMap((state) => state[domain].map((timer): Due => ({ state, timer })));
  waiting.sort(
    (one, two) =>
      one.timer[0] - two.timer[0] ||
      hashValue(one.state.key) - hashValue(two.state.key) ||
      compareValues(one.state.key, two.state.key) ||
      one.timer[1] - two.timer[1],
  );
  return waiting[0];
};

/** Fires timers, and lets each of them act on its key: a few at most, since what they do may be due at once. */
const fire = (
  world: World,
  model: LivingModel,
  domain: Domain,
  untilMs: number,
  acts: readonly (readonly Act[])[],
  mode: 'plain' | 'succeeds' | 'fails',
): void => {
  for (const slot of world.slots) {
    const queue = domain === 'event' ? slot.store.eventTimers : slot.store.processingTimers;
    for (const some of acts) {
      const due = nextDue(model, world, slot, domain);
      expect(queue.nextMs()).toBe(due?.timer[0] ?? Infinity);
      const isDue = due !== undefined && due.timer[0] <= untilMs;
      expect(queue.pollDue(untilMs)).toBe(isDue);
      if (!isDue) break;
      expect([slot.store.currentKey, queue.timeMs, queue.namespace]).toEqual([due.state.key, ...due.timer]);
      due.state[domain] = due.state[domain].filter((timer) => timer !== due.timer);
      model.setKey(due.state.key);
      inRecord(mode, slot, model, () => perform(slot, model, some));
    }
  }
};

const timerCommand = fc
  .record({
    domain: fc.constantFrom<Domain[]>('event', 'processing'),
    untilMs: fc.nat(5),
    acts: fc.array(fc.oneof(fc.constant([]), someActs), { minLength: 1, maxLength: 6 }),
    mode: modes,
  })
  .map(({ domain, untilMs, acts, mode }) =>
    command(`${domain} time ${untilMs}, ${mode} ${shown(acts)}`, (model, world) =>
      fire(world, model, domain, untilMs, acts, mode),
    ),
  );

const plainCommands = [
  fc.nat(4).map((ms) =>
    command(`${ms} ms pass`, (_, { clock }) => {
      clock.nowMs += ms;
    }),
  ),
  fc.nat(keyGroups - 1).map((group) => command(`group ${group} moves`, (_, world) => world.move(group))),
  fc.constant(command('the standby is told', (_, world) => world.ship())),
  fc.constant(
    command('what has expired is removed', (model, world) => {
      for (const { store } of world.slots) expect(store.removeExpired({ take: () => true })).toBe(true);
      model.expire(model.keys.values());
    }),
  ),
  fc.constant(
    command('everything is compared', (model, world) => {
      expectSame(model, owner(world));
      const [one, two] = world.slots;
      expect(one.store.keyCount + two.store.keyCount).toBe(model.size);
    }),
  ),
];

describe('a story of two slots and a standby', () => {
  it('is that of plain maps: records that fail, timers that act, lives that end, key groups that move', () => {
    fc.assert(
      fc.property(
        fc.commands([recordCommand, recordCommand, timerCommand, ...plainCommands], {
          maxCommands: 40,
          size: 'max',
        }),
        (commands) => {
          const clock = new Clock();
          const [model, world] = [new LivingModel(clock), new World(clock)];
          fc.modelRun(() => ({ model, real: world }), commands);
          world.ship();
          expectSame(model, () => world.standby, true);
          expectSame(model, owner(world));
          for (const { store } of [...world.slots, world.standby]) store.removeExpired({ take: () => true });
          model.expire(model.keys.values());
          expect(world.slots[0].store.keyCount + world.slots[1].store.keyCount).toBe(model.size);
          expect(world.standby.store.keyCount).toBe(model.size);
        },
      ),
      { numRuns: 600 },
    );
  });
});
