import { expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import { abandoned, tooManyFailed } from '../../src/coordinator/failed-checkpoints.ts';

it('a checkpoint that came to nothing says why, in one sentence', () => {
  expect(abandoned(3, 'the disk is full.').message).toBe('Checkpoint 3 came to nothing: the disk is full.');
});

it('a job that cannot go on without checkpoints tells what to do about the last failure, and where it was', () => {
  const full = new MillraceError('io', 'The store is full.', {
    hint: 'Make room.',
    where: { store: 'there' },
  });
  expect(tooManyFailed(11, full.message, full)).toMatchObject({
    message: '11 checkpoints in a row came to nothing, the last because of this: The store is full.',
    hint: 'Make room. spec.checkpoint.tolerableFailures says how many may fail.',
    where: { store: 'there' },
  });
  expect(tooManyFailed(1, 'it was not complete after 5 s', undefined)).toMatchObject({
    message: 'A checkpoint came to nothing because of this: it was not complete after 5 s.',
    hint: expect.stringMatching(/^See that the store can be reached/),
  });
});
