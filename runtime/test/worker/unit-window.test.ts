import { expect, it } from 'vitest';
import type { SnapshotUnit } from '../../src/checkpoint/snapshot-unit.ts';
import { UnitReceiver, UnitWindow } from '../../src/worker/unit-window.ts';

const mebibyte = 2 ** 20;
const unitOf = (sizeBytes: number): SnapshotUnit => ({
  kind: 'keyGroup',
  uid: 'count',
  keyGroup: 1,
  mode: 'whole',
  bytes: new Uint8Array(sizeBytes),
});

it('lets so many bytes go at a time, until they are taken on the other side', () => {
  const room = { is: true };
  let passed = 0;
  const receiver: UnitReceiver = new UnitReceiver(
    { hasRoom: () => room.is, unit: () => void passed++, taken: () => undefined },
    (bytes) => window.acknowledge(bytes),
  );
  const window: UnitWindow = new UnitWindow(
    (checkpointId, unit) => receiver.accept(checkpointId, unit),
    () => undefined,
  );
  window.unit(1, unitOf(20 * mebibyte));
  expect(window.hasRoom()).toBe(true);
  room.is = false;
  window.unit(1, unitOf(10 * mebibyte));
  expect(window.hasRoom()).toBe(true);
  window.unit(1, { kind: 'list', uid: 'a', state: 'b', subtask: 0, items: [new Uint8Array(10 * mebibyte)] });
  expect(window.hasRoom()).toBe(false);
  receiver.hasRoom();
  expect(window.hasRoom()).toBe(true);
  expect(passed).toBe(3);
});
