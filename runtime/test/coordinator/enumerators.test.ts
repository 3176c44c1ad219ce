import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { Enumerators } from '../../src/coordinator/enumerators.ts';
import type { EnumeratorState } from '../../src/coordinator/job-code.ts';
import type { EnumeratorContext, Source, SplitEnumerator } from '../../src/index.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { keptLog } from './frozen-job.ts';

type Part = (
  context: EnumeratorContext<unknown>,
  restored?: unknown,
) => Partial<SplitEnumerator<unknown, unknown>>;

const source = (part: Part): Source<unknown> => ({
  kind: 'own',
  boundedness: 'bounded',
  createEnumerator: (context, restored) => ({
    start: () => undefined,
    requestSplit: () => undefined,
    addSplitsBack: () => undefined,
    snapshot: () => null,
    close: () => undefined,
    ...part(context, restored),
  }),
  createReader: () => {
    throw new Error('Nothing is read here.');
  },
});

/** The enumerators of a job with one source a part, two subtasks each. */
const create = (...parts: readonly Part[]) => {
  const told: unknown[][] = [];
  const graph = buildGraph(
    (env) => {
      for (const [number, part] of parts.entries()) {
        env.fromSource(source(part)).name(`source ${number}`).sinkTo(blackhole());
      }
    },
    {},
    { parallelism: 2 },
  );
  const enumerators = new Enumerators(
    graph,
    {
      system: createTestSystem().system,
      logger: keptLog().logger,
      baseDirectory: '/base',
      jobName: 'job',
      jobUid: undefined,
    },
    {
      assign: (...what) => void told.push(['assign', ...what]),
      noMoreSplits: (...what) => void told.push(['no more', ...what]),
      onFailed: (error) => void told.push(['failed', (error as MillraceError).code, String(error)]),
    },
  );
  return { enumerators, told };
};

describe('the enumerators of a job', () => {
  it('are asked for splits of their own source only, and know where they run', async () => {
    const { enumerators, told } = create(
      ({ assign, parallelism }) => ({ requestSplit: (subtask) => assign(subtask, parallelism) }),
      ({ noMoreSplits, baseDirectory }) => ({
        requestSplit: (subtask) => (baseDirectory === '/base' ? noMoreSplits(subtask) : undefined),
      }),
    );
    await enumerators.start();
    enumerators.requestSplit(1, 0);
    enumerators.requestSplit(0, 1);
    enumerators.requestSplit(7, 1);
    expect(told).toEqual([
      ['no more', 1, 0],
      ['assign', 0, 1, 2],
    ]);
  });

  it('start one after the other, and not after one that fails', async () => {
    const order: number[] = [];
    const { enumerators } = create(
      () => ({ start: () => Promise.resolve().then(() => void order.push(0)) }),
      () => ({
        start: () => {
          order.push(1);
          throw new Error('no shelf');
        },
      }),
      () => ({ start: () => void order.push(2) }),
    );
    await expect(enumerators.start()).rejects.toMatchObject({
      code: 'user-code',
      message: 'The enumerator of the source “source 1” failed: no shelf',
      where: { transform: 'source 1' },
    });
    expect(order).toEqual([0, 1]);
  });

  it('are all closed, also when one fails, whose failure is told', async () => {
    const closed: number[] = [];
    const { enumerators } = create(
      () => ({ close: () => Promise.reject(new Error('stuck')) }),
      () => ({ close: () => void closed.push(1) }),
      () => ({ close: () => Promise.reject(new Error('stuck too')) }),
    );
    await enumerators.start();
    await expect(enumerators.close()).rejects.toThrow(
      'The enumerator of the source “source 0” failed: stuck',
    );
    expect(closed).toEqual([1]);
  });

  it('do not begin when one cannot be made, which is told by name', async () => {
    const { enumerators } = create(() => {
      throw new Error('unmakeable');
    });
    await expect(enumerators.start()).rejects.toThrow(
      'The enumerator of the source “source 0” failed: unmakeable',
    );
  });

  it('fail as they say themselves when the error is one of ours', async () => {
    const own = new MillraceError('io', 'no such file', { hint: 'look' });
    const { enumerators, told } = create(() => ({
      requestSplit: () => {
        throw own;
      },
    }));
    await enumerators.start();
    enumerators.requestSplit(0, 0);
    expect(told).toEqual([['failed', 'io', 'MillraceError: no such file']]);
  });
});

describe('a split', () => {
  it('is copied, so that nobody sees what its enumerator does to it later', async () => {
    const split = { left: [1, 2] };
    const { enumerators, told } = create(({ assign }) => ({
      requestSplit: (subtask) => assign(subtask, split),
    }));
    await enumerators.start();
    enumerators.requestSplit(0, 0);
    split.left.push(3);
    expect(told).toEqual([['assign', 0, 0, { left: [1, 2] }]]);
  });

  class Shelf {}
  it.each<[string, unknown, RegExp]>([
    ['a function', () => 1, /reader: it is a function\.$/],
    ['an instance of a class inside', { on: [new Shelf()] }, /reader: \.on\[0\] is an instance of Shelf\.$/],
    ['a promise', Promise.resolve(), /reader: it is an instance of Promise\.$/],
    ['a symbol', { kind: Symbol('s') }, /reader: \.kind is a symbol\.$/],
  ])('that is %s fails the job by name', async (_name, split, message) => {
    const { enumerators, told } = create(({ assign }) => ({
      requestSplit: (subtask) => assign(subtask, split),
    }));
    await enumerators.start();
    enumerators.requestSplit(0, 0);
    expect(told).toEqual([['failed', 'value-unsupported', expect.stringMatching(message)]]);
  });

  it.each([2, -1, 0.5, NaN])('for subtask %d of two fails the job and is not lost', async (subtask) => {
    const { enumerators, told } = create(({ assign, noMoreSplits }) => ({
      requestSplit: () => {
        assign(subtask, 'split');
        noMoreSplits(subtask);
      },
    }));
    await enumerators.start();
    enumerators.requestSplit(0, 0);
    const failure = [
      'failed',
      'user-code',
      expect.stringContaining(`spoke to subtask ${subtask}, and there are 2`) as string,
    ];
    expect(told).toEqual([failure, failure]);
  });
});

describe('the state of enumerators', () => {
  const taken = (enumerators: ReturnType<typeof create>['enumerators']): readonly EnumeratorState[] => {
    let states: readonly EnumeratorState[] = [];
    enumerators.snapshot((all) => {
      states = all;
    });
    return states;
  };

  it('is read by name, at once, and is a copy', async () => {
    const left = ['a'];
    const { enumerators } = create(
      () => ({ snapshot: () => ({ left }) }),
      () => ({ snapshot: () => 7n }),
    );
    await enumerators.start();
    const states = taken(enumerators);
    left.push('b');
    expect(states).toEqual([
      { uid: 'source 0', state: { left: ['a'] } },
      { uid: 'source 1', state: 7n },
    ]);
  });

  it('is given back to the source that it is of, and a source that is new begins anew', async () => {
    const restored: unknown[] = [];
    const remember: Part = (_, state) => {
      restored.push(state);
      return {};
    };
    const { enumerators } = create(remember, remember);
    await enumerators.start([
      { uid: 'source 1', state: { left: [1] } },
      { uid: 'one that is gone', state: 2 },
    ]);
    expect(restored).toEqual([undefined, { left: [1] }]);
  });

  it.each<[string, () => unknown, string]>([
    ['cannot be written', () => ({ on: new Set([() => 1]) }), 'value-unsupported'],
    [
      'cannot be told',
      () => {
        throw new Error('broken');
      },
      'user-code',
    ],
  ])('that %s fails the job, and nobody takes it for a checkpoint', async (_name, snapshot, code) => {
    const { enumerators, told } = create(() => ({ snapshot }));
    await enumerators.start();
    enumerators.snapshot(() => void told.push(['taken']));
    expect(told).toEqual([['failed', code, expect.stringContaining('source 0') as string]]);
  });

  it('holds the splits of a reader that is gone when they are given back', async () => {
    const { enumerators } = create(() => {
      const back: unknown[] = [];
      return {
        addSplitsBack: (splits, subtask) => void back.push([subtask, ...splits]),
        snapshot: () => back,
      };
    });
    await enumerators.start();
    enumerators.addSplitsBack(0, 1, ['a', 'b']);
    enumerators.addSplitsBack(5, 1, ['nobody’s']);
    expect(taken(enumerators)).toEqual([{ uid: 'source 0', state: [[1, 'a', 'b']] }]);
  });

  it('are told before they begin what their readers were given behind their state', async () => {
    const { enumerators, told } = create(({ assign }) => {
      const left = ['a', 'b', 'c'];
      return {
        alreadyAssigned: (splits) =>
          void left.splice(0, 3, ...left.filter((split) => !splits.includes(split))),
        start: () => assign(1, left.join()),
      };
    });
    const assigned = [
      { task: 0, split: 'b' },
      { task: 7, split: 'a' },
    ];
    await enumerators.start([{ uid: 'source 0', state: null }], assigned);
    expect(told).toEqual([['assign', 0, 1, 'a,c']]);
  });

  it('that know no way to follow their readers say so, also when nothing was given', async () => {
    const { enumerators } = create(() => ({}));
    await expect(enumerators.start([], [])).rejects.toThrow(
      'The source “source 0” cannot go on where its readers are.',
    );
  });
});
