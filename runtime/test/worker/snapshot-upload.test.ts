import { expect, it } from 'vitest';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { type SlotAck, SnapshotUpload } from '../../src/worker/snapshot-upload.ts';

it('counts the time until the state is in the store as the asynchronous part of a checkpoint', async () => {
  const machine = createTestSystem();
  const putting = Promise.withResolvers<void>();
  const acks: SlotAck[] = [];
  const acked = Promise.withResolvers<void>();
  const upload = new SnapshotUpload({
    system: machine.system,
    store: { put: () => putting.promise } as unknown as ObjectStore,
    attempt: 1,
    slot: 0,
    onAck: (ack) => {
      acks.push(ack);
      acked.resolve();
    },
    onRefused: (_, error) => acked.reject(error),
    onRoom: () => undefined,
  });
  const bytes = Uint8Array.of(1, 2, 3);
  upload.unit(4, { kind: 'keyGroup', uid: 'count', keyGroup: 0, mode: 'whole', bytes });
  upload.taken({
    checkpointId: 4,
    slot: 0,
    sources: [],
    watermarks: [],
    sinks: [],
    keyed: [{ uid: 'count', keyGroups: [0] }],
    states: [],
    inFlight: [],
    subtasks: [
      {
        task: 0,
        startDelayMs: 1,
        alignmentMs: 2,
        syncMs: 3,
        asyncMs: 4,
        stateBytes: 3,
        isUnaligned: false,
        inFlightBytes: 0,
      },
    ],
  });
  machine.advance(50);
  putting.resolve();
  await acked.promise;
  expect(acks[0]?.subtasks).toEqual([
    {
      task: 0,
      startDelayMs: 1,
      alignmentMs: 2,
      syncMs: 3,
      asyncMs: 54,
      stateBytes: 3,
      isUnaligned: false,
      inFlightBytes: 0,
    },
  ]);
});
