import { asAttempt, asCheckpointId } from '../checkpoint/ids.ts';
import { formatRanges } from '../checkpoint/key-group-ranges.ts';
import {
  type CheckpointManifest,
  type Committable,
  type ManifestReader,
  type ManifestSink,
  type ManifestSource,
  type ManifestTransform,
  type ManifestWatermark,
  type StateSchema,
  writeWatermark,
} from '../checkpoint/manifest.ts';
import { writeValue } from '../checkpoint/manifest-value.ts';
import type { SourcePosition, TaskWatermark } from '../checkpoint/slot-snapshot.ts';
import type { RoutingTable } from '../exchange/routing-table.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { uidOf } from '../graph/stateful.ts';
import { deadLetterUid } from '../task/dead-letter-box.ts';
import { describeKind } from '../transforms/describe-state.ts';
import type { SlotAck } from '../worker/snapshot-upload.ts';
import type { EnumeratorState } from './job-code.ts';

/** What does not change from one checkpoint of a job to the next. */
export interface ManifestBase {
  readonly jobUid: string;
  readonly jobName: string;
  readonly runtimeVersion: string;
  /** The sha256 of the artifact. */
  readonly artifact: string;
  readonly graph: PhysicalGraph;
}

/** Everything that a checkpoint has brought together. */
export interface TakenCheckpoint {
  readonly checkpointId: number;
  readonly kind: CheckpointManifest['kind'];
  readonly attempt: number;
  readonly createdMs: number;
  readonly routing: RoutingTable;
  readonly enumerators: readonly EnumeratorState[];
  /** One a slot, in any order. */
  readonly acks: readonly SlotAck[];
}

const readerOf = (subtask: number, { splits, watermarks }: SourcePosition): ManifestReader => ({
  subtask,
  splits: splits.map(writeValue),
  watermarks: watermarks.map(({ splitId, watermarkMs }) => ({
    splitId,
    watermarkMs: writeWatermark(watermarkMs),
  })),
});

const watermarkOf = (subtask: number, { uid, links, outputMs }: TaskWatermark): ManifestWatermark => ({
  uid,
  subtask,
  links: links.map((link) => ({ uid: link.uid, watermarkMs: writeWatermark(link.watermarkMs) })),
  outputMs: writeWatermark(outputMs),
});

const sourcesOf = (
  graph: PhysicalGraph,
  enumerators: readonly EnumeratorState[],
  acks: readonly SlotAck[],
): readonly ManifestSource[] =>
  graph.tasks.flatMap(({ chain: [node] }) => {
    if (node?.spec.kind !== 'source') return [];
    const uid = uidOf(node);
    const enumerator = enumerators.find((state) => state.uid === uid);
    const readers = acks.flatMap(({ slot, sources }) =>
      sources.filter((position) => position.uid === uid).map((position) => readerOf(slot, position)),
    );
    return [{ uid, ...(enumerator && { enumerator: writeValue(enumerator.state) }), readers }];
  });

/** Several subtasks of a slot may have prepared something under one uid: dead letters. */
const preparedBy = (uid: string, { acks, checkpointId }: TakenCheckpoint): readonly Committable[] =>
  acks.flatMap(({ slot, sinks }) =>
    sinks
      .flatMap((sink) => (sink.uid === uid ? sink.committables : []))
      .map((value, i) => ({ id: `${checkpointId}-${slot}-${i}`, checkpointId, value: writeValue(value) })),
  );

/** What two-phase sinks have prepared since the last checkpoint; what is pending of earlier ones the log adds by itself. */
const sinksOf = (graph: PhysicalGraph, taken: TakenCheckpoint): readonly ManifestSink[] => {
  const sinks = graph.tasks
    .flatMap(({ chain }) => chain)
    .flatMap((node) => (node.spec.kind === 'sink' ? [{ uid: uidOf(node), kind: node.spec.sink.kind }] : []));
  // Dead letters are prepared like the output of a sink, and no transform of the graph is theirs.
  return [...sinks, { uid: deadLetterUid, kind: 'dead letters' }]
    .map((sink) => ({ ...sink, committables: preparedBy(sink.uid, taken) }))
    .filter(({ committables }) => committables.length > 0);
};

const transformsOf = (graph: PhysicalGraph): readonly ManifestTransform[] =>
  graph.tasks.flatMap((task) =>
    task.chain.map((node) => ({
      uid: uidOf(node),
      name: node.name,
      kind: describeKind(node.spec),
      task: task.name,
      parallelism: task.parallelism,
    })),
  );

const routesOf = ({ slotOf }: RoutingTable, slots: number): CheckpointManifest['routing'] =>
  Array.from({ length: slots }, (_, slot) => ({
    slot,
    keyGroups: formatRanges([...slotOf.keys()].filter((keyGroup) => slotOf[keyGroup] === slot)),
  }));

/** By checkpoint, then slot, then part. */
const objectsOf = (acks: readonly SlotAck[]): CheckpointManifest['objects'] =>
  acks
    .flatMap(({ objects }) => objects)
    .sort((one, other) => one.checkpointId - other.checkpointId || one.slot - other.slot);

/** All slots that have a transform describe its state alike. */
const schemasOf = (acks: readonly SlotAck[]): readonly StateSchema[] => {
  const schemas = new Map<string, StateSchema>();
  for (const { uid, name, kind, type, fields } of acks.flatMap(({ states }) => states)) {
    schemas.set(JSON.stringify([uid, name]), {
      uid,
      name,
      kind,
      ...(type === undefined ? {} : { type }),
      ...(fields === undefined ? {} : { fields }),
    });
  }
  return [...schemas.values()];
};

/** Nothing is said where nothing was in flight. */
const inFlightOf = (acks: readonly SlotAck[]): Pick<CheckpointManifest, 'inFlight'> => {
  const edges = new Set(acks.flatMap(({ inFlight }) => inFlight));
  return edges.size === 0 ? {} : { inFlight: [...edges].sort() };
};

/** The manifest of a checkpoint that every slot has acknowledged. Pure. */
export const buildManifest = (base: ManifestBase, taken: TakenCheckpoint): CheckpointManifest => {
  const { graph } = base;
  const acks = [...taken.acks].sort((one, other) => one.slot - other.slot);
  return {
    format: 1,
    jobUid: base.jobUid,
    jobName: base.jobName,
    checkpointId: asCheckpointId(taken.checkpointId),
    attempt: asAttempt(taken.attempt),
    kind: taken.kind,
    createdMs: taken.createdMs,
    runtimeVersion: base.runtimeVersion,
    artifact: base.artifact,
    graphHash: graph.hash,
    slots: graph.slots,
    maxParallelism: graph.maxParallelism,
    objects: objectsOf(acks),
    schemas: schemasOf(acks),
    transforms: transformsOf(graph),
    sources: sourcesOf(graph, taken.enumerators, acks),
    watermarks: acks.flatMap(({ slot, watermarks }) => watermarks.map((mark) => watermarkOf(slot, mark))),
    sinks: sinksOf(graph, { ...taken, acks }),
    routing: routesOf(taken.routing, graph.slots),
    ...inFlightOf(acks),
  };
};
