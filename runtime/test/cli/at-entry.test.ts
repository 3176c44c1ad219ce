import { describe, expect, it } from 'vitest';
import { atEntry } from '../../src/cli/at-entry.ts';
import { MillraceError } from '../../src/contract/errors.ts';

const failing = (error: unknown): Promise<unknown> =>
  atEntry('/team/job.ts', () => Promise.reject(error)).then(
    () => expect.unreachable('it fails'),
    (thrown: unknown) => thrown,
  );

const invalid = (details: ConstructorParameters<typeof MillraceError>[2], frame = ''): MillraceError => {
  const error = new MillraceError('job-invalid', 'The job is wrong.', details);
  error.stack = `MillraceError: The job is wrong.${frame}`;
  return error;
};

describe('loading and planning a job', () => {
  it('gives what it gives', async () => {
    expect(await atEntry('/team/job.ts', () => Promise.resolve(3))).toBe(3);
  });

  it('names the file when an error knows no line', async () => {
    const cause = 'a text';
    expect(await failing(invalid({ where: { transform: 'parse' }, hint: 'Mend it.', cause }))).toMatchObject({
      code: 'job-invalid',
      message: 'The job is wrong.',
      where: { file: '/team/job.ts', transform: 'parse' },
      hint: 'Mend it.',
      cause,
    });
  });

  it('names the line when one is known, and not the file as well', async () => {
    const error = await failing(invalid({}, '\n    at build (/team/steps.ts:4:2)'));
    expect(error).toMatchObject({ where: { at: '/team/steps.ts:4:2' } });
    expect((error as MillraceError).where).not.toHaveProperty('file');
  });

  it('leaves a file that is named already', async () => {
    expect(await failing(invalid({ where: { file: '/team/other.ts' } }))).toMatchObject({
      where: { file: '/team/other.ts' },
    });
  });

  it('leaves errors alone that are not about the job', async () => {
    for (const error of [new MillraceError('io', 'No room.'), new Error('boom'), 'a text']) {
      expect(await failing(error)).toBe(error);
    }
  });
});
