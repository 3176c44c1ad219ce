import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History } from '../../../src/connectors/sse/history.ts';

const records = (text: string): unknown[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.slice('data: '.length)) as unknown);

describe('what a live page remembers', () => {
  it('is the newest records, oldest first', () => {
    const history = new History(3, undefined);
    expect(records(history.keep([1, 2]))).toEqual([1, 2]);
    history.keep([3, 4, 5]);
    expect(records(history.text())).toEqual([3, 4, 5]);
  });

  it('is nothing when nothing shall be remembered', () => {
    const history = new History(0, undefined);
    expect(history.keep(['a'])).toBe('data: "a"\n\n');
    expect(history.text()).toBe('');
  });

  it('is the newest record of each key', () => {
    const history = new History(10, 'city');
    history.keep([
      { city: 'Kyiv', degrees: 1 },
      { city: 'Oslo', degrees: 2 },
      { city: 'Kyiv', degrees: 3 },
    ]);
    expect(records(history.text())).toEqual([
      { city: 'Oslo', degrees: 2 },
      { city: 'Kyiv', degrees: 3 },
    ]);
  });

  it('tells keys apart that are objects, and takes records without the key as one', () => {
    const history = new History(10, 'at');
    history.keep([{ at: { x: 1 } }, { at: { x: 2 } }, { at: { x: 1 }, last: true }, null, 7]);
    expect(records(history.text())).toEqual([{ at: { x: 2 } }, { at: { x: 1 }, last: true }, 7]);
  });

  it('writes every record on one line', () => {
    const text = new History(1, undefined).keep([{ text: 'a\n\ndata: b\r\u2028' }]);
    expect(text.match(/\n/g)).toHaveLength(2);
    expect(text.endsWith('\n\n')).toBe(true);
  });

  it('stays within its bounds whatever comes', () => {
    const given = fc.array(fc.record({ key: fc.integer({ min: 0, max: 5 }), characters: fc.nat(200_000) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(given, fc.integer({ min: 0, max: 8 }), fc.boolean(), (sizes, most, keyed) => {
        const history = new History(most, keyed ? 'key' : undefined);
        for (const { key, characters } of sizes) history.keep([{ key, text: 'x'.repeat(characters) }]);
        const kept = records(history.text()) as { key: number }[];
        expect(history.text().length).toBeLessThanOrEqual(512 * 1024);
        expect(kept.length).toBeLessThanOrEqual(most);
        if (keyed) expect(new Set(kept.map(({ key }) => key)).size).toBe(kept.length);
        // What is kept is the end of what came.
        if (!keyed)
          expect(kept.map(({ key }) => key)).toEqual(
            sizes.slice(sizes.length - kept.length).map(({ key }) => key),
          );
      }),
      { numRuns: 50 },
    );
  });
});
