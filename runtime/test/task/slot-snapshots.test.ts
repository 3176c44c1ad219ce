import { Batch } from 'millrace';
import { expect, it } from 'vitest';
import type { PreparedSink, SlotSnapshot } from '../../src/checkpoint/slot-snapshot.ts';
import type { KeyedSnapshot, SnapshotUnit } from '../../src/checkpoint/snapshot-unit.ts';
import type { FrozenSubtask, Since } from '../../src/task/freeze.ts';
import { Overtaken } from '../../src/task/overtaken.ts';
import { SlotSnapshots } from '../../src/task/slot-snapshots.ts';
import type { Subtask } from '../../src/task/subtask.ts';

const bytes = Uint8Array.of(1, 2, 3);

/** Frozen state of one transform with one piece for each key group. */
const stateOf = (uid: string, keyGroups: readonly number[], log: string[]) => {
  const left = [...keyGroups];
  const snapshot: KeyedSnapshot = {
    next: () => {
      const keyGroup = left.shift();
      return keyGroup === undefined ? undefined : { keyGroup, mode: 'whole', bytes };
    },
    release: () => void log.push(`release ${uid}`),
  };
  return { uid, keyGroups, snapshot };
};

interface FakeSubtask {
  readonly task: number;
  ended: boolean;
  readonly alignmentMs: number;
  freeze(): FrozenSubtask;
}

const newRig = () => {
  const log: string[] = [];
  const units: SnapshotUnit[] = [];
  const taken: SlotSnapshot[] = [];
  const failures: unknown[] = [];
  const control = { room: true, garbageBytes: 0 };
  const snapshots = new SlotSnapshots({
    slot: 2,
    clock: { nowMs: () => 100, monotonicMs: () => 5 },
    output: {
      hasRoom: () => control.room,
      unit: (_, unit) => void units.push(unit),
      taken: (snapshot) => void taken.push(snapshot),
    },
    onGarbage: (garbageBytes) => {
      control.garbageBytes += garbageBytes;
    },
    describeStates: () => [{ uid: 'count', name: 'sum', kind: 'value' }],
    wake: () => void log.push('wake'),
    fail: (error) => void failures.push(error),
  });
  const subtask = (task: number, parts: Partial<FrozenSubtask> = {}): FakeSubtask & Subtask =>
    ({
      task,
      ended: false,
      alignmentMs: 3,
      freeze: () => ({
        keyed: [],
        units: [],
        sinks: [],
        watermark: { uid: `task ${task}`, links: [], outputMs: 7 },
        position: undefined,
        ...parts,
      }),
    }) as unknown as FakeSubtask & Subtask;
  const workAll = (): number => {
    let pieces = 0;
    while (snapshots.work()) pieces++;
    return pieces;
  };
  return { snapshots, subtask, workAll, log, units, taken, failures, control };
};

const aligned = { isUnaligned: false, inFlightBytes: 0 };
const checkpoint = (id: number) => ({ id, triggeredMs: 90, isWhole: false, parks: false });

it('gives the pieces of all subtasks, and tells once that all is taken', () => {
  const { snapshots, subtask, workAll, units, taken, log } = newRig();
  const first = subtask(0, { keyed: [stateOf('count', [1, 4], log)] });
  const second = subtask(1, {
    units: [{ kind: 'list', uid: 'buffer', state: 'items', subtask: 2, items: [bytes] }],
  });
  snapshots.begin(checkpoint(1), [first, second]);
  snapshots.freeze(second);
  expect(workAll()).toBe(0);
  snapshots.freeze(first);
  workAll();
  expect(units.map(({ kind, uid }) => `${kind} ${uid}`)).toEqual([
    'list buffer',
    'keyGroup count',
    'keyGroup count',
  ]);
  expect(taken).toHaveLength(1);
  expect(taken[0]).toMatchObject({ checkpointId: 1, slot: 2, sources: [], sinks: [] });
  expect(taken[0]?.states).toEqual([{ uid: 'count', name: 'sum', kind: 'value' }]);
  expect(taken[0]?.watermarks.map(({ uid }) => uid)).toEqual(['task 1', 'task 0']);
  expect(taken[0]?.subtasks).toEqual([
    { task: 1, startDelayMs: 7, alignmentMs: 3, syncMs: 0, asyncMs: 0, stateBytes: 3, ...aligned },
    { task: 0, startDelayMs: 7, alignmentMs: 3, syncMs: 0, asyncMs: 0, stateBytes: 6, ...aligned },
  ]);
});

it('tells of the memory outside of the heap that each piece leaves behind', () => {
  const { snapshots, subtask, workAll, control, log } = newRig();
  const only = subtask(0, { keyed: [stateOf('count', [1, 4], log)] });
  snapshots.begin(checkpoint(1), [only]);
  workAll();
  expect(control.garbageBytes).toBe(0);
  snapshots.freeze(only);
  workAll();
  expect(control.garbageBytes).toBeGreaterThanOrEqual(2 * bytes.length);
});

it('encodes nothing while there is no room', () => {
  const { snapshots, subtask, workAll, taken, control, log } = newRig();
  const only = subtask(0, { keyed: [stateOf('count', [1], log)] });
  snapshots.begin(checkpoint(1), [only]);
  snapshots.freeze(only);
  control.room = false;
  expect(workAll()).toBe(0);
  control.room = true;
  workAll();
  expect(taken).toHaveLength(1);
});

it('takes subtasks that have ended at once, and those that end without a barrier when they end', () => {
  const { snapshots, subtask, workAll, taken } = newRig();
  const ended = subtask(0);
  ended.ended = true;
  const ending = subtask(1);
  snapshots.begin(checkpoint(1), [ended, ending]);
  expect(workAll()).toBe(0);
  snapshots.freeze(ending);
  workAll();
  expect(taken).toHaveLength(1);
});

it('waits until sinks have prepared', async () => {
  const { snapshots, subtask, workAll, taken } = newRig();
  const { promise, resolve } = Promise.withResolvers<PreparedSink>();
  const only = subtask(0, { sinks: [promise] });
  snapshots.begin(checkpoint(1), [only]);
  snapshots.freeze(only);
  expect(workAll()).toBe(0);
  resolve({ uid: 'out', committables: ['part'] });
  await promise;
  await Promise.resolve();
  workAll();
  expect(taken[0]?.sinks).toEqual([{ uid: 'out', committables: ['part'] }]);
});

it('fails the slot when a sink cannot prepare', async () => {
  const { snapshots, subtask, failures } = newRig();
  const only = subtask(0, { sinks: [Promise.reject(new Error('disk full'))] });
  snapshots.begin(checkpoint(1), [only]);
  snapshots.freeze(only);
  await new Promise((resolve) => setImmediate(resolve));
  expect(String(failures[0])).toContain('disk full');
});

it('gives up what is left when the checkpoint was aborted, or the barrier of a later one comes first', () => {
  const { snapshots, subtask, workAll, taken, log } = newRig();
  const only = subtask(0, { keyed: [stateOf('count', [1], log)] });
  snapshots.begin(checkpoint(1), [only]);
  snapshots.freeze(only);
  snapshots.checkpointEnded(1, false);
  expect(log).toContain('release count');
  expect(workAll()).toBe(0);
  snapshots.begin(checkpoint(2), [only]);
  snapshots.begin(checkpoint(1), [only]);
  snapshots.freeze(only);
  snapshots.begin(checkpoint(3), [only]);
  snapshots.freeze(only);
  workAll();
  expect(taken.map(({ checkpointId }) => checkpointId)).toEqual([3]);
});

it('takes nothing at the barrier of a checkpoint that was given up when the next has begun: what came between would be in neither', () => {
  const { snapshots, subtask, workAll, taken } = newRig();
  const source = subtask(0);
  const behind = subtask(1);
  const both = [source, behind];
  snapshots.begin(checkpoint(1), both);
  snapshots.barrier(checkpoint(1), both, source);
  snapshots.checkpointEnded(1, false);
  snapshots.begin(checkpoint(2), both);
  snapshots.barrier(checkpoint(2), both, source);
  snapshots.barrier(checkpoint(1), both, behind);
  workAll();
  expect(taken).toEqual([]);
  snapshots.barrier(checkpoint(2), both, behind);
  workAll();
  expect(taken.map(({ checkpointId }) => checkpointId)).toEqual([2]);
});

it('writes what a barrier has overtaken, and is complete when the barrier has come on every channel', () => {
  const { snapshots, subtask, workAll, units, taken } = newRig();
  const only = subtask(0);
  const overtaken = new Overtaken();
  overtaken.add('1 an edge', { kind: 'watermark', timeMs: 5 });
  overtaken.expect();
  overtaken.begun();
  snapshots.barrier(checkpoint(1), [only], only, overtaken);
  workAll();
  overtaken.add('1 an edge', { kind: 'idle' });
  workAll();
  expect(taken).toEqual([]);
  overtaken.arrived();
  workAll();
  expect(units.map(({ kind, ...unit }) => [kind, 'state' in unit && unit.state])).toEqual([
    ['inFlight', '1 an edge'],
    ['inFlight', '1 an edge'],
  ]);
  expect(taken[0]?.inFlight).toEqual(['an edge']);
  expect(taken[0]?.subtasks[0]).toMatchObject({ isUnaligned: true, inFlightBytes: 10, stateBytes: 0 });
});

it('lets go what was overtaken when the checkpoint was given up, and takes no more of it', () => {
  const { snapshots, subtask, workAll, units } = newRig();
  const only = subtask(0);
  let rooms = 0;
  const overtaken = new Overtaken({ bytes: 1, onRoom: () => void rooms++ });
  const batch = Batch.ofRows(['a'], new Float64Array(1));
  overtaken.add('1 an edge', batch);
  overtaken.expect();
  overtaken.begun();
  snapshots.barrier(checkpoint(1), [only], only, overtaken);
  expect(overtaken.isFull).toBe(true);
  snapshots.checkpointEnded(1, false);
  overtaken.add('1 an edge', batch);
  workAll();
  expect([units.length, overtaken.isFull, rooms]).toEqual([0, false, 1]);
});

it('asks for changes only, whatever is due, while somebody reads on behind a checkpoint', () => {
  const { snapshots, subtask, workAll, log } = newRig();
  const asked: (number | undefined)[] = [];
  const take = (id: number, keepsChains: boolean): void => {
    const only = subtask(0, { keyed: [stateOf('count', [1], log)] });
    const freeze = only.freeze.bind(only);
    const noting = {
      ...only,
      freeze: (_: unknown, since: Since) => {
        asked.push(since('count', 1));
        return freeze(undefined as never, since);
      },
    } as unknown as Subtask;
    snapshots.begin({ ...checkpoint(id), keepsChains }, [noting]);
    snapshots.freeze(noting);
    workAll();
    snapshots.checkpointEnded(id, true);
  };
  for (let id = 1; id <= 32; id++) take(id, false);
  expect(asked.slice(1)).toContain(undefined);
  asked.length = 0;
  for (let id = 33; id <= 64; id++) take(id, true);
  expect(asked).toEqual(Array.from({ length: 32 }, (_, i) => 32 + i));
});
