import { describe, expect, it } from 'vitest';
import type { CommitPermit } from '../../src/checkpoint/permit.ts';
import { Checkpoints } from '../../src/coordinator/checkpoints.ts';
import type { BarrierCheckpoint } from '../../src/exchange/element.ts';
import { initialRouting, moveKeyGroups } from '../../src/exchange/routing-table.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { SlotAck } from '../../src/worker/snapshot-upload.ts';
import { keyedGraph } from '../exchange/slots.ts';
import { ManualSystem, settlePromises } from '../transforms/manual-system.ts';

const ackOf = (checkpointId: number): SlotAck => ({
  checkpointId,
  slot: 0,
  sources: [],
  watermarks: [],
  sinks: [],
  subtasks: [],
  states: [],
  keyed: [],
  inFlight: [],
  objects: [],
});

/** An attempt of one slot, which acknowledges when it is told to. */
const newRig = (alignmentTimeoutMs: number | undefined) => {
  const graph = keyedGraph(1);
  const { system } = new ManualSystem(1000);
  const injected: BarrierCheckpoint[] = [];
  let routing = initialRouting(1, graph.maxParallelism);
  const checkpoints = new Checkpoints(
    {
      system,
      logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
      base: { jobUid: 'a', jobName: 'a', runtimeVersion: '0', artifact: 'none', graph },
      policy: { intervalMs: 1e6, minPauseMs: 0, timeoutMs: 1e6, tolerableFailures: 0, alignmentTimeoutMs },
      publish: async () => ({}) as CommitPermit,
      onFailed: (error) => {
        throw error;
      },
    },
    {
      number: 1,
      slots: 1,
      snapshotEnumerators: (take) => take([]),
      inject: ({ checkpoint }) => {
        if (checkpoint !== undefined) injected.push(checkpoint);
      },
      checkpointEnded: () => undefined,
      commit: async () => undefined,
    },
    () => routing,
    0,
  );
  /** Takes one, and says when its barrier may overtake. */
  const take = async (kind: 'checkpoint' | 'savepoint' | 'cut'): Promise<number | undefined> => {
    const taken = checkpoints.take(kind);
    const checkpoint = injected.at(-1) as BarrierCheckpoint;
    checkpoints.acknowledge(ackOf(checkpoint.id));
    await taken;
    await settlePromises();
    return checkpoint.alignmentTimeoutMs;
  };
  const move = (): void => {
    routing = moveKeyGroups(routing, [0], 0);
  };
  return { take, move };
};

describe('the barrier of a checkpoint', () => {
  it('may overtake after the time of the policy, or never', async () => {
    expect(await newRig(30).take('checkpoint')).toBe(30);
    expect(await newRig(undefined).take('checkpoint')).toBeUndefined();
  });

  it('is always waited for in savepoints and cuts', async () => {
    const { take } = newRig(0);
    expect([await take('savepoint'), await take('cut')]).toEqual([undefined, undefined]);
  });

  it('is waited for when it is the first behind a new routing table', async () => {
    const { take, move } = newRig(0);
    expect(await take('checkpoint')).toBe(0);
    move();
    expect([await take('checkpoint'), await take('checkpoint')]).toEqual([undefined, 0]);
  });
});
