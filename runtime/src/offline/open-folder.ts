import { resolve } from 'node:path';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { DirectoryStore } from '../checkpoint/stores/directory-store.ts';
import { openStore, type StoreSurroundings } from '../checkpoint/stores/open-store.ts';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';

const badPlace = (place: string): MillraceError =>
  new MillraceError('io', `“${place}” names no bucket.`, {
    hint: 'Write s3://BUCKET/PREFIX, or the path of a directory.',
    where: { place },
  });

/**
 * A folder that holds a savepoint: the path of a directory, or `s3://bucket/prefix` with the endpoint, the region and the credentials
 * of the environment (AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID …).
 */
export const openFolder = async (
  system: System,
  place: string,
  surroundings: StoreSurroundings,
): Promise<ObjectStore> => {
  if (!place.startsWith('s3://'))
    return new DirectoryStore(system, resolve(surroundings.baseDirectory, place));
  const [bucket = '', ...parts] = place.slice('s3://'.length).split('/');
  if (bucket === '') throw badPlace(place);
  const endpoint = surroundings.environment['AWS_ENDPOINT_URL'];
  const region = surroundings.environment['AWS_REGION'] ?? 'us-east-1';
  const prefix = parts.filter((part) => part !== '').join('/');
  return openStore(system, { s3: { endpoint, bucket, prefix, region, pathStyle: true } }, surroundings);
};
