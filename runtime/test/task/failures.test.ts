import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import {
  createFailureHandler,
  type DeadLetter,
  type DeadLetterPolicy,
  inputFailure,
  placeOf,
  recordFailure,
  taskFailure,
  userFrame,
} from '../../src/task/failures.ts';

const ownModule = new URL('../../src/batch/batch.ts', import.meta.url).pathname;

/** An error that was thrown here. */
const withStack = (...lines: readonly string[]): Error => {
  const error = new Error('boom');
  error.stack = ['Error: boom', ...lines.map((line) => `    at ${line}`)].join('\n');
  return error;
};

describe('the place of an error in the code of the job', () => {
  it.each([
    ['behind the name of a function', 'parse (/team/job.ts:3:5)', '/team/job.ts:3:5'],
    ['alone', '/team/job.ts:3:5', '/team/job.ts:3:5'],
    ['of an asynchronous function', 'async /team/job.ts:3:5', '/team/job.ts:3:5'],
    ['of an asynchronous method', 'async Lookup.call (/team/job.ts:3:5)', '/team/job.ts:3:5'],
    ['as an address', 'parse (file:///team/my%20job.ts:3:5)', '/team/my job.ts:3:5'],
    [
      'in a folder with blanks and brackets',
      'parse (/team/jobs (copy)/job.ts:3:5)',
      '/team/jobs (copy)/job.ts:3:5',
    ],
  ])('is the first line that lies there: %s', (_, line, place) => {
    expect(userFrame(withStack(line))).toBe(place);
  });

  it('passes over the runtime, Node and generated code', () => {
    const error = withStack(
      `Batch.rows (${ownModule}:10:3)`,
      'node:internal/process/task_queues:103:5',
      'process.processTicks (node:internal/process/task_queues:103:5)',
      'eval (eval at compile (/team/other.ts:1:1), <anonymous>:3:7)',
      'Array.map (<anonymous>)',
      '/team/job.ts:3:5',
    );
    expect(userFrame(error)).toBe('/team/job.ts:3:5');
  });

  it("is the author's call of a package rather than a line inside the package", () => {
    const inPackage = 'Parser.fail (/team/node_modules/csv/index.js:99:1)';
    expect(userFrame(withStack(inPackage, 'parse (/team/job.ts:3:5)'))).toBe('/team/job.ts:3:5');
    expect(userFrame(withStack(inPackage))).toBe('/team/node_modules/csv/index.js:99:1');
  });

  it('is never in a package that has called the runtime, however the program was started', () => {
    const command = 'parseAsync (/team/node_modules/commander/lib/command.js:1113:5)';
    expect(userFrame(withStack(`load (${ownModule}:1:1)`, command))).toBeUndefined();
    expect(userFrame(withStack(`load (${ownModule}:1:1)`, '/team/start.ts:1:1', command))).toBe(
      '/team/start.ts:1:1',
    );
  });

  it('is unknown for what is no error or has no such line', () => {
    expect(userFrame('a text')).toBeUndefined();
    expect(userFrame(withStack(`x (${ownModule}:1:1)`))).toBeUndefined();
    const bare = new Error('boom');
    delete bare.stack;
    expect(userFrame(bare)).toBeUndefined();
  });
});

describe('the place of an error of ours', () => {
  const thrown = withStack('parse (/team/job.ts:3:5)');

  it('is what it says itself', () => {
    for (const where of [{ at: 'orders.csv:3' }, { file: '/team/job.yaml' }]) {
      expect(placeOf(new MillraceError('io', 'No.', { where, cause: thrown }))).toBe(where);
    }
  });

  it('is the line of the job that made it, or else the line of its cause', () => {
    const made = new MillraceError('job-invalid', 'No.', { where: { transform: 'parse' }, cause: thrown });
    made.stack = withStack(`x (${ownModule}:1:1)`, '/team/job.ts:9:9').stack as string;
    expect(placeOf(made)).toEqual({ transform: 'parse', at: '/team/job.ts:9:9' });
    made.stack = withStack(`x (${ownModule}:1:1)`).stack as string;
    expect(placeOf(made)).toEqual({ transform: 'parse', at: '/team/job.ts:3:5' });
  });

  it('stays what little it is when no line of the job is involved', () => {
    const made = new MillraceError('job-invalid', 'No.', { where: { transform: 'parse' } });
    made.stack = withStack(`x (${ownModule}:1:1)`).stack as string;
    expect(placeOf(made)).toEqual({ transform: 'parse' });
  });
});

describe('the failure of a job by a record', () => {
  it('tells what lies behind the error', () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:9');
    const failed = new TypeError('fetch failed', { cause });
    expect(recordFailure('call', failed, 1).message).toBe(
      'The transform “call” failed on a record: fetch failed: connect ECONNREFUSED 127.0.0.1:9',
    );
  });

  it('names the transform, the line, the record and what to do', () => {
    const failure = recordFailure('parse', withStack('/team/job.ts:3:5'), { id: 7 });
    expect(failure).toMatchObject({
      code: 'user-code',
      message: 'The transform “parse” failed on a record: boom',
      where: { transform: 'parse', at: '/team/job.ts:3:5', record: '{id: 7}' },
      hint: expect.stringContaining('spec.deadLetter.policy'),
    });
  });

  it('shows a large record in part', () => {
    const failure = recordFailure('parse', new Error('boom'), { text: 'x'.repeat(10_000) });
    expect(String(failure.where['record']).length).toBeLessThan(400);
  });

  it.each([
    ['a text', 'just a text', 'just a text'],
    ['nothing', undefined, 'undefined'],
    ['an object', { reason: 'no' }, 'reason'],
  ])('says what was thrown when it was %s', (_, thrown, expected) => {
    expect(recordFailure('parse', thrown, 1).message).toContain(expected);
  });

  it('keeps code, place and advice of an error of ours', () => {
    const error = new MillraceError('record-invalid', 'Bad time.', {
      where: { at: 'in.csv:4' },
      hint: 'Mend it.',
    });
    expect(recordFailure('read', error, 1)).toMatchObject({
      code: 'record-invalid',
      where: { at: 'in.csv:4', transform: 'read' },
      hint: 'Mend it.',
    });
  });

  it('is not made a second time for one that already names its transform', () => {
    const first = recordFailure('inner', new Error('boom'), 1);
    expect(recordFailure('outer', first, 2)).toBe(first);
  });
});

describe('the failure of a task', () => {
  it('names the task and the line of the job', () => {
    expect(taskFailure('count', withStack('/team/job.ts:3:5'))).toMatchObject({
      code: 'user-code',
      message: 'The task “count” failed: boom',
      where: { task: 'count', at: '/team/job.ts:3:5' },
    });
  });

  it('stays what it is when it is ours: a defect is not blamed on the author', () => {
    const defect = withStack(`x (${ownModule}:1:1)`);
    expect(taskFailure('count', defect)).toBe(defect);
    const known = new MillraceError('io', 'No room.');
    expect(taskFailure('count', known)).toBe(known);
  });
});

describe('a failure handler', () => {
  const handlerOf = (policy: DeadLetterPolicy) => {
    const letters: DeadLetter[] = [];
    let count = 0;
    const handler = createFailureHandler(
      'parse',
      policy,
      (letter) => letters.push(letter),
      () => count++,
    );
    return { handler, letters, count: () => count };
  };

  it('throws under the policy to fail, and needs nothing to be undone', () => {
    const { handler, letters, count } = handlerOf('fail');
    expect(handler.recoverable).toBe(false);
    expect(() => handler.handle(new Error('boom'), 1, 5)).toThrow('The transform “parse” failed');
    expect([letters.length, count()]).toEqual([0, 0]);
  });

  it('writes a dead letter with the reason, the place, the record and its time', () => {
    const { handler, letters, count } = handlerOf('deadLetter');
    expect(handler.recoverable).toBe(true);
    handler.handle(withStack('/team/job.ts:3:5'), { id: 1 }, 5);
    handler.handle('a text', { id: 2 }, NaN);
    expect(letters).toEqual([
      {
        transform: 'parse',
        reason: 'boom',
        where: '/team/job.ts:3:5',
        record: { id: 1 },
        timestampMs: 5,
      },
      {
        transform: 'parse',
        reason: expect.stringContaining('a text'),
        where: '',
        record: { id: 2 },
        timestampMs: null,
      },
    ]);
    expect(count()).toBe(2);
  });

  it('only counts when records are dropped', () => {
    const { handler, letters, count } = handlerOf('drop');
    handler.handle(new Error('boom'), 1, 5);
    expect([letters.length, count()]).toEqual([0, 1]);
  });

  it.each(['deadLetter', 'drop'] as const)(
    'does not take a failure further down for its own (%s)',
    (policy) => {
      const { handler, count } = handlerOf(policy);
      const inner = recordFailure('inner', new Error('boom'), 1);
      expect(() => handler.handle(inner, 2, 5)).toThrow(inner);
      expect(count()).toBe(0);
    },
  );

  it('says where a record could not be read', () => {
    const { handler, letters } = handlerOf('deadLetter');
    handler.handle(inputFailure('No JSON.', 'in.ndjson:17'), '{"a', NaN);
    expect(letters).toMatchObject([{ reason: 'No JSON.', where: 'in.ndjson:17', record: '{"a' }]);
  });
});
