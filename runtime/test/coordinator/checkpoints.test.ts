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
const newRig = (alignmentTimeoutMs: number | undefined, timeoutMs: number = 1e6) => {
  const graph = keyedGraph(1);
  const machine = new ManualSystem(1000);
  const { system } = machine;
  const warnings: string[] = [];
  const failures: string[] = [];
  const injected: BarrierCheckpoint[] = [];
  let routing = initialRouting(1, graph.maxParallelism);
  const checkpoints = new Checkpoints(
    {
      system,
      logger: {
        ...createLogger({ clock: system.clock, level: 'silent', json: false }),
        warn: (message) => void warnings.push(message),
      },
      base: { jobUid: 'a', jobName: 'a', runtimeVersion: '0', artifact: 'none', graph },
      policy: { intervalMs: 1e6, minPauseMs: 0, timeoutMs, tolerableFailures: 0, alignmentTimeoutMs },
      publish: async () => ({}) as CommitPermit,
      onFailed: (error) => void failures.push(String(error)),
    },
    {
      number: 1,
      slots: 1,
      snapshotEnumerators: (take) => take([]),
      inject: ({ checkpoint }) => {
        if (checkpoint !== undefined) injected.push(checkpoint);
      },
      checkpointEnded: () => undefined,
      slowTask: (id) => `“sink” in slot ${id}`,
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
  return { take, move, checkpoints, machine, warnings, failures };
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

describe('a savepoint whose barrier does not pass', () => {
  it('says after ten seconds which task it waits for', () => {
    const { checkpoints, machine, warnings } = newRig(0);
    void checkpoints.take('savepoint');
    machine.advance(10_000);
    expect(warnings).toEqual([
      'The savepoint at checkpoint 1 is under way for 10 s, since its barrier has not passed “sink” in slot 1',
    ]);
  });

  it('names the task when it is given up', () => {
    const { checkpoints, machine, failures } = newRig(0, 60_000);
    void checkpoints.take('savepoint');
    machine.advance(60_000);
    expect(failures[0]).toMatch(/not complete after 60 s, since its barrier has not passed “sink” in slot 1/);
  });
});
