import { parseRanges } from '../checkpoint/key-group-ranges.ts';
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import { MillraceError } from '../contract/errors.ts';
import { edgeNames } from '../exchange/channel-names.ts';
import type { RoutingTable } from '../exchange/routing-table.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { uidOf } from '../graph/stateful.ts';

const isRoutedAlike = (
  { routing, maxParallelism }: CheckpointManifest,
  { slotOf }: Pick<RoutingTable, 'slotOf'>,
): boolean =>
  routing.every(({ slot, keyGroups }) =>
    (parseRanges(keyGroups, maxParallelism) ?? []).every((keyGroup) => slotOf[keyGroup] === slot),
  );

const hasOtherSubtasks = ({ transforms, slots }: CheckpointManifest, graph: PhysicalGraph): boolean => {
  const before = new Map(transforms.map(({ uid, parallelism }) => [uid, parallelism]));
  return (
    slots !== graph.slots ||
    graph.tasks.some(({ chain, parallelism }) =>
      chain.some((node) => before.get(uidOf(node)) !== parallelism),
    )
  );
};

/**
 * Whether channels lead to other subtasks than at the checkpoint, so that what was in flight must be routed again. Pure.
 * @throws MillraceError job-invalid when records were in flight on an edge that is not there any more
 */
export const isRerouted = (
  manifest: CheckpointManifest,
  graph: PhysicalGraph,
  routing: Pick<RoutingTable, 'slotOf'>,
): boolean => {
  const { inFlight = [], checkpointId } = manifest;
  const known = new Set(edgeNames(graph));
  const lost = inFlight.filter((edge) => !known.has(edge));
  if (lost.length > 0) {
    throw new MillraceError(
      'job-invalid',
      `Checkpoint ${checkpointId} holds records in flight on edges that the job does not have any more: ${lost.join(', ')}.`,
      {
        where: { checkpoint: checkpointId },
        hint: 'Start the job as it was and take a savepoint, which holds no records in flight; then start the new one from that.',
      },
    );
  }
  return inFlight.length > 0 && (hasOtherSubtasks(manifest, graph) || !isRoutedAlike(manifest, routing));
};
