import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  aggregatingState,
  listState,
  type MapState,
  mapState,
  reducingState,
  type StateDescriptor,
  type ValueState,
  valueState,
} from '../../src/api/state.ts';
import { ByteWriter, encodeValue } from '../../src/batch/codec.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { equalValues } from '../../src/batch/order.ts';
import { readSlotState } from '../../src/checkpoint/restore.ts';
import { readSavepointManifest } from '../../src/checkpoint/savepoint-folder.ts';
import { StateObjectWriter } from '../../src/checkpoint/state-object-writer.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { openSavepoint, writeSavepoint as writeInto } from '../../src/offline/index.ts';
import type { KeyedRecord } from '../../src/offline/keyed-records.ts';
import { openManifest } from '../../src/offline/savepoint.ts';
import { writeSavepoint } from '../../src/offline/write-savepoint.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { collect, means } from '../checkpoint/state-rig.ts';
import { anyKey, anyValue } from '../state/values.ts';
import { MemoryStore } from '../support/memory-store.ts';

fc.configureGlobal({ seed: 41_004 });

const clock = { nowMs: () => 5, monotonicMs: () => 5 };
const made = { createdMs: 1000, runtimeVersion: '0.1.0' };
const maxParallelism = 16;

const average = {
  create: () => ({ sum: 0, count: 0 }),
  add: (left: { sum: number; count: number }, value: number) => ({
    sum: left.sum + value,
    count: left.count + 1,
  }),
  result: ({ sum, count }: { sum: number; count: number }) => sum / count,
};
const states = [
  valueState('total', { type: 'number' }),
  valueState('last'),
  listState('items'),
  mapState('seen'),
  reducingState('most', Math.max as (left: unknown, right: unknown) => unknown),
  aggregatingState('average', average as never),
] as readonly StateDescriptor[];

const bare = (key: unknown, state: Readonly<Record<string, unknown>>): KeyedRecord => ({
  key,
  state,
  eventTimersMs: [],
  processingTimersMs: [],
});
const records: readonly KeyedRecord[] = [
  { ...bare('anna', { total: 3, last: { city: 'Kyiv' }, items: [1, 'two'] }), eventTimersMs: [10, 20] },
  { ...bare(7, { seen: new Map([['a', 1n]]), most: 9 }), processingTimersMs: [5] },
  bare([1, 'x'], { average: { sum: 10, count: 4 } }),
];

const written = async (transforms = [{ uid: 'count', states, records }]) => {
  const store = new MemoryStore(clock);
  await writeSavepoint(means, store, { jobName: 'shop', maxParallelism, transforms }, made);
  return store;
};

const open = async (store: MemoryStore, prefix = '') => {
  const folder = storeUnder(store, prefix);
  return openManifest(means, folder, await readSavepointManifest(means, folder));
};

const byKey = (all: readonly KeyedRecord[]): readonly KeyedRecord[] =>
  [...all].sort((one, other) => hashValue(one.key) - hashValue(other.key));

describe('a savepoint made of records', () => {
  it('gives the records back', async () => {
    const savepoint = await open(await written());
    expect(byKey(await collect(savepoint.keyedState('count')))).toEqual(byKey(records));
  });

  it('gives back any keys and values', async () => {
    const entries = fc.uniqueArray(fc.tuple(anyKey, anyValue), {
      selector: ([key]) => hashValue(key),
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(entries, async (pairs) => {
        const some = pairs.map(([key, value]) => bare(key, { last: value, items: [value, value] }));
        const savepoint = await open(await written([{ uid: 'count', states, records: some }]));
        const back = await collect(savepoint.keyedState('count'));
        expect(equalValues(byKey(back) as never, byKey(some) as never)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('is what a job of any parallelism starts with', async () => {
    const store = await written();
    const { manifest } = await open(store);
    for (const slots of [1, 3]) {
      const average3: unknown[] = [];
      for (let slot = 0; slot < slots; slot++) {
        const running = new KeyedStore({ maxParallelism, nowMs: () => 0 });
        const total = running.register(states[0] as StateDescriptor) as ValueState<number>;
        const seen = running.register(states[3] as StateDescriptor) as MapState<string, bigint>;
        const mean = running.register(states[5] as StateDescriptor) as { get(): unknown };
        const restoring = {
          slot,
          owns: (group: number) => group % slots === slot,
          parallelismOf: () => slots,
          loadedId: 0,
          isRerouted: false,
        };
        const units = readSlotState(
          { store, system: means },
          { ...manifest, parallelismOf: () => 1 },
          restoring,
        );
        for await (const unit of units)
          if (unit.kind === 'keyGroup') running.importKeyGroup(unit.keyGroup, unit.bytes);
        for (const { key } of records) {
          running.setCurrentKey(key, hashValue(key));
          average3.push(total.value(), seen.get('a'), mean.get());
        }
      }
      expect(
        average3
          .filter((value) => value !== undefined)
          .map(String)
          .sort(),
      ).toEqual(['1', '2.5', '3']);
    }
  });

  it('may be copied anywhere: its objects are named relative to its manifest', async () => {
    const store = await written();
    const moved = new MemoryStore(clock);
    for (const { key } of await store.list('')) await moved.put(`else/where/${key}`, (await store.get(key))!);
    const savepoint = await open(moved, 'else/where/');
    expect(await collect(savepoint.keyedState('count'))).toHaveLength(3);
  });

  it('says what its states look like', async () => {
    const { manifest } = await open(await written());
    expect(manifest).toMatchObject({ kind: 'savepoint', jobName: 'shop', createdMs: 1000, slots: 1 });
    expect(manifest.schemas.map(({ name, kind, type }) => [name, kind, type])).toEqual([
      ['total', 'value', 'number'],
      ['last', 'value', undefined],
      ['items', 'list', undefined],
      ['seen', 'map', undefined],
      ['most', 'reducing', undefined],
      ['average', 'aggregating', undefined],
    ]);
  });

  it('is not written over another', async () => {
    const store = await written();
    const again = writeSavepoint(means, store, { jobName: 'shop', maxParallelism, transforms: [] }, made);
    await expect(again).rejects.toThrow('There is a savepoint in memory already.');
  });

  it.each([
    [bare('a', { other: 1 }), 'A record has the state “other”, and no descriptor has that name.'],
    [bare('a', { items: 1 }), 'The list state “items” of a record is no array.'],
    [bare('a', { seen: {} }), 'The map state “seen” of a record is no Map.'],
  ])('is refused when a record has no place in the descriptors: %#', async (record, message) => {
    await expect(written([{ uid: 'count', states, records: [record] }])).rejects.toThrow(message);
  });

  it('is found by the path of a directory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-state-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const state = { jobName: 'shop', maxParallelism, transforms: [{ uid: 'count', states, records }] };
    await writeInto('mine', state, { baseDirectory: directory });
    const savepoint = await openSavepoint(join(directory, 'mine'));
    expect(byKey(await collect(savepoint.keyedState('count')))).toEqual(byKey(records));
    await expect(openSavepoint('other', { baseDirectory: directory })).rejects.toThrow(
      /^There is no savepoint in .*other: it has no object “manifest”/,
    );
    await expect(openSavepoint('s3://')).rejects.toThrow('“s3://” names no bucket.');
  });
});

describe('state that a job has written', () => {
  const withSubtasks = async () => {
    const store = await written();
    const { manifest } = await open(store);
    const encode = (...values: readonly unknown[]): Uint8Array => {
      const writer = new ByteWriter();
      for (const value of values) encodeValue(value, writer);
      return writer.toBytes();
    };
    const writer = new StateObjectWriter(means);
    const unit = { uid: 'count', subtask: 0 };
    writer.add({ ...unit, kind: 'list', state: 'offsets', items: [encode(1), encode('b')] });
    writer.add({ ...unit, kind: 'broadcast', state: 'rules', items: [encode('k', true)] });
    const { bytes, ...object } = await writer.finish();
    await store.put('state/1/1/0-9', bytes);
    const { rawBytes: _, ...ref } = { key: 'state/1/1/0-9', checkpointId: 1, slot: 0, ...object };
    const transforms = [
      ...manifest.transforms,
      { uid: 'windows', name: 'w', kind: 'window', task: 'w', parallelism: 1 },
    ];
    return openManifest(means, store, { ...manifest, transforms, objects: [...manifest.objects, ref] });
  };

  it('of subtasks is read as lists of values', async () => {
    expect(await (await withSubtasks()).subtaskState('count')).toEqual([
      { state: 'offsets', kind: 'list', subtask: 0, items: [1, 'b'] },
      { state: 'rules', kind: 'broadcast', subtask: 0, items: [['k', true]] },
    ]);
  });

  it('of windows is not read as records, and that of nobody is refused', async () => {
    const savepoint = await withSubtasks();
    expect(() => savepoint.keyedState('windows')).toThrow(
      'The transform “windows” is of the kind window, whose keyed state cannot be read as records.',
    );
    expect(() => savepoint.keyedState('other')).toThrow('The savepoint has no transform “other”.');
  });
});
