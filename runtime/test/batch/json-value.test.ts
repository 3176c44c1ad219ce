import fc from 'fast-check';
import { expect, it } from 'vitest';
import { valueFromJson, valueToJson } from '../../src/batch/json-value.ts';
import { equalValues } from '../../src/batch/order.ts';
import { anyValue } from '../state/values.ts';

fc.configureGlobal({ seed: 41_005 });

it('writes any value as JSON and reads the same value again', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const text = JSON.stringify(valueToJson(value));
      expect(equalValues(valueFromJson(JSON.parse(text)) as never, value as never)).toBe(true);
    }),
  );
});

it.each([
  ['plain values as they are', { a: [1, 'x', null, true] }, { a: [1, 'x', null, true] }],
  [
    'what JSON does not have with a mark',
    [1n, undefined, Number.NaN],
    [{ $: 'bigint', value: '1' }, { $: 'undefined' }, { $: 'number', value: 'NaN' }],
  ],
  ['maps and sets', new Map([[1, new Set(['a'])]]), { $: 'map', value: [[1, { $: 'set', value: ['a'] }]] }],
  ['dates', new Date(5), { $: 'date', value: 5 }],
  ['bytes', Uint8Array.of(1, 2), { $: 'bytes', value: 'AQI=' }],
  ['objects that look marked', { $: 'set', value: 1 }, { $: 'object', value: { $: 'set', value: 1 } }],
])('writes %s', (_, value, json) => {
  expect(valueToJson(value)).toEqual(json);
  expect(valueFromJson(json)).toEqual(value);
});

it.each([
  { $: 'bigint', value: 'x' },
  { $: 'map', value: [1] },
  { $: 'other' },
  { $: 'number', value: '5' },
  { $: 1 },
])('refuses marks that make no sense: %j', (json) => {
  expect(() => valueFromJson(json)).toThrow('A value is marked as');
});
