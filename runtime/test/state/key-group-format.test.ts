import { describe, expect, it } from 'vitest';
import { type MapState, mapState, type ValueState, valueState } from '../../src/api/state.ts';
import { ByteWriter, encodeValue } from '../../src/batch/codec.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';

const createStore = (): KeyedStore => new KeyedStore({ maxParallelism: 1, nowMs: () => 0 });

/** A key group written by hand, as in version 1. */
interface Parts {
  readonly removed?: readonly unknown[];
  readonly keys?: readonly unknown[];
  readonly states?: readonly (readonly [
    name: string,
    kind: number,
    flags: number,
    body: (writer: ByteWriter) => void,
  ])[];
  readonly timers?: readonly (readonly [row: number, timeMs: number, namespace: unknown])[];
}

const encode = ({ removed = [], keys = [], states = [], timers = [] }: Parts): Uint8Array => {
  const writer = new ByteWriter();
  writer.writeByte(1);
  for (const list of [removed, keys]) {
    writer.writeVarint(list.length);
    for (const key of list) encodeValue(key, writer);
  }
  writer.writeVarint(states.length);
  for (const [name, kind, flags, body] of states) {
    writer.writeSizedText(name);
    writer.writeByte(kind);
    writer.writeByte(flags);
    body(writer);
  }
  writer.writeVarint(timers.length);
  for (const [row, timeMs, namespace] of timers) {
    writer.writeVarint(row);
    writer.writeDouble(timeMs);
    encodeValue(namespace, writer);
  }
  writer.writeVarint(0);
  return writer.toBytes();
};

/** The first key group of the tests below in version 2: no key removed, of two keys one has a count and the other a map. */
const encodeInColumns = (): Uint8Array => {
  const writer = new ByteWriter();
  for (const byte of [2, 0, 0, 2, 0]) writer.writeByte(byte);
  for (const key of ['a', 7]) encodeValue(key, writer);
  writer.writeVarint(2);
  writer.writeSizedText('count');
  for (const byte of [0, 1, 0, 0b10]) writer.writeByte(byte);
  writer.writeDouble(2.5);
  writer.writeSizedText('map');
  for (const byte of [2, 0, 0, 0b01, 1]) writer.writeByte(byte);
  for (const value of ['x', 3]) encodeValue(value, writer);
  writer.writeVarint(1);
  writer.writeInt32(1);
  writer.writeDouble(1000);
  writer.writeDouble(0);
  writer.writeVarint(0);
  return writer.toBytes();
};

const refusalOf = (parts: Parts): MillraceError => {
  try {
    createStore().importKeyGroup(0, encode(parts));
  } catch (error) {
    if (MillraceError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

const numberOf = (value: number, bits = 1) => {
  return (writer: ByteWriter): void => {
    writer.writeByte(bits);
    writer.writeDouble(value);
  };
};

describe('the bytes of a key group', () => {
  it('can be written by hand from their description', () => {
    const store = createStore();
    const count = store.register(valueState('count', { type: 'number' })) as ValueState<number>;
    const map = store.register(mapState('map')) as MapState<string, number>;
    const bytes = encode({
      keys: ['a', 7],
      states: [
        ['count', 0, 1, numberOf(2.5, 0b10)],
        [
          'map',
          2,
          0,
          (writer): void => {
            writer.writeByte(0b01);
            writer.writeVarint(1);
            encodeValue('x', writer);
            encodeValue(3, writer);
          },
        ],
      ],
      timers: [[1, 1000, 0]],
    });
    for (const written of [bytes, encodeInColumns()]) {
      store.importKeyGroup(0, written);
      store.setCurrentKey('a', hashValue('a'));
      expect([count.value(), map.get('x')]).toEqual([undefined, 3]);
      store.setCurrentKey(7, hashValue(7));
      expect([count.value(), map.get('x')]).toEqual([2.5, undefined]);
      expect(store.eventTimers.nextMs()).toBe(1000);
      expect(store.exportKeyGroup(0)).toEqual(encodeInColumns());
    }
  });

  it('are refused with the reason when a part of them makes no sense', () => {
    const cases: readonly (readonly [Parts, string])[] = [
      [{ keys: ['a'], states: [['count', 9, 0, numberOf(1)]] }, 'no known kind'],
      [{ keys: ['a'], states: [['count', 1, 1, numberOf(1)]] }, 'no known kind'],
      [{ keys: ['a'], timers: [[1, 5, 0]] }, 'a timer makes no sense'],
      [{ keys: ['a'], timers: [[0, Number.NaN, 0]] }, 'a timer makes no sense'],
      [{ keys: ['a'], timers: [[0, 5, 'space']] }, 'a timer makes no sense'],
    ];
    for (const [parts, reason] of cases) {
      const error = refusalOf(parts);
      expect(error.code).toBe('record-invalid');
      expect(error.message).toContain(reason);
    }
  });

  it('are refused when they claim to hold more than they could', () => {
    const writer = new ByteWriter();
    writer.writeByte(1);
    writer.writeVarint(0);
    writer.writeVarint(1e12);
    expect(() => createStore().importKeyGroup(0, writer.toBytes())).toThrow('damaged');
    expect(() => createStore().importKeyGroup(0, new Uint8Array(0))).toThrow('damaged');
  });

  it('may name keys as removed that were never there', () => {
    const store = createStore();
    const count = store.register(valueState('count', { type: 'number' })) as ValueState<number>;
    for (const key of ['a', 'b']) {
      store.setCurrentKey(key, hashValue(key));
      count.update(1);
      store.eventTimers.register(1);
    }
    store.applyChanges(
      0,
      encode({ removed: ['a', 'unknown', 'b'], keys: ['b'], states: [['count', 0, 1, numberOf(9)]] }),
    );
    expect(store.keyCount).toBe(1);
    expect(count.value()).toBe(9);
    expect(store.eventTimers.size).toBe(0);
  });
});
