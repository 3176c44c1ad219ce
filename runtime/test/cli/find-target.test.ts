import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTarget, type TargetOverrides } from '../../src/cli/find-target.ts';
import type { JobTarget } from '../../src/cli/job-target.ts';
import { FakeIo } from './fake-io.ts';

const manifest = `apiVersion: millrace.dev/v1alpha1
kind: StreamJob
metadata:
  name: numbers
spec:
  job:
    entry: job.ts
  parallelism: 3
  mode: Batch
  args:
    day: monday
    hour: noon
`;

const files = { 'job.yaml': manifest, 'job.yml': manifest, 'count.ts': '', 'count.mjs': '', 'notes.txt': '' };

const find = (given: string, overrides?: TargetOverrides): JobTarget & { readonly folder: string } => {
  const io = new FakeIo({ files });
  return { ...findTarget(io, given, overrides), folder: io.workingDirectory };
};

describe('the job behind a path', () => {
  it.each(['job.yaml', 'job.yml', './job.yaml'])('is that of a manifest: %s', (given) => {
    expect(find(given)).toMatchObject({ name: 'numbers', parallelism: 3 });
  });

  it('is a bare file, named after it: one slot, no restarts, the first bad record fails it', () => {
    const target = find('count.ts');
    expect(target).toMatchObject({
      name: 'count',
      entry: join(target.folder, 'count.ts'),
      baseDirectory: target.folder,
      parallelism: 1,
      mode: 'Streaming',
      restart: { strategy: 'None' },
      deadLetterPolicy: 'fail',
      notes: [],
    });
    expect(find('count.mjs').name).toBe('count');
  });

  it('may be given as an absolute path', () => {
    const io = new FakeIo({ files });
    expect(findTarget(io, join(io.workingDirectory, 'count.ts')).name).toBe('count');
  });
});

describe('a manifest whose code lies elsewhere', () => {
  it('has its relative paths start there, and somebody else heeds what a local run does not', () => {
    const io = new FakeIo({ files: { 'job.yaml': `${manifest}  state: Suspended\n` } });
    const target = findTarget(io, 'job.yaml', { codeDirectory: 'code' });
    expect(target).toMatchObject({
      entry: join(io.workingDirectory, 'code/job.ts'),
      baseDirectory: join(io.workingDirectory, 'code'),
      notes: [],
    });
  });
});

describe('what the command line says', () => {
  it('wins over the manifest', () => {
    expect(find('job.yaml', { parallelism: 8, mode: 'Streaming' })).toMatchObject({
      parallelism: 8,
      mode: 'Streaming',
    });
  });

  it('replaces arguments one by one and adds new ones', () => {
    expect(find('job.yaml', { args: { day: 'friday', shop: 'north' } }).args).toEqual({
      day: 'friday',
      hour: 'noon',
      shop: 'north',
    });
  });

  it('holds for a bare file as well', () => {
    expect(find('count.ts', { parallelism: 2, args: { a: '1' } })).toMatchObject({
      parallelism: 2,
      args: { a: '1' },
    });
  });
});

describe('a path that is no job', () => {
  it.each(['notes.txt', 'Makefile', '.', 'job.yaml.bak'])('is refused by its ending: %s', (given) => {
    expect(() => find(given)).toThrow(
      expect.objectContaining({
        code: 'manifest-invalid',
        message: `${given} is neither a manifest nor a job's code.`,
        hint: 'A manifest ends in .yaml, .yml, .json; code ends in .ts, .mts, .js, .mjs.',
      }),
    );
  });

  it('is refused when there is no such file, with the whole path', () => {
    expect(() => find('gone.ts')).toThrow(
      expect.objectContaining({
        code: 'job-invalid',
        message: 'gone.ts does not exist.',
        where: { file: expect.stringMatching(/^\/.*gone\.ts$/) as string },
        hint: "Give the path of a StreamJob manifest or of a job's code.",
      }),
    );
  });
});
