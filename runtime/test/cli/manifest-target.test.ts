import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobTarget } from '../../src/cli/job-target.ts';
import { manifestTarget } from '../../src/cli/manifest-target.ts';
import { FakeIo } from './fake-io.ts';

const head = 'apiVersion: millrace.dev/v1alpha1\nkind: StreamJob\nmetadata:\n  name: numbers\nspec:\n';

const read = (spec: string, more: ConstructorParameters<typeof FakeIo>[0] = {}) => {
  const io = new FakeIo({ files: { 'job.yaml': `${head}${spec}` }, ...more });
  const folder = io.workingDirectory;
  return { folder, target: manifestTarget(io.system, join(folder, 'job.yaml'), 'job.yaml') };
};

const job = '  job:\n    entry: src/job.ts\n';

const failure = (make: () => unknown): unknown => {
  try {
    make();
  } catch (error) {
    return error;
  }
  return expect.unreachable('it is refused');
};

describe('the job of a manifest', () => {
  it('has the defaults of the schema where the manifest says nothing', () => {
    const { folder, target } = read(job);
    expect(target).toMatchObject({
      name: 'numbers',
      entry: join(folder, 'src/job.ts'),
      baseDirectory: folder,
      args: {},
      parallelism: 1,
      memoryBytes: 2 ** 30,
      mode: 'Streaming',
      deadLetterPolicy: 'fail',
      deadLetterFile: undefined,
      notes: [],
    } satisfies Partial<JobTarget>);
  });

  it('has what the manifest says', () => {
    const { target } = read(
      `${job}  parallelism: 4\n  maxParallelism: 256\n  resources:\n    memory: 256Mi\n  mode: Batch\n  args:\n    day: monday\n  env:\n    - name: REGION\n      value: north\n`,
    );
    expect(target).toMatchObject({
      parallelism: 4,
      maxParallelism: 256,
      memoryBytes: 2 ** 28,
      mode: 'Batch',
      args: { day: 'monday' },
      environment: { values: { REGION: 'north' } },
    });
  });

  it('writes dead letters beside the manifest, in a file named after the job', () => {
    const { folder, target } = read(`${job}  deadLetter:\n    policy: DeadLetter\n    path: lost/here\n`);
    expect(target).toMatchObject({
      deadLetterPolicy: 'deadLetter',
      deadLetterFile: join(folder, 'lost/here/numbers.ndjson'),
    });
    const elsewhere = read(`${job}  deadLetter:\n    policy: DeadLetter\n    path: /lost\n`);
    expect(elsewhere.target.deadLetterFile).toBe('/lost/numbers.ndjson');
  });

  it('needs no file when records are dropped', () => {
    expect(read(`${job}  deadLetter:\n    policy: Drop\n`).target).toMatchObject({
      deadLetterPolicy: 'drop',
      deadLetterFile: undefined,
    });
  });

  it('says of each thing that a local run does not do that it does not', () => {
    const { target } = read(
      `  job:\n    entry: job.ts\n    code:\n      image: registry.example/numbers:1\n  env:\n    - from:\n        secretRef:\n          name: keys\n  checkpoint:\n    store:\n      directory: snapshots\n`,
    );
    expect(target.notes).toEqual([
      expect.stringMatching(/^spec\.job\.code is ignored: /),
      expect.stringMatching(/^spec\.env\[0\] is ignored: .*Secret keys/),
    ]);
  });

  it('may be written as JSON', () => {
    const io = new FakeIo({
      files: {
        'job.json':
          '{"apiVersion":"millrace.dev/v1alpha1","kind":"StreamJob","metadata":{"name":"j"},"spec":{"job":{"entry":"job.ts"}}}',
      },
    });
    expect(manifestTarget(io.system, join(io.workingDirectory, 'job.json'), 'job.json').name).toBe('j');
  });
});

describe('a manifest that cannot be used', () => {
  it('is refused with every problem, each with its line, as the caller wrote the path', () => {
    const error = failure(() => read(`${job}  paralelism: 2\n  mode: Stream\n`));
    expect(error).toMatchObject({
      code: 'manifest-invalid',
      hint: 'Correct the manifest; nothing was started.',
    });
    const { message } = error as Error;
    expect(message).toMatch(/^The manifest cannot be used\.\n\n/);
    expect(message).toContain('job.yaml:8:3: spec.paralelism: there is no such field');
    expect(message).toContain('Did you mean parallelism?');
    expect(message).toContain('job.yaml:9:9: spec.mode: ');
    expect(message).toContain('2 problems in job.yaml');
  });

  it.each([
    ['is empty', '', 'expected a StreamJob, found an empty file'],
    ['is no mapping', 'hello', 'expected a mapping'],
    ['is no YAML', 'a: [', 'this is not YAML'],
    ['is indented by tabs', 'spec:\n\t- a', 'Indent by spaces'],
    ['is two', `${head}${job}---\n${head}${job}`, 'Give each job a file of its own'],
    ['is of another kind', head.replace('StreamJob', 'Deployment'), 'kind: '],
  ])('is told what is wrong when it %s', (_what, text, told) => {
    expect(failure(() => read('', { files: { 'job.yaml': text } }))).toMatchObject({
      message: expect.stringContaining(told) as string,
    });
  });

  it('is said to be missing when it is, with its whole path', () => {
    const io = new FakeIo();
    const path = join(io.workingDirectory, 'job.yaml');
    expect(failure(() => manifestTarget(io.system, path, 'job.yaml'))).toMatchObject({
      code: 'manifest-invalid',
      message: 'The manifest does not exist.',
      where: { file: path },
      hint: 'Give the path of a StreamJob manifest.',
    });
  });

  it('is said to be unreadable when it is', () => {
    const io = new FakeIo();
    expect(failure(() => manifestTarget(io.system, io.workingDirectory, 'folder.yaml'))).toMatchObject({
      message: expect.stringMatching(/^The manifest cannot be read: EISDIR/) as string,
      where: { file: io.workingDirectory },
      hint: 'See whether it is a file, and whether you may read it.',
    });
  });
});
