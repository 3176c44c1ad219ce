import { describe, expect, it } from 'vitest';
import type { EnumeratorReports } from '../../src/coordinator/enumerators.ts';
import type { JobCodeHandle } from '../../src/coordinator/job-code.ts';
import { warmEnumerators } from '../../src/coordinator/thread-enumerators.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { frozenJob, hashOfJob, jobWithEnumerator, keptLog } from './frozen-job.ts';

/** What the enumerators tell, each a promise that a test can wait for. */
class Told implements EnumeratorReports {
  readonly all: unknown[][] = [];
  private readonly waiting: (() => void)[] = [];

  assign(...told: [number, number, unknown]): void {
    this.take(['assign', ...told]);
  }

  noMoreSplits(...told: [number, number]): void {
    this.take(['noMoreSplits', ...told]);
  }

  onFailed(error: unknown): void {
    this.take(['failed', error]);
  }

  /** The first `count` that were told. */
  async first(count: number): Promise<readonly unknown[][]> {
    while (this.all.length < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.all.slice(0, count);
  }

  private take(told: unknown[]): void {
    this.all.push(told);
    for (const go of this.waiting.splice(0)) go();
  }
}

interface Rig {
  readonly enumerators: JobCodeHandle;
  readonly told: Told;
  readonly lines: readonly string[];
}

const open = async (text: string, graphHash?: string): Promise<Rig> => {
  const { path, folder } = await frozenJob(text);
  const plan = { parallelism: 2 };
  const { logger, lines } = keptLog();
  const told = new Told();
  const enumerators = warmEnumerators({
    system: createNodeSystem(),
    logger,
    data: {
      artifact: path,
      args: {},
      plan,
      jobName: 'job',
      jobUid: undefined,
      baseDirectory: folder,
      logLevel: 'debug',
    },
  }).adopt(told, graphHash ?? hashOfJob(plan));
  return { enumerators, told, lines };
};

const started = async (text: string): Promise<Rig> => {
  const rig = await open(text);
  await rig.enumerators.ready;
  await rig.enumerators.start();
  return rig;
};

describe('the enumerators of a job on a thread of their own', () => {
  it('answer the slots that ask, and end when they are closed', async () => {
    const { enumerators, told, lines } = await started(
      jobWithEnumerator(`(() => {
        const left = [{ text: 'a', big: 2n ** 70n, at: new Date(7), bytes: new Uint8Array([1, 2]), map: new Map([[-0, NaN]]) }];
        return {
          requestSplit: (subtask) =>
            left.length > 0 ? context.assign(subtask, left.shift()) : context.noMoreSplits(subtask),
        };
      })()`),
    );
    enumerators.requestSplit(0, 1);
    enumerators.requestSplit(0, 0);
    expect(await told.first(2)).toEqual([
      [
        'assign',
        0,
        1,
        {
          text: 'a',
          big: 2n ** 70n,
          at: new Date(7),
          bytes: new Uint8Array([1, 2]),
          map: new Map([[0, NaN]]),
        },
      ],
      ['noMoreSplits', 0, 0],
    ]);
    await enumerators.close();
    expect(lines).toEqual([]);
  });

  it('answer later, too, from a callback', async () => {
    const { enumerators, told } = await started(
      jobWithEnumerator(
        `{ requestSplit: (subtask) => void setTimeout(() => context.assign(subtask, 'late'), 1) }`,
      ),
    );
    enumerators.requestSplit(0, 0);
    expect(await told.first(1)).toEqual([['assign', 0, 0, 'late']]);
    await enumerators.close();
  });

  it('begin to serve only when all have started', async () => {
    const { enumerators, told } = await started(
      jobWithEnumerator(`(() => {
        let begun = false;
        return {
          start: async () => { await new Promise((go) => setTimeout(go, 5)); begun = true; },
          requestSplit: (subtask) => context.assign(subtask, begun),
        };
      })()`),
    );
    enumerators.requestSplit(0, 0);
    expect(await told.first(1)).toEqual([['assign', 0, 0, true]]);
    await enumerators.close();
  });

  it('send their log to the thread that holds it, fields that cannot be sent included', async () => {
    const { enumerators, told, lines } = await started(
      jobWithEnumerator(`{
        start: () => context.logger.child({ how: () => 1 }).info('Found', { what: () => 1, error: new Error('x') }),
      }`),
    );
    enumerators.requestSplit(0, 0);
    await told.first(1);
    expect(lines).toEqual(['info: Found']);
    await enumerators.close();
  });
});

describe('enumerators that fail', () => {
  const failure = async (enumerator: string): Promise<unknown> => {
    const { enumerators, told } = await started(jobWithEnumerator(enumerator));
    enumerators.requestSplit(0, 1);
    const [[kind, error] = []] = await told.first(1);
    expect(kind).toBe('failed');
    await enumerators.close();
    return error;
  };

  it('fail the job with the name of the source and the line of the author when they throw', async () => {
    expect(await failure(`{ requestSplit: () => { throw new TypeError('no such shelf'); } }`)).toMatchObject({
      code: 'user-code',
      message: 'The enumerator of the source “own” failed: no such shelf',
      where: { transform: 'own', at: expect.stringMatching(/job\.ts:\d+:\d+$/) as string },
    });
  });

  it('fail the job when they say so', async () => {
    expect(await failure(`{ requestSplit: () => context.fail(new Error('gone')) }`)).toMatchObject({
      code: 'user-code',
      message: 'The enumerator of the source “own” failed: gone',
    });
  });

  it('fail it with a split that cannot be sent, by the path to what is wrong', async () => {
    expect(
      await failure(`{ requestSplit: (subtask) => context.assign(subtask, { from: [{ open: () => 1 }] }) }`),
    ).toMatchObject({
      code: 'value-unsupported',
      message: 'The source “own” has a split that cannot be sent to its reader: .from[0].open is a function.',
      hint: expect.stringContaining('A split crosses threads') as string,
    });
  });

  it('fail it when an error escapes from a callback', async () => {
    expect(
      await failure(`{ requestSplit: () => void setTimeout(() => { throw new Error('escaped'); }) }`),
    ).toMatchObject({
      code: 'resource',
      message: "The thread of the sources' enumerators ended: escaped.",
      hint: expect.stringContaining('context.fail') as string,
    });
  });

  it('fail it when they end their thread', async () => {
    expect(await failure(`{ requestSplit: () => process.exit(3) }`)).toMatchObject({
      message: "The thread of the sources' enumerators ended: it exited with code 3.",
    });
  });

  it('make the start fail when they cannot start', async () => {
    const { enumerators } = await open(
      jobWithEnumerator(`{ start: () => Promise.reject(new Error('no shelf')) }`),
    );
    await enumerators.ready;
    await expect(enumerators.start()).rejects.toMatchObject({ where: { transform: 'own' } });
    await enumerators.close();
  });

  it('never begin when they cannot be made', async () => {
    const { enumerators } = await open(jobWithEnumerator(`(() => { throw new Error('unmakeable'); })()`));
    await enumerators.ready;
    await expect(enumerators.start()).rejects.toMatchObject({
      code: 'user-code',
      message: expect.stringContaining('unmakeable') as string,
    });
    await enumerators.close();
  });

  it('never begin when the job is another one there, which is told with what to do', async () => {
    const { enumerators, told } = await open(jobWithEnumerator('{}'), 'some other hash');
    await enumerators.ready;
    const error = await enumerators.start().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'job-invalid',
      message: expect.stringContaining('another graph in the thread of the enumerators') as string,
      hint: expect.stringContaining('Build the same graph at every call') as string,
    });
    expect(await told.first(1)).toEqual([['failed', error]]);
    await enumerators.close();
  });
});

describe('enumerators of a job that goes on', () => {
  const text = jobWithEnumerator(`(() => {
    const left = restored?.left ?? ['a', 'b'];
    return {
      requestSplit: (subtask) => context.assign(subtask, left.shift()),
      addSplitsBack: (splits) => left.unshift(...splits),
      snapshot: () => ({ left, big: 2n ** 70n }),
    };
  })()`);

  it('tell their state in its place among the splits that they assign', async () => {
    const { enumerators, told } = await started(text);
    const taken = Promise.withResolvers<unknown>();
    enumerators.requestSplit(0, 0);
    enumerators.snapshot((states) => taken.resolve([told.all.length, states]));
    enumerators.requestSplit(0, 1);
    expect(await taken.promise).toEqual([1, [{ uid: 'own', state: { left: ['b'], big: 2n ** 70n } }]]);
    expect(await told.first(2)).toEqual([
      ['assign', 0, 0, 'a'],
      ['assign', 0, 1, 'b'],
    ]);
    await enumerators.close();
  });

  it('go on from a state, and take splits back', async () => {
    const { enumerators, told } = await open(text);
    await enumerators.ready;
    await enumerators.start([{ uid: 'own', state: { left: ['c'] } }]);
    enumerators.addSplitsBack(0, 1, ['d']);
    enumerators.requestSplit(0, 0);
    enumerators.requestSplit(0, 0);
    expect(await told.first(2)).toEqual([
      ['assign', 0, 0, 'd'],
      ['assign', 0, 0, 'c'],
    ]);
    await enumerators.close();
  });
});

describe('committers of a job on a thread of their own', () => {
  const job = (committer: string): string =>
    jobWithEnumerator('{}').replace(
      'blackhole())',
      `({ kind: 'own', delivery: 'exactly-once', createWriter: () => {}, createCommitter: (context) => (${committer}) }))`,
    );
  const commitOf = (committable: unknown) => [{ uid: 'sink', kind: 'own', committables: [committable] }];

  it('commit before anything is read, and answer each request by itself', async () => {
    const { enumerators, lines } = await open(
      job(`{
        commit: async (committable) => {
          context.logger.info(context.owner + ' ' + committable.id);
        },
        abort: async () => context.logger.info('aborted'),
        abortOlder: async (attempt) => context.logger.info('before ' + attempt),
      }`),
    );
    await enumerators.ready;
    await enumerators.commit(1, commitOf({ id: 3n }));
    await enumerators.abort(2, commitOf({ id: 4n }));
    await enumerators.abortOlder(2);
    expect(lines).toEqual(['info: job/sink 3', 'info: aborted', 'info: before 2']);
    await enumerators.close();
  });

  it('tell a failure as it was thrown', async () => {
    const { enumerators } = await open(
      job(
        `{ commit: async () => { throw Object.assign(new Error('gone'), { name: 'MillraceError', code: 'output-lost', where: {}, hint: 'Look.' }); } }`,
      ),
    );
    await enumerators.ready;
    await expect(enumerators.commit(6, commitOf(1))).rejects.toMatchObject({
      code: 'output-lost',
      message: 'The sink “sink” (own) cannot commit what checkpoint 6 has prepared: gone',
      hint: 'Look.',
    });
    await enumerators.close();
  });

  it('leave nobody waiting when their thread ends, nor behind its end', async () => {
    const { enumerators, told } = await open(job(`{ commit: () => process.exit(3) }`));
    await enumerators.ready;
    await expect(enumerators.commit(1, commitOf(1))).rejects.toThrow('it exited with code 3');
    await expect(enumerators.commit(2, commitOf(1))).rejects.toThrow('it exited with code 3');
    expect(await told.first(1)).toHaveLength(1);
  });

  it('leave nobody waiting when they are closed', async () => {
    const { enumerators } = await open(job(`{ commit: () => new Promise(() => {}) }`));
    await enumerators.ready;
    const commit = enumerators.commit(1, commitOf(1));
    await Promise.all([
      expect(commit).rejects.toMatchObject({
        code: 'io',
        hint: expect.stringContaining('Nothing is lost') as string,
      }),
      enumerators.close(),
    ]);
  });
});

describe('closing enumerators', () => {
  it('ends a thread that still loads the job', async () => {
    const { path, folder } = await frozenJob('await new Promise(() => setInterval(() => 0, 1000));');
    const { logger } = keptLog();
    const enumerators = warmEnumerators({
      system: createNodeSystem(),
      logger,
      data: {
        artifact: path,
        args: {},
        plan: { parallelism: 1 },
        jobName: 'job',
        jobUid: undefined,
        baseDirectory: folder,
        logLevel: 'info',
      },
    }).adopt(new Told(), hashOfJob({ parallelism: 1 }));
    await enumerators.close();
    await expect(enumerators.ready).rejects.toMatchObject({ code: 'internal' });
  });

  it('logs what fails', async () => {
    const { enumerators, lines } = await started(
      jobWithEnumerator(`{ close: () => Promise.reject(new Error('stuck')) }`),
    );
    await enumerators.close();
    expect(lines).toEqual(['warn: Closing failed: The enumerator of the source “own” failed: stuck']);
  });

  it.each([
    ['never returns', `{ close: () => { for (;;); } }`],
    ['leaves a timer behind', `{ close: () => void setInterval(() => 0, 1000) }`],
  ])('ends the thread of one that %s, and tells', async (_name, enumerator) => {
    const { path, folder } = await frozenJob(jobWithEnumerator(enumerator));
    const real = createNodeSystem();
    let late: () => void = () => undefined;
    // The time that closing may take is over when the test says so.
    const system = {
      ...real,
      timers: {
        ...real.timers,
        after: (_delayMs: number, callback: () => void) => {
          late = callback;
          return { cancel: () => undefined };
        },
      },
    };
    const plan = { parallelism: 1 };
    const { logger } = keptLog();
    const enumerators = warmEnumerators({
      system,
      logger,
      data: {
        artifact: path,
        args: {},
        plan,
        jobName: 'job',
        jobUid: undefined,
        baseDirectory: folder,
        logLevel: 'info',
      },
    }).adopt(new Told(), hashOfJob({ parallelism: 1 }));
    await enumerators.ready;
    const closed = enumerators.close();
    late();
    await expect(closed).rejects.toMatchObject({
      message: "The thread of the sources' enumerators was not closed after 5 s and was ended from outside.",
    });
  });
});
