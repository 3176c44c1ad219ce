import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { jobRoot, stateFolder } from '../../src/checkpoint/paths.ts';
import type { LogSeams } from '../scenarios/log-coordinator.ts';
import type { PlantedBug } from './planted.ts';

type Calls = Partial<Omit<ObjectStore, 'place'>>;

/** A store some of whose calls are wrong. */
const withCalls = (store: ObjectStore, calls: Calls): ObjectStore => ({
  place: store.place,
  put: (key, bytes) => store.put(key, bytes),
  putIfAbsent: (key, bytes) => store.putIfAbsent(key, bytes),
  get: (key) => store.get(key),
  getRange: (key, offset, length) => store.getRange(key, offset, length),
  list: (prefix) => store.list(prefix),
  remove: (keys) => store.remove(keys),
  copy: (from, to) => store.copy(from, to),
  close: () => store.close(),
  ...calls,
});

const storeBug = (
  name: string,
  pattern: string,
  wrong: (store: ObjectStore) => Calls,
): PlantedBug<LogSeams> => ({
  name,
  pattern,
  plant: (right) => ({
    ...right,
    store: (store) => {
      const known = right.store(store);
      return withCalls(known, wrong(known));
    },
  }),
});

/** Bugs of stores, and of what reads their answers. */
export const storeBugs: readonly PlantedBug<LogSeams>[] = [
  storeBug('a store ignores the condition of a put', 'S5: a conditional write that is none', (store) => ({
    putIfAbsent: async (key, bytes) => {
      await store.put(key, bytes);
      return 'written';
    },
  })),
  storeBug('the refusal of a put is taken for its success', '25: an inverted error check', (store) => ({
    putIfAbsent: async (key, bytes) => {
      await store.putIfAbsent(key, bytes);
      return 'written';
    },
  })),
  storeBug(
    'a put that was not answered is taken for done',
    '25: API time-outs treated as success',
    (store) => ({
      put: (key, bytes) => store.put(key, bytes).catch(() => undefined),
    }),
  ),
  storeBug(
    'the checkpoint is published before its state is stored',
    '27: a put that is not awaited',
    (store) => ({
      put: async (key, bytes) => {
        void store.put(key, bytes).catch(() => undefined);
        // Usually it is there by the time that something else was answered.
        await store.get(key);
      },
    }),
  ),
  storeBug('what others write is listed late', '12: lists that go back in time', (store) => {
    const own = new Set<string>();
    const seen = new Set<string>();
    return {
      putIfAbsent: (key, bytes) => {
        own.add(key);
        return store.putIfAbsent(key, bytes);
      },
      list: async (prefix) => {
        const found = await store.list(prefix);
        const shown = found.filter(({ key }) => own.has(key) || seen.has(key) || seen.size === 0);
        for (const { key } of found) seen.add(key);
        return shown;
      },
    };
  }),
  {
    name: 'garbage is what is old',
    pattern: '31: checkpoint cleaning by age removes live state',
    plant: (right) => ({
      ...right,
      collectGarbage: async ({ store, jobUid, clock }) => {
        const objects = await store.list(`${jobRoot(jobUid)}${stateFolder}`);
        const old = objects.filter(({ modifiedMs }) => modifiedMs < clock.nowMs() - 3000);
        await store.remove(old.map(({ key }) => key));
        return [];
      },
    }),
  },
];
