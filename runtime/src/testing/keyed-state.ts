import type { StateDescriptor } from '../api/state.ts';
import { hashValue } from '../batch/hash.ts';
import { MillraceError } from '../contract/errors.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { KeyedRecordProcessor } from '../transforms/keyed-record-processor.ts';
import type { RunningTransform } from './fragment.ts';

type Keyed = RunningTransform & { readonly processor: KeyedRecordProcessor };

const isKeyed = (transform: RunningTransform): transform is Keyed =>
  transform.processor instanceof KeyedRecordProcessor;

/** The one function with keyed state, or the one of this name. */
const keyedTransform = (transforms: readonly RunningTransform[], name: string | undefined): Keyed => {
  const keyed = transforms
    .filter(isKeyed)
    .filter((transform) => name === undefined || transform.name === name);
  const [only] = keyed;
  if (only !== undefined && keyed.length === 1) return only;
  const names = transforms.filter(isKeyed).map((transform) => transform.name);
  throw new MillraceError(
    'job-invalid',
    `There are ${keyed.length} functions with keyed state to look into.`,
    {
      hint:
        names.length === 0
          ? 'Put a keyed process function into the fragment.'
          : `Name one: ${names.join(', ')}.`,
    },
  );
};

/** A copy of a function's state, so that looking does not touch it (a read may renew a time to live). */
const copyOf = ({ processor }: Keyed, keyGroups: number, nowMs: number): KeyedStore => {
  const copy = new KeyedStore({ maxParallelism: keyGroups, nowMs: () => nowMs });
  for (let group = 0; group < keyGroups; group++) {
    const bytes = processor.exportKeyGroup(group);
    if (bytes !== undefined) copy.importKeyGroup(group, bytes);
  }
  return copy;
};

/** A handle on the state of one key, of a copy. */
export const stateOfKey = (
  transforms: readonly RunningTransform[],
  descriptor: StateDescriptor,
  key: unknown,
  place: { readonly transform?: string | undefined; readonly keyGroups: number; readonly nowMs: number },
): unknown => {
  const keyed = keyedTransform(transforms, place.transform);
  const copy = copyOf(keyed, place.keyGroups, place.nowMs);
  const handle = copy.register(descriptor);
  copy.setCurrentKey(key, hashValue(key));
  return handle;
};

/** Timers that wait in all functions with keyed state, or in the one of this name. */
export const waitingTimers = (
  transforms: readonly RunningTransform[],
  name: string | undefined,
): { readonly event: number; readonly processing: number } => {
  const keyed = transforms
    .filter(isKeyed)
    .filter((transform) => name === undefined || transform.name === name);
  const count = (read: (store: KeyedStore) => number): number =>
    keyed.reduce((sum, { processor }) => sum + read(processor.store), 0);
  return {
    event: count((store) => store.eventTimers.size),
    processing: count((store) => store.processingTimers.size),
  };
};
