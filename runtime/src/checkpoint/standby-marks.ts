import { asAttempt, asCheckpointId } from './ids.ts';
import type { ObjectStore } from './object-store.ts';
import { standbyKey, standbyPartsOf, standbyPrefix } from './paths.ts';

/** What a deployment that stands by has ready: an attempt, with the keyed state of a checkpoint. */
export interface StandbyMark {
  readonly deployment: string;
  readonly attempt: number;
  readonly checkpointId: number;
}

const keyOf = ({ deployment, attempt, checkpointId }: StandbyMark): string =>
  standbyKey(asAttempt(attempt), asCheckpointId(checkpointId), deployment);

/** Tells whoever leads. `store` is the part of the store that is the job's. */
export const putMark = (store: ObjectStore, mark: StandbyMark): Promise<void> =>
  store.put(keyOf(mark), new TextEncoder().encode(mark.deployment));

export const removeMarks = (store: ObjectStore, marks: readonly StandbyMark[]): Promise<void> =>
  store.remove(marks.map(keyOf));

/** The marks of a deployment, whichever of its processes has put them. */
export const marksOf = async (store: ObjectStore, deployment: string): Promise<readonly StandbyMark[]> =>
  (await store.list(standbyPrefix)).flatMap(({ key }) => {
    const mark = standbyPartsOf(key);
    return mark?.deployment === deployment ? [mark] : [];
  });

/** The newest checkpoint whose state a deployment has taken in for an attempt; undefined = it has not prepared that one. */
export const markedCheckpoint = async (
  store: ObjectStore,
  deployment: string,
  attempt: number,
): Promise<number | undefined> => {
  const marks = await marksOf(store, deployment);
  const ids = marks.filter((mark) => mark.attempt === attempt).map(({ checkpointId }) => checkpointId);
  return ids.length === 0 ? undefined : Math.max(...ids);
};
