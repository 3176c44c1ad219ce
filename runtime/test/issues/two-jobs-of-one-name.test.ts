import { expect, it } from 'vitest';
import type { TwoPhaseSink } from '../../src/api/connectors.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { createStoredJob, newStore, stateIn } from '../coordinator/stored-job.ts';
import { Outlet } from '../support/outlet.ts';

/** Runs a job, and tells as what its writers and its committer know its sink. */
const ownersOf = async (jobUid: string): Promise<readonly string[]> => {
  const inner = new Outlet<number>().sink() as TwoPhaseSink<number, unknown>;
  const owners: string[] = [];
  const sink: TwoPhaseSink<number, unknown> = {
    ...inner,
    createWriter: (context) => {
      owners.push(context.owner);
      return inner.createWriter(context);
    },
    createCommitter: (context) => {
      owners.push(context.owner);
      return inner.createCommitter(context);
    },
  };
  const job = createStoredJob(
    (env) =>
      void env
        .fromSource(collection([1]))
        .sinkTo(sink)
        .name('out'),
    stateIn(newStore(), jobUid),
    { parallelism: 1, jobName: 'of one name' },
  );
  job.start();
  expect((await job.ended).state).toBe('finished');
  return owners;
};

it('two jobs of one name that write to one place tell what is theirs: one would have aborted what the other had prepared', async () => {
  expect(await ownersOf('one')).toEqual(['one/out', 'one/out']);
  expect(await ownersOf('other')).toEqual(['other/out', 'other/out']);
});
