import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { Enumerators } from '../../src/coordinator/enumerators.ts';
import type { EnumeratorContext, Source, SplitEnumerator } from '../../src/index.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { keptLog } from './frozen-job.ts';

type Part = (context: EnumeratorContext<unknown>) => Partial<SplitEnumerator<unknown, unknown>>;

const source = (part: Part): Source<unknown> => ({
  kind: 'own',
  boundedness: 'bounded',
  createEnumerator: (context) => ({
    start: () => undefined,
    requestSplit: () => undefined,
    addSplitsBack: () => undefined,
    snapshot: () => null,
    close: () => undefined,
    ...part(context),
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
    { system: createTestSystem().system, logger: keptLog().logger, baseDirectory: '/base' },
    {
      assign: (...what) => void told.push(['assign', ...what]),
      noMoreSplits: (...what) => void told.push(['no more', ...what]),
      onFailed: (error) => void told.push(['failed', (error as MillraceError).code, String(error)]),
    },
  );
  return { enumerators, told };
};

describe('the enumerators of a job', () => {
  it('are asked for splits of their own source only, and know where they run', () => {
    const { enumerators, told } = create(
      ({ assign, parallelism }) => ({ requestSplit: (subtask) => assign(subtask, parallelism) }),
      ({ noMoreSplits, baseDirectory }) => ({
        requestSplit: (subtask) => (baseDirectory === '/base' ? noMoreSplits(subtask) : undefined),
      }),
    );
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
    await expect(enumerators.close()).rejects.toThrow(
      'The enumerator of the source “source 0” failed: stuck',
    );
    expect(closed).toEqual([1]);
  });

  it('cannot be made when one cannot, which is told by name', () => {
    expect(() =>
      create(() => {
        throw new Error('unmakeable');
      }),
    ).toThrow('The enumerator of the source “source 0” failed: unmakeable');
  });

  it('fail as they say themselves when the error is one of ours', () => {
    const own = new MillraceError('io', 'no such file', { hint: 'look' });
    const { enumerators, told } = create(() => ({
      requestSplit: () => {
        throw own;
      },
    }));
    enumerators.requestSplit(0, 0);
    expect(told).toEqual([['failed', 'io', 'MillraceError: no such file']]);
  });
});

describe('a split', () => {
  it('is copied, so that nobody sees what its enumerator does to it later', () => {
    const split = { left: [1, 2] };
    const { enumerators, told } = create(({ assign }) => ({
      requestSplit: (subtask) => assign(subtask, split),
    }));
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
  ])('that is %s fails the job by name', (_name, split, message) => {
    const { enumerators, told } = create(({ assign }) => ({
      requestSplit: (subtask) => assign(subtask, split),
    }));
    enumerators.requestSplit(0, 0);
    expect(told).toEqual([['failed', 'value-unsupported', expect.stringMatching(message)]]);
  });

  it.each([2, -1, 0.5, NaN])('for subtask %d of two fails the job and is not lost', (subtask) => {
    const { enumerators, told } = create(({ assign, noMoreSplits }) => ({
      requestSplit: () => {
        assign(subtask, 'split');
        noMoreSplits(subtask);
      },
    }));
    enumerators.requestSplit(0, 0);
    const failure = [
      'failed',
      'user-code',
      expect.stringContaining(`spoke to subtask ${subtask}, and there are 2`) as string,
    ];
    expect(told).toEqual([failure, failure]);
  });
});
