import { describe, expect, it } from 'vitest';
import { specReader } from '../../src/streamjob/observe.ts';
import { hashing, jobWith, written } from './job-table.ts';

const local = { job: { entry: 'job.ts' }, checkpoint: { store: { directory: 'state' } } };

describe('reading the spec of a job', () => {
  it('refuses folders of one machine in a cluster, and says what to write', () => {
    const read = (spec: unknown) => specReader(jobWith(spec), hashing)(spec);
    expect(read(written()).ok).toBe(true);
    expect(read({ ...local, checkpoint: undefined })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('spec.job.code'),
    });
    expect(read({ ...(written() as object), checkpoint: local.checkpoint })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('name a bucket'),
    });
  });

  it('takes the manifest of a laptop where all pods are on one machine', () => {
    expect(specReader(jobWith(local), hashing, [], true)(local).ok).toBe(true);
  });

  it('names the field that is wrong, and how many more there are', () => {
    const spec = written('one', { parallelism: 1e9, mode: 'Sometimes' });
    expect(specReader(jobWith(spec), hashing)(spec)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/spec\.(parallelism|mode).*\(and 1 more\)/),
    });
  });
});
