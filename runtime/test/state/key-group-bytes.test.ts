import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ByteWriter, encodeValue } from '../../src/batch/codec.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { oneOfEach } from '../batch/kinds.ts';
import { Clock, LivingStore } from './living-store.ts';

/** A store with state of every kind, with and without a time to live, under a few keys, and timers of both domains. */
const filled = (): LivingStore => {
  const clock = new Clock();
  const real = new LivingStore(1, clock);
  const { states, store, brief, visits } = real;
  real.setKey('user');
  states.number.update(-0.5);
  states.any.update({ a: 1, b: [true, null, undefined] });
  brief.update(7);
  visits.put('x', 1);
  clock.nowMs += 2;
  visits.put(['y'], { at: new Date(5) });
  store.eventTimers.register(1000);
  store.eventTimers.register(1000, 3);
  store.eventTimers.register(-Infinity);
  real.setKey(12);
  states.list.addAll([1, 'x', { a: 1, b: 2 }, { a: 3, b: 4 }]);
  states.reduced.add('one');
  states.reduced.add('two');
  store.processingTimers.register(2000, -1.5);
  real.setKey({ of: ['fields', 1n] });
  states.map.put(null, { a: 5, b: 6 });
  states.map.put({ k: 1 }, undefined);
  states.accumulated.add(new Uint8Array([1, 2]));
  real.setKey(Number.NaN);
  store.eventTimers.register(Infinity);
  return real;
};

/** `filled` as version 1 wrote it. Never changes: savepoints hold such bytes. */
const goldenVersion1 = [
  'AQAECQR1c2VyBAwPAQJvZgwCCQZmaWVsZHMHAQAAAAAAAAAGAAAAAAAA+H8IBm51bWJlcgABAQAAAAAAAOC/A2FueQAAAQ8CAWEB',
  'YgQBDAMDAQAEbGlzdAEAAgwEBAEJAXgQAQQBBAIQAQQDBAQDbWFwAgAEAgEQAQQFBAYPAQFrBAEAB3JlZHVjZWQDAAIMAgkDb25l',
  'CQN0d28LYWNjdW11bGF0ZWQEAAQMAQsCAQIFYnJpZWYAAwEAAAAAAAAcQAAAAAAAaI9ABnZpc2l0cwICAQIJAXgEAQAAAAAAaI9A',
  'DAEJAXkPAQJhdAoAAAAAAAAUQAAAAAAAeI9ABAAAAAAAAADw/wQAAAAAAAAAQI9ABAMAAAAAAABAj0AEAAMAAAAAAADwfwQAAQEA',
  'AAAAAECfQAYAAAAAAAD4vw==',
].join('');

/**
 * The digest of `filled` as version 2 writes it. Never changes: savepoints hold such bytes. Whoever adds a kind of state
 * writes another store of its own.
 */
const goldenDigest = '8eaeac32519abbab7c194bc45679e60c2e7d467207c7a198019f172798fddbe3';

/** What is in a store, timers last because reading them takes them out. */
const contents = (real: LivingStore): unknown => {
  const { states, store, brief, visits } = real;
  const keys = ['user', 12, { of: ['fields', 1n] }, Number.NaN].map((key) => {
    real.setKey(key);
    return [
      states.number.value(),
      states.any.value(),
      [...states.list.get()],
      [...states.map.entries()],
      states.reduced.get(),
      states.accumulated.get(),
      brief.value(),
      [...visits.entries()],
    ];
  });
  const timers = [store.eventTimers, store.processingTimers].map((queue) => {
    const fired: unknown[] = [];
    while (queue.pollDue(Infinity)) fired.push([store.currentKey, queue.timeMs, queue.namespace]);
    return fired;
  });
  return { keys, timers };
};

const restored = (bytes: Uint8Array): LivingStore => {
  const clock = new Clock();
  clock.nowMs += 2;
  const real = new LivingStore(1, clock);
  real.store.importKeyGroup(0, bytes);
  return real;
};

describe('the bytes of a key group with all there can be', () => {
  const bytes = filled().store.exportKeyGroup(0)!;

  it('are what they have always been', () => {
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(goldenDigest);
  });

  it('are read as version 1 wrote them, too', () => {
    const old = new Uint8Array(Buffer.from(goldenVersion1, 'base64'));
    expect(createHash('sha256').update(old).digest('hex')).toBe(
      'b13f769cb9a439d1b7c7deed016886e7a878b809355d44edf8058b32e3a8c969',
    );
    expect(restored(old).store.exportKeyGroup(0)).toEqual(bytes);
    expect(contents(restored(old))).toEqual(contents(filled()));
  });

  it('hold everything, and are written alike from what was read', () => {
    expect(restored(bytes).store.exportKeyGroup(0)).toEqual(bytes);
    expect(contents(restored(bytes))).toEqual(contents(filled()));
  });

  it('read twice hold nothing twice', () => {
    const real = restored(bytes);
    real.store.importKeyGroup(0, bytes);
    real.store.applyChanges(0, bytes);
    expect(real.store.exportKeyGroup(0)).toEqual(bytes);
  });

  it('are kept by a store that has registered none of its states, and by one that has some', () => {
    const strange = new KeyedStore({ maxParallelism: 1, nowMs: () => 1002 });
    strange.importKeyGroup(0, bytes);
    expect(contents(restored(strange.exportKeyGroup(0)!))).toEqual(contents(filled()));
    const clock = new Clock();
    const other = new LivingStore(1, clock);
    other.store.importKeyGroup(0, strange.exportKeyGroup(0)!);
    expect(other.store.keyCount).toBe(4);
  });
});

/** What becomes of a read: `read`, or the code of the error; anything else that is thrown goes on. */
const outcomeOf = (read: () => unknown): string => {
  try {
    read();
    return 'read';
  } catch (error) {
    if (!MillraceError.is(error) || error.hint === undefined) throw error;
    return error.code;
  }
};

describe('the bytes of a key group, damaged,', () => {
  const bytes = filled().store.exportKeyGroup(0)!;
  const allowed = new Set(['read', 'record-invalid', 'job-invalid']);

  it('are refused wherever they end', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(outcomeOf(() => restored(bytes.subarray(0, length)))).toBe('record-invalid');
    }
  });

  it('are refused when something follows', () => {
    expect(() => restored(Uint8Array.of(...bytes, 0))).toThrow('1 bytes follow');
    expect(() => restored(Uint8Array.of(...bytes, ...bytes))).toThrow('bytes follow');
  });

  it('are refused or read as something when one byte is another, and what was read can be written', () => {
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at++) {
      for (const byte of [0, 1, 2, 0x10, 0x7f, 0x80, 0xff, bytes[at]! ^ 1, bytes[at]! ^ 0x40]) {
        outcomes.add(outcomeOf(() => restored(bytes.with(at, byte)).store.exportKeyGroup(0)));
      }
    }
    expect(outcomes.difference(allowed)).toEqual(new Set());
  });

  it('are refused or read as something when one byte is missing, doubled or a giant number', () => {
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at++) {
      for (const middle of [
        [],
        [bytes[at]!, bytes[at]!],
        [0xff, 0xff, 0xff, 0x7f],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      ]) {
        const damaged = Uint8Array.of(...bytes.subarray(0, at), ...middle, ...bytes.subarray(at + 1));
        outcomes.add(outcomeOf(() => restored(damaged).store.exportKeyGroup(0)));
      }
    }
    expect(outcomes.difference(allowed)).toEqual(new Set());
  });

  it('leave nothing behind, and the other key groups alone', () => {
    const store = new KeyedStore({ maxParallelism: 2, nowMs: () => 0 });
    store.setCurrentKey('a', hashValue('a'));
    store.eventTimers.register(1);
    expect(() => store.importKeyGroup(1 - keyGroupOf(hashValue('a'), 2), bytes.subarray(0, 20))).toThrow(
      'damaged',
    );
    expect(store.keyCount).toBe(1);
    expect(store.eventTimers.size).toBe(1);
    expect(store.currentKey).toBe('a');
  });
});

describe('a key group whose keys are of all kinds', () => {
  it('is written by hand as the store writes it', () => {
    const store = new KeyedStore({ maxParallelism: 1, nowMs: () => 0 });
    const writer = new ByteWriter();
    const keys = oneOfEach().filter((key) => typeof key !== 'object' || key === null);
    for (const part of [1, 0, keys.length]) writer.writeVarint(part);
    for (const key of keys) encodeValue(key, writer);
    writer.writeVarint(0);
    writer.writeVarint(keys.length);
    keys.forEach((_, row) => {
      writer.writeVarint(row);
      writer.writeDouble(row);
      encodeValue(0, writer);
    });
    writer.writeVarint(0);
    store.importKeyGroup(0, writer.toBytes());
    expect(store.keyCount).toBe(keys.length);
    for (const key of keys) {
      expect(store.eventTimers.pollDue(Infinity)).toBe(true);
      expect(store.currentKey).toBe(key);
    }
    expect(Buffer.from(store.exportKeyGroup(0) ?? []).length).toBe(0);
  });
});
