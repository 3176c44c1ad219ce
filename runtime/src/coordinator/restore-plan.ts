import {
  type CheckpointManifest,
  type ManifestSink,
  type ManifestWatermark,
  readWatermark,
} from '../checkpoint/manifest.ts';
import { readValue } from '../checkpoint/manifest-value.ts';
import type {
  LinkWatermark,
  SlotRestore,
  SourcePosition,
  TaskWatermark,
} from '../checkpoint/slot-snapshot.ts';
import type { RoutingTable } from '../exchange/routing-table.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { uidOf } from '../graph/stateful.ts';
import type { EnumeratorState, SinkCommittables } from './job-code.ts';
import { isRerouted } from './plan-in-flight.ts';

/** What an attempt goes on from, beside the state in objects. */
export interface RestorePlan {
  readonly manifest: CheckpointManifest;
  readonly enumerators: readonly EnumeratorState[];
  /** By slot. */
  readonly slots: readonly Omit<SlotRestore, 'subtaskState' | 'inFlight'>[];
}

/** What sinks have prepared and nobody has committed for sure, in the order in which it must be committed. */
export interface PendingCommit {
  readonly checkpointId: number;
  readonly sinks: readonly SinkCommittables[];
}

/** The position of a source in each of its subtasks: as it was, or all splits dealt out anew when their number has changed. */
const positionsOf = (
  { uid, readers }: CheckpointManifest['sources'][number],
  parallelism: number,
): readonly SourcePosition[] => {
  const watermarks = readers.flatMap((reader) =>
    reader.watermarks.map(({ splitId, watermarkMs }) => ({
      splitId,
      watermarkMs: readWatermark(watermarkMs),
    })),
  );
  const isSame = readers.length === parallelism;
  const splits = isSame ? [] : readers.flatMap((reader) => reader.splits);
  return Array.from({ length: parallelism }, (_, subtask) => {
    const own = isSame
      ? (readers.find((reader) => reader.subtask === subtask)?.splits ?? [])
      : splits.filter((_split, i) => i % parallelism === subtask);
    return { uid, splits: own.map(readValue), watermarks };
  });
};

/** How far all subtasks of a task were together: what a new number of them begins at. */
const leastOf = (uid: string, marks: readonly ManifestWatermark[]): TaskWatermark => {
  const least = (times: readonly number[]): number =>
    times.reduce((one, other) => Math.min(one, other), Infinity);
  const links = new Map<string, number[]>();
  for (const mark of marks) {
    for (const link of mark.links) {
      const known = links.get(link.uid) ?? [];
      known.push(readWatermark(link.watermarkMs));
      links.set(link.uid, known);
    }
  }
  return {
    uid,
    links: [...links].map(([link, times]): LinkWatermark => ({ uid: link, watermarkMs: least(times) })),
    outputMs: least(marks.map(({ outputMs }) => readWatermark(outputMs))),
  };
};

const watermarkOf = (
  uid: string,
  subtask: number,
  parallelism: number,
  manifest: CheckpointManifest,
): TaskWatermark | undefined => {
  const marks = manifest.watermarks.filter((mark) => mark.uid === uid);
  if (marks.length === 0) return undefined;
  const own = marks.length === parallelism ? marks.filter((mark) => mark.subtask === subtask) : [];
  return leastOf(uid, own.length === 1 ? own : marks);
};

/**
 * What each slot of a graph goes on from. Pure.
 * @throws MillraceError record-invalid when a value in the manifest is damaged, job-invalid when the graph has no place for some of it
 */
export const planRestore = (
  manifest: CheckpointManifest,
  graph: PhysicalGraph,
  routing: RoutingTable,
): RestorePlan => {
  const isOther = isRerouted(manifest, graph, routing);
  const positions = new Map(
    graph.tasks.flatMap(({ chain: [node], parallelism }) => {
      const source = node && manifest.sources.find(({ uid }) => uid === uidOf(node));
      return source === undefined ? [] : [[source.uid, positionsOf(source, parallelism)] as const];
    }),
  );
  return {
    manifest,
    enumerators: manifest.sources.flatMap(({ uid, enumerator }) =>
      enumerator === undefined ? [] : [{ uid, state: readValue(enumerator) }],
    ),
    slots: Array.from({ length: graph.slots }, (_, slot) => ({
      checkpointId: manifest.checkpointId,
      isRerouted: isOther,
      sources: [...positions.values()].flatMap((bySubtask) => bySubtask[slot] ?? []),
      watermarks: graph.tasks.flatMap(({ chain: [node], parallelism }) =>
        node === undefined || slot >= parallelism
          ? []
          : (watermarkOf(uidOf(node), slot, parallelism, manifest) ?? []),
      ),
    })),
  };
};

/** Committables by the checkpoint that sealed them, in the order in which they must be committed. Pure. */
export const pendingCommits = (sinks: readonly ManifestSink[]): readonly PendingCommit[] => {
  const ids = new Set(
    sinks.flatMap(({ committables }) => committables.map(({ checkpointId }) => checkpointId)),
  );
  return [...ids]
    .sort((one, other) => one - other)
    .map((checkpointId) => ({
      checkpointId,
      sinks: sinks.flatMap(({ uid, kind, committables }) => {
        const own = committables.filter((committable) => committable.checkpointId === checkpointId);
        return own.length === 0
          ? []
          : [{ uid, kind, committables: own.map(({ value }) => readValue(value)) }];
      }),
    }));
};
