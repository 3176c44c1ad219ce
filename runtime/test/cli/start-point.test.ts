import { describe, expect, it } from 'vitest';
import { addRename, parseStartPoint, renamesOf } from '../../src/cli/start-point.ts';

describe('what a job goes on from', () => {
  it.each([
    ['latest', { kind: 'latest' }],
    ['17', { kind: 'number', checkpointId: 17 }],
    ['2026-11-26T10:00:00Z', { kind: 'time', atMs: Date.UTC(2026, 10, 26, 10) }],
    ['2026-11-26T10:00+01:00', { kind: 'time', atMs: Date.UTC(2026, 10, 26, 9) }],
    ['2026-11-26T10:00:00.250Z', { kind: 'time', atMs: Date.UTC(2026, 10, 26, 10, 0, 0, 250) }],
    ['./17', { kind: 'savepoint', place: './17' }],
    ['./2026-11-26', { kind: 'savepoint', place: './2026-11-26' }],
    ['s3://bucket/before', { kind: 'savepoint', place: 's3://bucket/before' }],
    ['0', { kind: 'savepoint', place: '0' }],
  ])('%s', (text, point) => {
    expect(parseStartPoint(text)).toEqual(point);
  });

  it.each(['2026-11-26', '2026-11-26T10:00', '2026-13-26T10:00:00Z', '2026-11-26 10:00:00Z'])(
    'is no time without a zone, or that never is: %s',
    (text) => {
      expect(() => parseStartPoint(text)).toThrow('Write a time with its zone');
    },
  );

  it('has the new uids of the manifest, and those of the command, which win', () => {
    const renames = addRename('b=c', addRename('a=x'));
    expect([...renamesOf({ renames: { a: 'b', d: 'e' } }, renames)]).toEqual([
      ['a', 'x'],
      ['d', 'e'],
      ['b', 'c'],
    ]);
    for (const text of ['a', '=a', 'a=']) expect(() => addRename(text)).toThrow('OLD=NEW');
  });
});
