import { describe, expect, it } from 'vitest';
import type { WindowJoinSettings } from '../../../src/api/transform.ts';
import { countTrigger, timeEvictor } from '../../../src/api/triggers.ts';
import { globalWindow, sliding, tumbling } from '../../../src/api/windows.ts';
import { createWindowJoinProcessor } from '../../../src/transforms/join/index.ts';
import { PairCaller } from '../../../src/transforms/join/pair-output.ts';
import { drive, type FakeContext, fakeContext, type RecordIn } from '../support.ts';

const pair = (left: unknown, right: unknown): string => `${String(left)}+${String(right)}`;

const callerOf = (
  settings: Pick<WindowJoinSettings, 'join' | 'coGroup'>,
  policy: 'fail' | 'drop' = 'fail',
) => {
  const context = fakeContext({ policy });
  return { context, caller: new PairCaller(settings, context) };
};

describe('what a join does with two sides', () => {
  it('is a call for each pair, left ones first, all with one timestamp', () => {
    const { context, caller } = callerOf({ join: pair });
    caller.call(['a', 'b'], [1, 2], 99);
    expect(context.main.records).toEqual(
      ['a+1', 'a+2', 'b+1', 'b+2'].map((value) => ({ value, timestampMs: 99 })),
    );
  });

  it('is nothing when a side is empty', () => {
    const { context, caller } = callerOf({ join: pair });
    caller.call([], [1], 99);
    caller.call(['a'], [], 99);
    expect(context.main.values).toEqual([]);
  });

  it('is one call of a coGroup, also when a side is empty', () => {
    const calls: unknown[] = [];
    const { caller } = callerOf({
      coGroup: (left, right) => {
        calls.push([left, right]);
        return undefined;
      },
    });
    caller.call(['a'], [], 99);
    caller.call([], [1], 99);
    expect(calls).toEqual([
      [['a'], []],
      [[], [1]],
    ]);
  });

  it('leaves nothing of a coGroup that fails after it emitted', () => {
    const { context, caller } = callerOf(
      {
        coGroup: (left, _right, output) => {
          output.emit('half');
          if (left.length > 1) throw new Error('too many');
          return undefined;
        },
      },
      'drop',
    );
    caller.call(['a', 'b'], [1], 99);
    caller.call(['c'], [1], 99);
    expect(context.main.values).toEqual(['half']);
    expect(context.failed.map(({ record }) => record)).toEqual([{ left: ['a', 'b'], right: [1] }]);
  });

  it('is refused when it returns a promise', () => {
    const { caller } = callerOf({ coGroup: (async () => undefined) as never });
    expect(() => caller.call(['a'], [1], 99)).toThrow('“coGroup” of the transform');
  });
});

describe('a join off the fast path', () => {
  const on = (port: number, value: unknown, timestampMs: number, key = 'k'): RecordIn => ({
    value,
    key,
    timestampMs,
    port,
  });
  const run = (settings: Partial<WindowJoinSettings>, inputs: Parameters<typeof drive>[2]): FakeContext => {
    const context = fakeContext();
    const join: WindowJoinSettings = {
      assigner: tumbling(10),
      allowedLatenessMs: 0,
      join: pair,
      ...settings,
    };
    drive(createWindowJoinProcessor({ kind: 'windowJoin', join }, context), context, inputs);
    return context;
  };

  it('pairs both sides of a global window when its trigger fires', () => {
    const context = run({ assigner: globalWindow(), trigger: countTrigger(3) }, [
      on(0, 'a', 1),
      on(1, 'x', 2),
      on(0, 'b', 3),
      on(1, 'y', 4),
      on(1, 'z', 5),
      on(0, 'c', 6),
    ]);
    expect(context.main.values).toEqual([
      'a+x',
      'b+x',
      'a+x',
      'a+y',
      'a+z',
      'b+x',
      'b+y',
      'b+z',
      'c+x',
      'c+y',
      'c+z',
    ]);
    expect(context.main.records.map(({ timestampMs }) => timestampMs)).toEqual([
      3, 3, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    ]);
  });

  it('lets an evictor choose among the records of both sides', () => {
    const context = run({ evictor: timeEvictor(3) as never }, [
      on(0, 'old', 1),
      on(0, 'new', 8),
      on(1, 'x', 2),
      on(1, 'y', 9),
      { watermarkMs: 9 },
    ]);
    expect(context.main.values).toEqual(['new+y']);
  });

  it('gives the same as on it', () => {
    const inputs: Parameters<typeof drive>[2] = [
      on(0, 'a', 1),
      on(1, 'x', 7),
      on(0, 'b', 12),
      on(1, 'y', 3, 'other'),
      on(1, 'z', 14),
      { watermarkMs: 100 },
    ];
    const keepAll = { when: 'before' as const, keep: (records: never) => records };
    const assigner = sliding(10, 5);
    expect(run({ assigner, evictor: keepAll as never }, inputs).main.records).toEqual(
      run({ assigner }, inputs).main.records,
    );
  });
});
