import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { ListedSavepoint, Savepoint } from '../offline/savepoint.ts';

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
const storedBytes = ({ objects }: CheckpointManifest): number =>
  objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
const dateOf = ({ createdMs }: CheckpointManifest): string => new Date(createdMs).toISOString();

/** Lines whose columns stand below each other. */
const columns = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** A line for each savepoint. */
export const listText = (savepoints: readonly ListedSavepoint[]): string =>
  savepoints.length === 0
    ? 'There are no savepoints.'
    : columns([
        ['created', 'job', 'size', 'folder'],
        ...savepoints.map(({ folder, manifest }) => [
          dateOf(manifest),
          manifest.jobName,
          mebibytes(storedBytes(manifest)),
          folder,
        ]),
      ]);

/** What a savepoint holds: the job, its transforms, their states and sizes. */
export const inspectText = (savepoint: Savepoint): string => {
  const { manifest } = savepoint;
  const { jobName, kind, checkpointId, runtimeVersion, slots, maxParallelism, objects } = manifest;
  const sizes = savepoint.sizes();
  const statesOf = (uid: string): string =>
    manifest.schemas
      .filter((schema) => schema.uid === uid)
      .map((state) => `${state.name} (${state.kind}${state.type === undefined ? '' : ` of ${state.type}`})`)
      .join(', ') || '-';
  const rows = manifest.transforms.map(({ uid, kind: ofTransform }) => {
    const { pieces, bytes } = sizes.get(uid) ?? { pieces: 0, bytes: 0 };
    return [uid, ofTransform, String(pieces), mebibytes(bytes), statesOf(uid)];
  });
  return [
    `${kind} of ${jobName}, checkpoint ${checkpointId}, ${dateOf(manifest)}, by Millrace ${runtimeVersion}`,
    `${slots} slots, ${maxParallelism} key groups, ${objects.length} objects, ${mebibytes(storedBytes(manifest))} stored`,
    '',
    columns([['transform', 'kind', 'pieces', 'size', 'states'], ...rows]),
  ].join('\n');
};
