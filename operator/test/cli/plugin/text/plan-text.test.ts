import { describe, expect, it } from 'vitest';
import { checkStreamJob } from '../../../../../runtime/src/contract/check-stream-job.ts';
import type { StreamJobSpec } from '../../../../../runtime/src/contract/stream-job.ts';
import { specChanges } from '../../../../src/cli/plugin/spec-changes.ts';
import { verdictOf } from '../../../../src/cli/plugin/text/plan-text.ts';
import { jobWith, written } from '../../../streamjob/job-table.ts';

const specOf = (more: Readonly<Record<string, unknown>> = {}): StreamJobSpec => {
  const { apiVersion, kind } = jobWith(undefined);
  const spec = written('one', more);
  const result = checkStreamJob({ apiVersion, kind, metadata: { name: 'counts' }, spec });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.job.spec;
};

describe('the changes between two specs', () => {
  it('are fields with what changing them does', () => {
    const before = specOf({ args: { a: '1' }, maxParallelism: 128 });
    const after = specOf({
      args: { a: '2', b: '3' },
      maxParallelism: 256,
      parallelism: 3,
      upgrade: { rollback: { timeout: '5m' } },
      env: [{ name: 'A', value: 'b' }],
    });
    expect(specChanges(before, after).map(({ path, change }) => `${path.join('.')} ${change}`)).toEqual([
      'parallelism rescale',
      'maxParallelism immutable',
      'args.a switch-over',
      'args.b switch-over',
      'env switch-over',
      'upgrade.rollback.timeout operator',
    ]);
    expect(specChanges(before, before)).toEqual([]);
  });
});

const checkpointEvery = (interval: string): object => ({
  interval,
  store: { s3: { bucket: 'snapshots', endpoint: 'http://minio:9000' } },
});

describe('what a change comes to', () => {
  const verdict = (
    more: Readonly<Record<string, unknown>>,
    wanted = 'one',
    before = specOf(),
    current: string | undefined = 'one',
  ): string => {
    const spec = specOf(more);
    return verdictOf({ fields: specChanges(before, spec), current, wanted, spec });
  };

  it.each<[string, Readonly<Record<string, unknown>>, string, RegExp]>([
    ['nothing', {}, 'one', /^Nothing is to change\.$/],
    ['what the operator does', { ttlAfterFinished: '1h' }, 'one', /only what the operator does/],
    [
      'what is taken over as it goes',
      { checkpoint: checkpointEvery('3s') },
      'one',
      /takes it over as it goes/,
    ],
    ['slots', { parallelism: 7 }, 'one', /^The running job moves to 7 slots; /],
    ['a revision', {}, 'two', /^The revision two starts beside one .* compared with the state first\.$/],
    ['without state', { upgrade: { mode: 'Stateless' } }, 'two', /It begins without state\.$/],
    [
      'one after the other',
      { upgrade: { strategy: 'Recreate' } },
      'two',
      /^The revision one stops with a checkpoint, then two starts\./,
    ],
    ['suspension', { state: 'Suspended' }, 'two', /^The job takes a last checkpoint and lets its pods go\.$/],
    ['what is fixed', { maxParallelism: 300 }, 'two', /^It is refused: spec\.maxParallelism cannot change/],
  ])('is told for %s', (_what, more, wanted, expected) => {
    expect(verdict(more, wanted)).toMatch(expected);
  });

  it('is told for a job that is suspended, resumed, taken back or has never run', () => {
    const suspended = specOf({ state: 'Suspended' });
    expect(verdict({ state: 'Suspended', parallelism: 3 }, 'one', suspended)).toMatch(
      /in force when it is resumed/,
    );
    expect(verdict({}, 'one', suspended)).toBe('The job goes on from its last checkpoint.');
    expect(verdict({}, 'one', specOf({ args: { version: 'two' } }))).toBe(
      'The revision one runs on; what was to replace it is taken back.',
    );
    expect(verdictOf({ fields: [], current: undefined, wanted: 'one', spec: specOf() })).toBe(
      'The revision one starts.',
    );
  });
});
