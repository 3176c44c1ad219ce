/**
 * The *sign of life* of a coordinator: an object that it writes again and again while it is there. Nothing is decided by it but whether a job of the
 * same name waits before it takes the state over: who is taken over cannot write into its log any more, whatever its signs said.
 */
import type { ObjectStore } from './object-store.ts';
import { aliveKey, alivePrefix, logPrefix } from './paths.ts';

/** How often a sign is written. */
export const signEveryMs = 20_000;
/** Whoever has given none for so long is gone. */
export const goneAfterMs = 60_000;

const here = 'here\n';
const left = 'left\n';

/** Says that a coordinator is there, or has left in order. */
export const putSign = (
  store: ObjectStore,
  jobUid: string,
  deployment: string,
  isHere: boolean,
): Promise<void> => store.put(aliveKey(jobUid, deployment), new TextEncoder().encode(isHere ? here : left));

/** How long ago somebody of a job was there, in ms; undefined = all have left, or nobody ever was. */
export const silentMs = async (
  store: ObjectStore,
  jobUid: string,
  nowMs: number,
): Promise<number | undefined> => {
  const signs = await store.list(alivePrefix(jobUid));
  // A job of a release that gave no signs: its log is one.
  const listed = signs.length > 0 ? signs : await store.list(logPrefix(jobUid));
  const times = await Promise.all(
    listed.map(async ({ key, modifiedMs }) => {
      if (signs.length === 0) return [modifiedMs];
      const bytes = await store.get(key);
      return bytes !== undefined && new TextDecoder().decode(bytes) === left ? [] : [modifiedMs];
    }),
  );
  const newest = Math.max(...times.flat());
  return newest === -Infinity ? undefined : Math.max(0, nowMs - newest);
};
