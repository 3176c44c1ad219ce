import { expect, it } from 'vitest';
import { collection } from '../../src/connectors/collection/index.ts';
import type { DeadLetter } from '../../src/task/failures.ts';
import { createStoredJob, newStore, stateIn } from '../coordinator/stored-job.ts';
import { Outlet } from '../support/outlet.ts';

it('dead letters of a job with checkpoints get out: manifests told only of sinks that the graph has', async () => {
  const letters: DeadLetter[] = [];
  const outlet = new Outlet<number>();
  const job = createStoredJob(
    (env) =>
      void env
        .fromSource(collection([1, 2, 3]))
        .map((n) => {
          if (n === 2) throw new Error('two is too many');
          return n;
        })
        .sinkTo(outlet.sink()),
    stateIn(newStore(), 'letters'),
    { deadLetterPolicy: 'deadLetter', deadLetters: (letter) => void letters.push(letter), parallelism: 1 },
  );
  job.start();
  const { state } = await job.ended;
  expect(state).toBe('finished');
  expect(letters.map(({ record }) => record)).toEqual([2]);
  expect(outlet.visible).toEqual([1, 3]);
});
