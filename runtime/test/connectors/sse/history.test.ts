import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History } from '../../../src/connectors/sse/history.ts';

const records = (text: string): unknown[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(/^id: \S+\ndata: (.*)$/.exec(event)?.[1] ?? '') as unknown);

describe('what a live page remembers', () => {
  it('is the newest records, oldest first', () => {
    const history = new History(3, undefined, 'run');
    expect(records(history.keep([1, 2]))).toEqual([1, 2]);
    history.keep([3, 4, 5]);
    expect(records(history.text())).toEqual([3, 4, 5]);
  });

  it('is nothing when nothing shall be remembered', () => {
    const history = new History(0, undefined, 'run');
    expect(history.keep(['a'])).toBe('id: run-1\ndata: "a"\n\n');
    expect(history.text()).toBe('');
  });

  it('is the newest record of each key', () => {
    const history = new History(10, 'city', 'run');
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
    const history = new History(10, 'at', 'run');
    history.keep([{ at: { x: 1 } }, { at: { x: 2 } }, { at: { x: 1 }, last: true }, null, 7]);
    expect(records(history.text())).toEqual([{ at: { x: 2 } }, { at: { x: 1 }, last: true }, 7]);
  });

  it('writes every record on one line, behind its number', () => {
    const text = new History(1, undefined, 'run').keep([{ text: 'a\n\ndata: b\r\u2028' }]);
    expect(text.match(/\n/g)).toHaveLength(3);
    expect(text.endsWith('\n\n')).toBe(true);
  });

  it('stays within its bounds whatever comes', () => {
    const given = fc.array(fc.record({ key: fc.integer({ min: 0, max: 5 }), characters: fc.nat(200_000) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(given, fc.integer({ min: 0, max: 8 }), fc.boolean(), (sizes, most, keyed) => {
        const history = new History(most, keyed ? 'key' : undefined, 'run');
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

  it('is told only as far as it is newer than the event that a browser names, whatever was forgotten', () => {
    const steps = fc.array(fc.record({ key: fc.nat(4), seen: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 8 }), fc.boolean(), (given, most, keyed) => {
        const history = new History(most, keyed ? 'key' : undefined, 'run');
        let lastId = '';
        let newer: { key: number }[] = [];
        for (const { key, seen } of given) {
          const id = /^id: (\S+)/.exec(history.keep([{ key }]))?.[1] ?? '';
          newer.push({ key });
          if (!seen) continue;
          lastId = id;
          newer = [];
        }
        const all = records(history.text()).length;
        const told = records(history.text(lastId)) as { key: number }[];
        expect(told.length).toBeLessThanOrEqual(Math.min(all, newer.length));
        // What is told is the end of what is remembered, and nothing older than the event named.
        expect(records(history.text()).slice(all - told.length)).toEqual(told);
        if (!keyed) expect(told).toEqual(newer.slice(Math.max(0, newer.length - most)));
        else expect(new Set(told.map(({ key }) => key)).size).toBe(told.length);
      }),
    );
  });

  it.each(['', 'other-1', 'run-', 'run-x', 'run-99', 'run--1', 'run-1.5', 'run-1e1', 'RUN-1'])(
    'is told whole to a browser that names an event of none of ours: %j',
    (id) => {
      const history = new History(5, undefined, 'run');
      history.keep(['a', 'b']);
      expect(records(history.text(id))).toEqual(['a', 'b']);
    },
  );
});
