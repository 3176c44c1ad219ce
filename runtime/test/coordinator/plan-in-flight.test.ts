import { describe, expect, it } from 'vitest';
import type { CheckpointManifest } from '../../src/checkpoint/manifest.ts';
import { buildManifest } from '../../src/coordinator/build-manifest.ts';
import { isRerouted } from '../../src/coordinator/plan-in-flight.ts';
import { edgeNames } from '../../src/exchange/channel-names.ts';
import { initialRouting, moveKeyGroups } from '../../src/exchange/routing-table.ts';
import { keyedGraph } from '../exchange/slots.ts';

const routingOf = (slots: number) => initialRouting(slots, keyedGraph(slots).maxParallelism);

/** A checkpoint of two slots. */
const manifestOf = (inFlight: readonly string[]): CheckpointManifest => {
  const graph = keyedGraph(2);
  const base = { jobUid: 'a', jobName: 'a', runtimeVersion: '0', artifact: 'none', graph };
  const taken = {
    checkpointId: 4,
    kind: 'checkpoint' as const,
    attempt: 1,
    createdMs: 0,
    routing: routingOf(2),
    enumerators: [],
    acks: [],
  };
  return { ...buildManifest(base, taken), inFlight };
};

describe('what was in flight', () => {
  const edges = edgeNames(keyedGraph(2));

  it('stays in its channels when slots and key groups are the same', () => {
    expect(isRerouted(manifestOf(edges), keyedGraph(2), routingOf(2))).toBe(false);
  });

  it('is routed again at another number of slots, or when key groups belong to others', () => {
    expect(isRerouted(manifestOf(edges), keyedGraph(3), routingOf(3))).toBe(true);
    expect(isRerouted(manifestOf(edges), keyedGraph(2), moveKeyGroups(routingOf(2), [0], 1))).toBe(true);
    expect(isRerouted(manifestOf([]), keyedGraph(3), routingOf(3))).toBe(false);
  });

  it('ends the attempt when its edge is not there any more', () => {
    expect(() => isRerouted(manifestOf(['["a",null,"b",0]']), keyedGraph(2), routingOf(2))).toThrow(
      /Checkpoint 4 holds records in flight on edges that the job does not have any more: \["a",null,"b",0\]/,
    );
  });
});
