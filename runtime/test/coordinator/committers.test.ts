import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { Committers } from '../../src/coordinator/committers.ts';
import type { CommitterOfKind } from '../../src/coordinator/job-code.ts';
import type { Committer, CommitterContext, TwoPhaseSink } from '../../src/index.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { settle } from './fake-deployment.ts';
import { keptLog } from './frozen-job.ts';

type Part = (context: CommitterContext) => Partial<Committer<unknown>>;

const twoPhaseSink = (part: Part): TwoPhaseSink<unknown, unknown> => ({
  kind: 'own',
  delivery: 'exactly-once',
  createWriter: () => {
    throw new Error('Nothing is written here.');
  },
  createCommitter: (context) => ({ commit: async () => {}, abort: async () => {}, ...part(context) }),
});

/** The committers of a job with one two-phase sink a part, on a clock that stands still. */
const create = (...parts: readonly Part[]) => createWith(undefined, ...parts);

const createWith = (committerOfKind: CommitterOfKind | undefined, ...parts: readonly Part[]) => {
  const test = createTestSystem();
  const graph = buildGraph(
    (env) => {
      const stream = env.fromSource(collection([1])).name('source');
      for (const [number, part] of parts.entries()) stream.sinkTo(twoPhaseSink(part)).name(`sink ${number}`);
    },
    {},
    { parallelism: 1 },
  );
  const { logger } = keptLog();
  const committers = new Committers(graph, {
    system: test.system,
    logger,
    baseDirectory: '/base',
    jobName: 'job',
    jobUid: undefined,
    committerOfKind,
  });
  return { committers, test };
};

const prepared = (sink: number, ...committables: readonly unknown[]) => ({
  uid: `sink ${sink}`,
  kind: 'own',
  committables,
});

/** Lets time pass until a promise is settled; tells how long that took, and how it ended. */
const passTime = async (
  test: ReturnType<typeof createTestSystem>,
  promise: Promise<void>,
): Promise<{ readonly seconds: number; readonly error: MillraceError | undefined }> => {
  let over = false;
  let error: MillraceError | undefined;
  void promise
    .catch((reason: MillraceError) => {
      error = reason;
    })
    .then(() => {
      over = true;
    });
  for (let tenths = 0; ; tenths++) {
    await settle();
    if (over) return { seconds: tenths / 10, error };
    test.advance(100);
  }
};

describe('the committers of a job', () => {
  it('commit what each sink has prepared, and know which job and sink they work for', async () => {
    const committed: unknown[] = [];
    const commitTo =
      (name: string): Part =>
      ({ owner, baseDirectory }) => ({
        commit: async (committable) => void committed.push([name, owner, baseDirectory, committable]),
      });
    const { committers } = create(commitTo('a'), commitTo('b'));
    await committers.commit(3, [prepared(1, 'x', 'y'), prepared(0)]);
    expect(committed).toEqual([
      ['b', 'job/sink 1', '/base', 'x'],
      ['b', 'job/sink 1', '/base', 'y'],
    ]);
  });

  it('commit the checkpoints of a sink one after the other, while another sink goes on', async () => {
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const { committers } = create(
      () => ({
        commit: async (committable) => {
          log.push(`begin ${String(committable)}`);
          await gate.promise;
          log.push(`end ${String(committable)}`);
        },
        abort: async (committable) => void log.push(`abort ${String(committable)}`),
      }),
      () => ({ commit: async (committable) => void log.push(`other ${String(committable)}`) }),
    );
    const all = [
      committers.commit(1, [prepared(0, 'a'), prepared(1, 'c')]),
      committers.commit(2, [prepared(0, 'b')]),
      committers.abort(3, [prepared(0, 'd')]),
    ];
    await settle();
    expect(log).toEqual(['begin a', 'other c']);
    gate.resolve();
    await Promise.all(all);
    expect(log).toEqual(['begin a', 'other c', 'end a', 'begin b', 'end b', 'abort d']);
  });

  it('are made once, when they are first needed, and closed', async () => {
    const log: string[] = [];
    const { committers } = create(
      () => {
        log.push('made');
        return { close: () => void log.push('closed') };
      },
      () => {
        throw new Error('never needed');
      },
    );
    expect(log).toEqual([]);
    await committers.commit(1, [prepared(0, 1)]);
    await committers.commit(2, [prepared(0, 1)]);
    await committers.close();
    expect(log).toEqual(['made', 'closed']);
  });

  it('end what earlier attempts have left in all sinks, behind what is still to be committed', async () => {
    const log: string[] = [];
    const { committers } = create(
      () => ({
        commit: async () => void log.push('commit'),
        abortOlder: async (attempt) => void log.push(`before ${attempt}`),
      }),
      () => ({}),
    );
    await Promise.all([committers.commit(4, [prepared(0, 1)]), committers.abortOlder(3)]);
    expect(log).toEqual(['commit', 'before 3']);
  });

  it('end what another job has left under its name, whose place this one has taken', async () => {
    const log: string[] = [];
    const { committers } = createWith(
      () => undefined,
      ({ owner }) => ({
        abortOlder: async (attempt) => void log.push(`${owner} before ${attempt}`),
        close: () => void log.push(`close ${owner}`),
      }),
    );
    await committers.abortOlder(9, 'before');
    await committers.abortOlder(1);
    expect(log).toEqual(['before/sink 0 before 9', 'close before/sink 0', 'job/sink 0 before 1']);
  });
});

describe('a commit that fails', () => {
  const failing = (error: unknown, times = Number.POSITIVE_INFINITY) => {
    const tries: unknown[] = [];
    const made = create(() => ({
      commit: async (committable) => {
        tries.push(committable);
        if (committable === 'b' && tries.length <= times + 1) throw error;
      },
    }));
    return { ...made, tries };
  };

  it('is tried again, from the transaction on that failed', async () => {
    const { committers, test, tries } = failing(new Error('away'), 3);
    const { seconds, error } = await passTime(test, committers.commit(1, [prepared(0, 'a', 'b', 'c')]));
    expect(error).toBeUndefined();
    expect(tries).toEqual(['a', 'b', 'b', 'b', 'b', 'c']);
    expect(seconds).toBe(0.7);
  });

  it('ends the attempt after half a minute, by the name of sink and checkpoint, and says that nothing is lost', async () => {
    const { committers, test, tries } = failing(new MillraceError('io', 'away', { where: { host: 'h' } }));
    const { seconds, error } = await passTime(test, committers.commit(12, [prepared(0, 'b')]));
    expect(tries).toHaveLength(10);
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThan(40);
    expect(error).toMatchObject({
      code: 'io',
      message: 'The sink “sink 0” (own) cannot commit what checkpoint 12 has prepared: away',
      where: { host: 'h', transform: 'sink 0', checkpoint: 12 },
      hint: expect.stringContaining('Nothing is lost') as string,
    });
  });

  it('ends it at once when the transaction is lost, with what the sink says about it', async () => {
    const gone = new MillraceError('output-lost', 'the broker has ended it', { hint: 'Read topic t again.' });
    const { committers, test, tries } = failing(gone);
    const { seconds, error } = await passTime(test, committers.commit(1, [prepared(0, 'b')]));
    expect([tries.length, seconds, error?.code, error?.hint]).toEqual([
      1,
      0,
      'output-lost',
      'Read topic t again.',
    ]);
  });

  it('keeps later checkpoints of the sink from being committed before it', async () => {
    const { committers, tries } = failing(new MillraceError('output-lost', 'gone'));
    const first = committers.commit(1, [prepared(0, 'b')]);
    const second = committers.commit(2, [prepared(0, 'c')]);
    await expect(first).rejects.toMatchObject({ where: { checkpoint: 1 } });
    await expect(second).rejects.toMatchObject({ where: { checkpoint: 1 } });
    expect(tries).toEqual(['b']);
  });

  it('is not tried again once the committers are closed', async () => {
    const { committers, tries } = failing(new Error('away'));
    const commit = committers.commit(1, [prepared(0, 'b')]);
    commit.catch(() => undefined);
    await settle();
    await committers.close();
    await expect(commit).rejects.toThrow('away');
    expect(tries).toHaveLength(1);
  });

  it('ends the attempt also when the committer says nothing any more', async () => {
    const { committers, test } = create(() => ({ commit: () => new Promise(() => undefined) }));
    const { seconds, error } = await passTime(test, committers.commit(1, [prepared(0, 1)]));
    expect(seconds).toBe(60);
    expect(error?.message).toContain('it has not answered for 60 s');
  });
});

describe('output of a sink that the job has no more', () => {
  it.each([
    ['by name', { uid: 'old sink', kind: 'own' }],
    ['by kind', { uid: 'sink 0', kind: 'files' }],
  ])('%s is not passed over', async (_how, { uid, kind }) => {
    const { committers } = create(() => ({}));
    await expect(committers.commit(5, [{ uid, kind, committables: [1, 2] }])).rejects.toMatchObject({
      code: 'job-invalid',
      message: expect.stringContaining(`Checkpoint 5 has prepared output of the sink “${uid}”`) as string,
      hint: expect.stringContaining('2 transactions') as string,
    });
  });
});

describe('output of a sink of ours that the job has no more', () => {
  it('is committed without it, and what else it has left is not looked for', async () => {
    const log: string[] = [];
    const { committers } = createWith(
      (kind, { owner }) =>
        kind === 'files'
          ? {
              commit: async (committable) => void log.push(`commit ${owner} ${String(committable)}`),
              abort: async () => {},
              abortOlder: async () => void log.push('abort older'),
              close: () => void log.push('close'),
            }
          : undefined,
      () => ({}),
    );
    await committers.commit(5, [{ uid: 'old', kind: 'files', committables: [1, 2] }]);
    await committers.abortOlder(3);
    await committers.close();
    expect(log).toEqual(['commit job/old 1', 'commit job/old 2', 'close']);
    await expect(committers.commit(5, [{ uid: 'old', kind: 'kafka', committables: [1] }])).rejects.toThrow(
      'the job has no such sink any more',
    );
  });
});

describe('closing committers', () => {
  it('closes all of them, and tells the first failure', async () => {
    const closed: number[] = [];
    const { committers } = create(
      () => ({ close: () => Promise.reject(new Error('stuck')) }),
      () => ({ close: () => void closed.push(1) }),
    );
    await committers.commit(1, [prepared(0, 1), prepared(1, 1)]);
    await expect(committers.close()).rejects.toThrow(
      'The sink “sink 0” (own) cannot close its committer: stuck',
    );
    expect(closed).toEqual([1]);
  });
});
