import { describe, expect, it } from 'vitest';
import { failureOf, tellTrouble } from '../../src/cli/trouble.ts';
import { systemError } from './fake-io.ts';

const told = (
  trouble: Parameters<typeof tellTrouble>[0],
): { readonly code: number; readonly text: string } => {
  let text = '';
  const code = tellTrouble(trouble, (more) => {
    text += more;
  });
  return { code, text };
};

const thrownAt = (place: string | undefined, cause?: unknown): Error => {
  const error = new Error('boom', { cause });
  error.stack = place === undefined ? 'Error: boom' : `Error: boom\n    at tick (${place})`;
  return error;
};

describe('output that nobody reads any more', () => {
  const trouble = { kind: 'output', error: systemError('EPIPE') } as const;

  it('is no failure: whoever closed the pipe has seen enough', () => {
    expect(failureOf(trouble)).toBeUndefined();
  });

  it('ends the command without a word, as cancelled', () => {
    expect(told(trouble)).toEqual({ code: 130, text: '' });
  });
});

describe('output that cannot be written', () => {
  const error = systemError('ENOSPC');
  const trouble = { kind: 'output', error } as const;

  it('is a failure that says why and what to do', () => {
    expect(failureOf(trouble)).toMatchObject({
      code: 'io',
      message: 'Standard output cannot be written: ENOSPC: it went wrong',
      hint: 'Make room where the output goes, or send it elsewhere.',
      cause: error,
    });
  });

  it('is told on standard error', () => {
    const { code, text } = told(trouble);
    expect(code).toBe(1);
    expect(text).toMatch(/^error: Standard output cannot be written: ENOSPC/);
    expect(text).toMatch(/\n {2}what now {2}Make room where the output goes, .*\n$/);
  });
});

describe('what a callback throws outside of any call', () => {
  it("names the author's line, the cause and what to do", () => {
    const error = thrownAt('/team/job.ts:7:3', new Error('connect ECONNREFUSED'));
    expect(failureOf({ kind: 'uncaught', error })).toMatchObject({
      code: 'user-code',
      message: 'A callback of the job failed: boom: connect ECONNREFUSED',
      where: { at: '/team/job.ts:7:3' },
      hint: expect.stringContaining('await promises') as string,
    });
  });

  it("stays what it is when no line of the author's is involved: he cannot help it", () => {
    const error = thrownAt(undefined);
    expect(failureOf({ kind: 'uncaught', error })).toBe(error);
    expect(failureOf({ kind: 'uncaught', error: 'a text' })).toBe('a text');
  });

  it('fails the command when no job runs', () => {
    const { code, text } = told({ kind: 'uncaught', error: thrownAt('/team/job.ts:7:3') });
    expect(code).toBe(1);
    expect(text).toMatch(/^error: A callback of the job failed: boom\n {2}at {8}\/team\/job\.ts:7:3\n/);
  });
});
