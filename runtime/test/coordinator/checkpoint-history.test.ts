import { describe, expect, it } from 'vitest';
import { asAttempt, asCheckpointId } from '../../src/checkpoint/ids.ts';
import type { CheckpointManifest, StateObjectRef } from '../../src/checkpoint/manifest.ts';
import {
  checkpointDetailSchema,
  checkpointHistory,
  checkpointListSchema,
} from '../../src/contract/control/checkpoints.ts';
import { CheckpointHistory } from '../../src/coordinator/checkpoint-history.ts';
import type { SlotAck } from '../../src/worker/snapshot-upload.ts';
import { graphOfTwo } from './control/graph-of-two.ts';

const object = (checkpointId: number, slot: number, sizeBytes: number): StateObjectRef => ({
  key: `state/1/${checkpointId}/${slot}-0`,
  checkpointId,
  slot,
  sizeBytes,
  crc32: 0,
  indexOffset: 0,
  indexBytes: 0,
  keyGroups: '0',
});

const ack = (checkpointId: number, slot: number, sizeBytes: number): SlotAck => ({
  checkpointId,
  slot,
  sources: [],
  watermarks: [],
  sinks: [],
  states: [],
  keyed: [],
  inFlight: [],
  subtasks: [0, 1].map((task) => ({
    task,
    startDelayMs: 1 + slot,
    alignmentMs: 2 * task,
    syncMs: 3,
    asyncMs: 4,
    stateBytes: 10 * task,
    isUnaligned: false,
    inFlightBytes: 0,
  })),
  objects: [object(checkpointId, slot, sizeBytes)],
});

const manifest = (checkpointId: number, objects: readonly StateObjectRef[]): CheckpointManifest => ({
  format: 1,
  jobUid: 'shop',
  jobName: 'shop',
  checkpointId: asCheckpointId(checkpointId),
  attempt: asAttempt(1),
  kind: 'checkpoint',
  createdMs: 0,
  runtimeVersion: '0',
  artifact: 'none',
  graphHash: 'none',
  slots: 2,
  maxParallelism: 128,
  objects,
  schemas: [],
  transforms: [],
  sources: [],
  watermarks: [],
  sinks: [],
  routing: [],
});

const create = (): CheckpointHistory => new CheckpointHistory('shop', () => graphOfTwo);

const complete = (history: CheckpointHistory, id: number, startedMs: number, endedMs: number): void => {
  history.take({ what: 'triggered', id, kind: 'checkpoint', attempt: 1 }, startedMs);
  for (const slot of [0, 1]) history.take({ what: 'acknowledged', ack: ack(id, slot, 100) }, startedMs + 1);
  const objects = [object(1, 0, 1000), object(id, 0, 100), object(id, 1, 100)];
  history.take({ what: 'completed', manifest: manifest(id, objects), entry: id + 5 }, endedMs);
};

describe('the history of checkpoints', () => {
  it('knows nothing before the first', () => {
    const list = create().list();
    expect(checkpointListSchema.parse(list)).toEqual({
      counts: { triggered: 0, completed: 0, failed: 0, restored: 0 },
      summary: null,
      restored: null,
      inProgress: [],
      history: [],
    });
  });

  it('shows how far one is that is under way', () => {
    const history = create();
    history.take({ what: 'triggered', id: 7, kind: 'savepoint', attempt: 2 }, 50);
    history.take({ what: 'acknowledged', ack: ack(7, 1, 30) }, 60);
    expect(history.list().inProgress).toMatchObject([
      { id: 7, kind: 'savepoint', state: 'inProgress', attempt: 2, startedMs: 50, endedMs: null },
    ]);
    expect(history.detail(7)).toMatchObject({ subtasks: 4, acknowledged: 2, bytes: 30, manifest: null });
  });

  it('tells what each subtask had to do for it', () => {
    const history = create();
    complete(history, 2, 100, 180);
    const detail = history.detail(2);
    expect(checkpointDetailSchema.parse(detail)).toEqual(detail);
    expect(detail?.tasks.map(({ subtasks }) => subtasks)).toEqual([
      [0, 1].map((slot) => ({
        slot,
        startDelayMs: 1 + slot,
        alignmentMs: 0,
        syncMs: 3,
        asyncMs: 4,
        bytes: 0,
        inFlightBytes: 0,
      })),
      [0, 1].map((slot) => ({
        slot,
        startDelayMs: 1 + slot,
        alignmentMs: 2,
        syncMs: 3,
        asyncMs: 4,
        bytes: 10,
        inFlightBytes: 0,
      })),
    ]);
  });

  it('gives what was written, what it stands on, and where its manifest is', () => {
    const history = create();
    complete(history, 2, 100, 180);
    expect(history.latest()).toMatchObject({ id: 2, endedMs: 180, bytes: 200, fullBytes: 1200 });
    expect(history.latest()?.manifest).toBe('jobs/shop/log/7');
  });

  it('keeps why one has failed, and the last good one as the latest', () => {
    const history = create();
    complete(history, 1, 0, 10);
    history.take({ what: 'triggered', id: 2, kind: 'checkpoint', attempt: 1 }, 20);
    history.take({ what: 'failed', id: 2, reason: 'the disk is full' }, 30);
    const list = history.list();
    expect(list.counts).toEqual({ triggered: 2, completed: 1, failed: 1, restored: 0 });
    expect(list.history.map(({ id, state, failure }) => [id, state, failure])).toEqual([
      [2, 'failed', 'the disk is full'],
      [1, 'completed', null],
    ]);
    expect(history.latest()?.id).toBe(1);
  });

  it('remembers the newest, and the latest good one beyond that', () => {
    const history = create();
    complete(history, 1, 0, 10);
    for (let id = 2; id <= checkpointHistory + 5; id++) {
      history.take({ what: 'triggered', id, kind: 'checkpoint', attempt: 1 }, id);
      history.take({ what: 'failed', id, reason: 'no' }, id);
    }
    const list = checkpointListSchema.parse(history.list());
    expect(list.history).toHaveLength(checkpointHistory);
    expect(list.history[0]?.id).toBe(checkpointHistory + 5);
    expect(history.detail(1)).toBeUndefined();
    expect(history.latest()?.id).toBe(1);
  });

  it('sums up how long they took and what they wrote', () => {
    const history = create();
    for (const id of [1, 2, 3, 4]) complete(history, id, 0, 10 * id);
    expect(history.list().summary).toMatchObject({
      durationMs: { minimum: 10, mean: 25, p50: 20, p99: 40, maximum: 40 },
      bytes: { minimum: 200, maximum: 1200 },
    });
  });

  it('says from which one the job went on', () => {
    const history = create();
    expect(history.take({ what: 'restored', id: 9 }, 77)).toBeUndefined();
    expect(history.list()).toMatchObject({ restored: { id: 9, atMs: 77 }, counts: { restored: 1 } });
  });

  it('takes no note of what is late', () => {
    const history = create();
    expect(history.take({ what: 'acknowledged', ack: ack(3, 0, 1) }, 1)).toBeUndefined();
    expect(history.take({ what: 'failed', id: 3, reason: 'no' }, 1)).toBeUndefined();
    expect(history.list().counts.failed).toBe(0);
  });
});
