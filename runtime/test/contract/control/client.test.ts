import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ControlAnswer, callOf, createAsk, readAnswer } from '../../../src/contract/control/client.ts';
import { problemOf } from '../../../src/contract/control/problem.ts';
import { errorCodes, MillraceError } from '../../../src/contract/errors.ts';

const answer = (status: number, value: unknown): ControlAnswer => ({ status, body: JSON.stringify(value) });

describe('a question', () => {
  it('puts fields into the path and the rest into the query or the body', () => {
    expect(callOf('getTask', { task: 3 })).toEqual({ method: 'get', path: '/v1/tasks/3' });
    expect(callOf('queryState', { transform: 'a', state: 'b', key: '"x&y"' })).toEqual({
      method: 'get',
      path: '/v1/state/a/b?key=%22x%26y%22',
    });
    expect(callOf('setParallelism', { parallelism: 4, sequence: undefined })).toEqual({
      method: 'put',
      path: '/v1/parallelism',
      body: '{"parallelism":4}',
    });
    expect(callOf('profileSlot', { slot: 1, durationMs: 500 })).toEqual({
      method: 'post',
      path: '/v1/slots/1/cpu-profile',
      body: '{"durationMs":500}',
    });
  });

  it('cannot leave its place in the path, whatever a field holds', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(word, word, word, (transform, state, key) => {
        const { path } = callOf('queryState', { transform, state, key });
        const [before = '', query = ''] = path.split('?');
        expect(before.split('/').slice(3).map(decodeURIComponent)).toEqual([transform, state]);
        expect(Object.fromEntries(new URLSearchParams(query))).toEqual({ key });
      }),
    );
  });
});

describe('an answer', () => {
  const parallelism = { desired: 2, actual: 1, maximum: 128, sequence: null };

  it('is checked, and may have fields that this version does not know', async () => {
    const ask = createAsk(async (call) => {
      expect(call).toEqual({ method: 'get', path: '/v1/parallelism' });
      return answer(200, { ...parallelism, mood: 'good' });
    });
    expect(await ask('getParallelism', {})).toEqual(parallelism);
  });

  it('that refuses is thrown as the error that the other side had', () => {
    for (const code of errorCodes) {
      const error = new MillraceError(code, 'It is not there.', {
        hint: 'Look elsewhere.',
        where: { slot: 7 },
      });
      const problem = problemOf(error);
      expect(problem.status).toBeGreaterThanOrEqual(400);
      expect(() => readAnswer('getStatus', answer(problem.status, problem))).toThrow(
        expect.objectContaining({ code, message: error.message, hint: error.hint, where: error.where }),
      );
    }
  });

  it('of something that is no control API is told as such', () => {
    const strange: ControlAnswer[] = [
      { status: 200, body: '<html>' },
      { status: 502, body: 'Bad gateway' },
      answer(200, { desired: 'many' }),
      answer(404, { error: 'no such thing' }),
    ];
    for (const given of strange)
      expect(() => readAnswer('getParallelism', given)).toThrow(/is not that of a control API/);
  });
});
