import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalValues } from '../../src/batch/values.ts';
import { ValueMap } from '../../src/state/value-map.ts';
import { anyKey } from './values.ts';

describe('a map by value', () => {
  it('does what a list of pairs searched by equality does', () => {
    const step = fc.tuple(fc.constantFrom('set', 'set', 'set', 'delete', 'clear'), anyKey, fc.nat(9));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.nat(40), (steps, rarity) => {
        const map = new ValueMap<unknown, number>();
        let model: [unknown, number][] = [];
        for (const [kind, key, value] of steps) {
          const known = model.find(([held]) => equalValues(held, key));
          expect(map.has(key)).toBe(known !== undefined);
          expect(map.get(key)).toBe(known?.[1]);
          if (kind === 'delete') {
            expect(map.delete(key)).toBe(known !== undefined);
            model = model.filter((entry) => entry !== known);
          } else if (kind === 'clear' && value * 5 < rarity) {
            map.clear();
            model = [];
          } else {
            map.set(key, value);
            // As in any Map, −0 is kept as 0.
            if (known === undefined) model.push([key === 0 ? 0 : key, value]);
            else known[1] = value;
          }
        }
        expect([...map]).toEqual(model);
        expect([...map.keys()]).toEqual(model.map(([key]) => key));
        expect([...map.values()]).toEqual(model.map(([, value]) => value));
        expect(map.size).toBe(model.length);
        expect([...new ValueMap(map)]).toEqual(model);
      }),
    );
  });

  it('takes equal objects for one key and the first for its name', () => {
    const map = new ValueMap<unknown, string>();
    const first = { a: 1, b: 2 };
    map.set(first, 'x');
    map.set({ b: 2, a: 1 }, 'y');
    expect(map.size).toBe(1);
    expect([...map.keys()][0]).toBe(first);
    expect(map.get({ a: 1, b: 2 })).toBe('y');
    expect(map.delete({ b: 2, a: 1 })).toBe(true);
    expect(map.has(first)).toBe(false);
  });
});
