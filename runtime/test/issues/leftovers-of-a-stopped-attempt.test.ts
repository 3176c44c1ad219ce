import { expect, it } from 'vitest';
import type { TwoPhaseSink } from '../../src/api/connectors.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { createStoredJob, newStore, stateIn } from '../coordinator/stored-job.ts';
import { Outlet } from '../support/outlet.ts';

it('a job that finishes looks again for what earlier attempts have left: one that was stopped by SIGSTOP wrote on later', async () => {
  const outlet = new Outlet<number>();
  const inner = outlet.sink() as TwoPhaseSink<number, unknown>;
  const looks: { readonly attempt: number; readonly visible: number }[] = [];
  const sink: TwoPhaseSink<number, unknown> = {
    ...inner,
    createCommitter: (context) => {
      const committer = inner.createCommitter(context);
      return {
        commit: (committable) => committer.commit(committable),
        abort: (committable) => committer.abort(committable),
        abortOlder: async (attempt) => void looks.push({ attempt, visible: outlet.visible.length }),
      };
    },
  };
  const job = createStoredJob(
    (env) => void env.fromSource(collection([1, 2, 3])).sinkTo(sink),
    stateIn(newStore(), 'looking'),
    { parallelism: 1 },
  );
  job.start();
  await job.ended;
  expect(looks).toEqual([
    { attempt: 1, visible: 0 },
    { attempt: 1, visible: 3 },
  ]);
});
