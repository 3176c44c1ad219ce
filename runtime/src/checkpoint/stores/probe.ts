import { MillraceError } from '../../contract/errors.ts';
import type { Random } from '../../sys/system.ts';
import type { ObjectStore } from '../object-store.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/**
 * Tries whether a store can be written, read and removed from, and whether it refuses a second object of the same key: two
 * coordinators are told apart by nothing else.
 * @throws MillraceError io when it does not.
 */
export const probeStore = async (store: ObjectStore, random: Random): Promise<void> => {
  const id = random.id();
  const key = `probe/${id}`;
  const first = text(`first ${id}`);
  await store.putIfAbsent(key, first);
  const second = await store.putIfAbsent(key, text(`second ${id}`));
  const kept = await store.get(key);
  await store.remove([key]);
  if (second === 'exists' && kept !== undefined && Buffer.compare(kept, first) === 0) return;
  throw new MillraceError(
    'io',
    'The store lets an object be replaced that was to be written only if there was none: it ignores the condition (If-None-Match).',
    {
      hint: 'Take a store that keeps it, such as MinIO, Amazon S3 or a directory: without it two coordinators could both believe to be the only one.',
      where: { store: store.place, key },
    },
  );
};
