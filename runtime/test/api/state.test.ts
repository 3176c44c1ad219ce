import { describe, expect, expectTypeOf, test } from 'vitest';
import type { StateAccess, ValueState } from '../../src/api/state.ts';
import {
  aggregatingState,
  broadcastState,
  listState,
  mapState,
  reducingState,
  valueState,
} from '../../src/api/state.ts';

const add = (left: number, right: number): number => left + right;
const ttl = { after: '1h', refreshOn: 'read', returnExpired: true } as const;

describe('a state descriptor', () => {
  test('is a plain value with a name', () => {
    expect(valueState('v')).toEqual({
      kind: 'value',
      name: 'v',
      default: undefined,
      type: 'any',
      ttl: undefined,
    });
    expect(listState('l')).toEqual({ kind: 'list', name: 'l', ttl: undefined });
    expect(mapState('m')).toEqual({ kind: 'map', name: 'm', ttl: undefined });
    expect(reducingState('r', add)).toEqual({ kind: 'reducing', name: 'r', reduce: add, ttl: undefined });
    expect(broadcastState('b')).toEqual({ kind: 'broadcast', name: 'b' });
    const aggregate = { create: () => 0, add, result: String };
    expect(aggregatingState('a', aggregate)).toEqual({
      kind: 'aggregating',
      name: 'a',
      aggregate,
      ttl: undefined,
    });
  });

  test('keeps its time to live, default and type', () => {
    expect(valueState('v', { default: 0, type: 'number', ttl })).toEqual({
      kind: 'value',
      name: 'v',
      default: 0,
      type: 'number',
      ttl,
    });
    expect(
      [listState('l', { ttl }), mapState('m', { ttl }), reducingState('r', add, { ttl })].map(
        (one) => one.ttl,
      ),
    ).toEqual([ttl, ttl, ttl]);
  });

  test('gives the type of its handle', () => {
    const typesOf = (access: StateAccess) => ({
      plain: access.state(valueState<string>('a')),
      counted: access.state(valueState('b', { default: 0 })),
      list: access.state(listState<string>('c')).get(),
      map: access.state(mapState<string, number>('d')).get('x'),
      reduced: access.state(reducingState<number>('e', add)).get(),
      folded: access.state(aggregatingState('f', { create: () => 0, add, result: String })).get(),
    });
    type Types = ReturnType<typeof typesOf>;
    expectTypeOf<Types['plain']>().toEqualTypeOf<ValueState<string>>();
    expectTypeOf<Types['counted']>().toEqualTypeOf<ValueState<number, number>>();
    expectTypeOf<Types['list']>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<Types['map']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Types['reduced']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Types['folded']>().toEqualTypeOf<string | undefined>();
  });
});
