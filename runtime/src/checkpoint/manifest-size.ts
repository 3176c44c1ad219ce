import type { CheckpointManifest } from './manifest.ts';

/** The bytes that a checkpoint has written, and those that it stands on altogether. */
export const sizesOf = ({
  checkpointId,
  objects,
}: Pick<CheckpointManifest, 'checkpointId' | 'objects'>): {
  readonly bytes: number;
  readonly fullBytes: number;
} => {
  const sum = (some: CheckpointManifest['objects']): number =>
    some.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  return {
    bytes: sum(objects.filter((object) => object.checkpointId === checkpointId)),
    fullBytes: sum(objects),
  };
};
