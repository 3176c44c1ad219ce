import type { CheckpointManifest, StateObjectRef } from './manifest.ts';

/** The uids that transforms have now, by those that a checkpoint knows them by. */
export type NewUids = ReadonlyMap<string, string>;

/** An object is not written again: readers are told what the uids in it stand for, until a later checkpoint needs it no more. */
const renamedObject = (object: StateObjectRef, now: (uid: string) => string, uids: NewUids) => {
  const before = Object.entries(object.renamed ?? {}).map(([uid, name]) => [uid, now(name)] as const);
  return { ...object, renamed: Object.fromEntries([...uids, ...before]) };
};

/**
 * A checkpoint whose state belongs to transforms of other uids. What its sinks have prepared keeps its uid, under which it is committed. A
 * checkpoint that has none of the old uids stays as it is, so it does no harm to say it again. Pure.
 */
export const renameUids = (manifest: CheckpointManifest, uids: NewUids): CheckpointManifest => {
  if (!manifest.transforms.some(({ uid }) => uids.has(uid))) return manifest;
  const now = (uid: string): string => uids.get(uid) ?? uid;
  const renamed = <Named extends { readonly uid: string }>(named: Named): Named => ({
    ...named,
    uid: now(named.uid),
  });
  return {
    ...manifest,
    objects: manifest.objects.map((object) => renamedObject(object, now, uids)),
    schemas: manifest.schemas.map(renamed),
    transforms: manifest.transforms.map(renamed),
    sources: manifest.sources.map(renamed),
    watermarks: manifest.watermarks.map((mark) => ({ ...renamed(mark), links: mark.links.map(renamed) })),
  };
};
