import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { readValue } from '../../src/checkpoint/manifest-value.ts';
import type { PreparedSink } from '../../src/checkpoint/slot-snapshot.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { buildManifest } from '../../src/coordinator/build-manifest.ts';
import { initialRouting } from '../../src/exchange/routing-table.ts';
import { deadLetterUid } from '../../src/task/dead-letter-box.ts';

const graph = buildGraph(
  (env) =>
    void env
      .fromSource(collection([1]))
      .name('numbers')
      .sinkTo(blackhole())
      .name('nothing'),
  {},
  { parallelism: 2 },
);

/** The sinks of a manifest, from what each slot says that its sinks have prepared. */
const sinksOf = (...prepared: readonly (readonly PreparedSink[])[]) =>
  buildManifest(
    { jobUid: 'a', jobName: 'a', runtimeVersion: '0', artifact: 'none', graph },
    {
      checkpointId: 7,
      kind: 'checkpoint',
      attempt: 1,
      createdMs: 0,
      routing: initialRouting(graph.slots, graph.maxParallelism),
      enumerators: [],
      acks: prepared.map((sinks, slot) => ({
        checkpointId: 7,
        slot,
        sinks,
        sources: [],
        watermarks: [],
        subtasks: [],
        states: [],
        keyed: [],
        inFlight: [],
        objects: [],
      })),
    },
  ).sinks.map(({ uid, kind, committables }) => ({
    uid,
    kind,
    values: committables.map(({ value }) => readValue(value)),
    ids: new Set(committables.map(({ id }) => id)).size,
  }));

describe('the sinks of a manifest', () => {
  it('are those that have prepared something, with what all slots have prepared', () => {
    const sinks = sinksOf(
      [{ uid: 'nothing', committables: ['a', 'b'] }],
      [{ uid: 'nothing', committables: ['c'] }],
    );
    expect(sinks).toEqual([{ uid: 'nothing', kind: 'blackhole', values: ['a', 'b', 'c'], ids: 3 }]);
    expect(sinksOf([], [])).toEqual([]);
  });

  it('are also the dead letters, which several tasks of a slot may have, each with an id of its own', () => {
    const letters = (value: string): PreparedSink => ({ uid: deadLetterUid, committables: [value] });
    const sinks = sinksOf([letters('a'), letters('b')], [letters('c')]);
    expect(sinks).toEqual([{ uid: deadLetterUid, kind: 'dead letters', values: ['a', 'b', 'c'], ids: 3 }]);
  });
});
