import type { Kind } from '../store/kinds.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { DevObject } from '../store/values.ts';

/** An object and its kind. */
export interface Member {
  readonly kind: Kind;
  readonly object: DevObject;
}

/** Objects by the uids of their owners, as they are now. */
export class ByOwner {
  private readonly owned = new Map<string, Map<string, Member>>();

  /** Takes in what has changed; tells the uids of the owners, of before and now. */
  update(kind: Kind, before: DevObject | undefined, after: DevObject | undefined): ReadonlySet<string> {
    const [old, now] = [ownersOf(before), ownersOf(after)];
    for (const owner of old) {
      const members = this.owned.get(owner);
      members?.delete(before?.metadata.uid ?? '');
      if (members?.size === 0) this.owned.delete(owner);
    }
    for (const owner of now) {
      if (after === undefined) continue;
      const members = this.owned.get(owner) ?? new Map<string, Member>();
      members.set(after.metadata.uid, { kind, object: after });
      this.owned.set(owner, members);
    }
    return new Set([...old, ...now]);
  }

  of(owner: string): readonly Member[] {
    return [...(this.owned.get(owner)?.values() ?? [])];
  }
}

const ownersOf = (object: DevObject | undefined): string[] =>
  (object?.metadata.ownerReferences ?? []).map(({ uid }) => uid);

/** Lets a listener see all that is there as if it had just been made, and then all that happens. Returns how to stop that. */
export const follow = (
  store: ObjectStore,
  kinds: readonly Kind[],
  listener: (kind: Kind, before: DevObject | undefined, after: DevObject | undefined) => void,
): (() => void) => {
  for (const kind of kinds) for (const object of store.all(kind)) listener(kind, undefined, object);
  return store.log.listen(({ kind, before, after }) => {
    if (kinds.includes(kind)) listener(kind, before, after);
  });
};
