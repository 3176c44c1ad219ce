import { initialRouting } from '../../src/exchange/routing-table.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';
import { isStateful, uidOf } from '../../src/graph/stateful.ts';
import { MetricGroup, type MetricSnapshot } from '../../src/telemetry/metrics.ts';
import type { SlotHandle, SlotReports, SubtaskReport } from '../../src/worker/slot-handle.ts';
import type { SlotAck } from '../../src/worker/snapshot-upload.ts';

/** How long a slot takes for its share of a checkpoint. */
const snapshotMs = 20;

/** What a slot of this graph says of a checkpoint: nothing is stored, the words are those of a real one. */
const ackOf = (
  graph: PhysicalGraph,
  slot: number,
  keyGroups: readonly number[],
  checkpointId: number,
): SlotAck => ({
  checkpointId,
  slot,
  sources: [
    {
      uid: uidOf(graph.tasks[0]!.chain[0]!),
      splits: [{ split: slot, position: checkpointId * 1000 }],
      watermarks: [{ splitId: String(slot), watermarkMs: checkpointId * 1000 }],
    },
  ],
  watermarks: graph.tasks.map(({ chain }) => ({
    uid: uidOf(chain[0]!),
    links: chain.map((node) => ({ uid: uidOf(node), watermarkMs: checkpointId * 1000 })),
    outputMs: checkpointId * 1000,
  })),
  sinks: [],
  subtasks: graph.tasks.map(({ index }) => ({
    task: index,
    startDelayMs: 2,
    alignmentMs: 1,
    syncMs: 1,
    asyncMs: snapshotMs,
    stateBytes: 50_000,
    isUnaligned: false,
    inFlightBytes: 0,
  })),
  states: [],
  inFlight: [],
  keyed: graph.tasks.flatMap(({ chain }) =>
    chain
      .filter(({ spec }) => spec.kind === 'window' && isStateful(spec))
      .map((node) => ({ uid: uidOf(node), keyGroups })),
  ),
  objects: [
    {
      key: `state/1/${checkpointId}/${slot}-0`,
      checkpointId,
      slot,
      sizeBytes: 50_000,
      crc32: 1,
      indexOffset: 49_000,
      indexBytes: 900,
      keyGroups: `${keyGroups[0]}-${keyGroups.at(-1)}`,
    },
  ],
});

const reportOf = (graph: PhysicalGraph, slot: number): readonly SubtaskReport[] =>
  graph.tasks.map(({ index, name }) => ({
    task: index,
    name,
    slot,
    recordsIn: 1000,
    recordsOut: 1000,
    deadLetters: 0,
    lateRecords: 0,
    watermarkMs: 1000,
    busyMs: 10,
    blockedMs: 1,
    flow: {
      outputWatermarkMs: 1000,
      elapsedMs: 1000,
      isBackPressured: false,
      passedCheckpointId: 0,
      input: { queued: 1, usage: 0.1, bytes: 1000 },
      output: { queued: 1, usage: 0.1, bytes: 1000 },
    },
  }));

const metricsOf = (graph: PhysicalGraph): MetricSnapshot => {
  const metrics = new MetricGroup();
  metrics.group('memory').gauge('typedStateBytes').set(1e6);
  for (let i = 1; i < 200; i++) metrics.histogram('mailboxLatencyMs').record(i / 10);
  for (const { chain } of graph.tasks) {
    for (const { name } of chain) {
      for (const counter of ['one', 'another', 'third']) metrics.group(name).counter(counter).increment(5);
      for (let i = 1; i < 200; i++) metrics.group(name).histogram('latency').record(i);
    }
  }
  return metrics.snapshot();
};

/** A slot that does no work but all the talking: it acknowledges barriers, tells its counters and obeys. */
export const simulatedSlot = (graph: PhysicalGraph, slot: number, reports: SlotReports): SlotHandle => {
  const { slotOf } = initialRouting(graph.slots, graph.maxParallelism);
  const keyGroups = [...slotOf.keys()].filter((keyGroup) => slotOf[keyGroup] === slot);
  const metrics = metricsOf(graph);
  const report = reportOf(graph, slot);
  const nothing = (): void => undefined;
  return {
    ready: Promise.resolve(),
    preload: () => Promise.resolve(),
    open: () => Promise.resolve(),
    inject: ({ checkpoint }) => {
      if (checkpoint === undefined) return;
      setTimeout(() => reports.onAck?.(ackOf(graph, slot, keyGroups, checkpoint.id)), snapshotMs);
    },
    stop: () => reports.onEnded?.(false),
    drain: () => reports.onEnded?.(true),
    release: () => reports.onFinished(false),
    start: nothing,
    addSplit: nothing,
    noMoreSplits: nothing,
    acceptState: nothing,
    checkpointEnded: nothing,
    cancel: () => Promise.resolve(),
    report: () => report,
    metrics: () => metrics,
    ask: () => Promise.resolve(new Uint8Array(0)),
  };
};
