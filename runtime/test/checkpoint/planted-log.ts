import { committable, theProtocol } from '../../src/checkpoint/decide.ts';
import { findGarbage } from '../../src/checkpoint/gc.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { pickCommittables, standingOf } from '../../src/checkpoint/standing.ts';
import { type Parts, rightParts } from './coordinators.ts';

const withStore = (calls: (store: ObjectStore) => Partial<ObjectStore>): Parts => ({
  ...rightParts,
  store: (store) => Object.assign(Object.create(store) as ObjectStore, calls(store)),
});

/** Puts the manifests of a job where no claim can meet them; readers of the log see those of which the number is free. */
const unrelatedKeys = withStore((store) => ({
  putIfAbsent: async (key, bytes) => {
    const result = await store.putIfAbsent(key, bytes);
    const isManifest = new TextDecoder().decode(bytes).includes('"kind":"manifest"');
    return isManifest ? 'written' : result;
  },
}));

/** Versions of the protocol that are wrong, each in one way. */
export const planted: Readonly<Record<string, Parts>> = {
  'a writer acts on its own put without looking behind it': {
    ...rightParts,
    protocol: { ...theProtocol, isNewest: () => true },
  },
  'claims and manifests lie under unrelated keys': unrelatedKeys,
  'a store ignores conditions': withStore((store) => ({
    putIfAbsent: async (key, bytes) => {
      await store.put(key, bytes);
      return 'written';
    },
  })),
  'what is held back is committed': {
    ...rightParts,
    protocol: { ...theProtocol, committable: ({ pending }) => pending },
  },
  'nothing is committed but what the last checkpoint sealed': {
    ...rightParts,
    protocol: {
      ...theProtocol,
      committable: (standing) => {
        const latest = standing.line.at(-1)?.manifest.checkpointId;
        return pickCommittables(committable(standing), (_uid, _id, sealedAt) => sealedAt === latest);
      },
    },
  },
  'a manifest forgets what is pending': {
    ...rightParts,
    protocol: {
      ...theProtocol,
      decide: (standing, me, wish) =>
        theProtocol.decide(wish.kind === 'manifest' ? { ...standing, pending: [] } : standing, me, wish),
    },
  },
  'the deposed go on': {
    ...rightParts,
    protocol: {
      ...theProtocol,
      decide: (standing, me, wish) => theProtocol.decide({ ...standing, writer: me.writer }, me, wish),
    },
  },
  'a rollback is overlooked': {
    ...rightParts,
    protocol: {
      ...theProtocol,
      standingOf: (jobUid, entries, place) => {
        const line = entries.flatMap((entry) =>
          entry.kind === 'manifest'
            ? [{ number: entry.number, term: entry.term, atMs: entry.atMs, manifest: entry.manifest }]
            : [],
        );
        return { ...standingOf(jobUid, entries, place), line };
      },
    },
  },
  'gc takes what is in flight': {
    ...rightParts,
    collect: async (settings) => {
      const found = await findGarbage(settings);
      const wanted = found.filter(({ use }) => use === 'garbage' || use === 'in flight');
      await settings.store.remove(wanted.map(({ key }) => key));
    },
  },
  'gc takes all but the newest entry of the log': {
    ...rightParts,
    collect: async (settings) => {
      const found = await findGarbage(settings);
      const log = found.filter(({ key, use }) => use === 'garbage' || key.includes('/log/'));
      await settings.store.remove(log.slice(0, -1).map(({ key }) => key));
    },
  },
  'gc takes what the latest checkpoint does not name': {
    ...rightParts,
    collect: async (settings) => {
      const found = await findGarbage(settings);
      const state = found.filter(({ use }) => use === 'state' || use === 'garbage');
      await settings.store.remove(state.slice(0, -2).map(({ key }) => key));
    },
  },
};
