import { expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { longestCommitMs, requireLongTransactions } from '../../src/coordinator/transaction-times.ts';
import { Outlet } from '../support/outlet.ts';
import { createStoredJob, newStore, stateIn } from './stored-job.ts';

const policy = { intervalMs: 1000, minPauseMs: 0, timeoutMs: 9000, tolerableFailures: 1 };

/** A job with a sink whose target keeps a transaction for so long; undefined = for ever. */
const graphWith = (longestTransactionMs: number | undefined) => {
  const sink = new Outlet<number>().sink();
  return buildGraph(
    (env) =>
      void env
        .fromSource(collection([1]))
        .sinkTo(longestTransactionMs === undefined ? sink : { ...sink, longestTransactionMs })
        .name('orders'),
    {},
    { parallelism: 1 },
  );
};

it('what is prepared may wait for every checkpoint that may fail, its time-out, and a restart', () => {
  expect(longestCommitMs(policy)).toBe(2 * 10_000 + 60_000);
  expect(longestCommitMs({ ...policy, minPauseMs: 5000, tolerableFailures: 0 })).toBe(14_000 + 60_000);
});

it('a target that keeps a transaction for less is refused before it loses one', () => {
  for (const keptMs of [undefined, 80_000]) requireLongTransactions(graphWith(keptMs), policy);
  expect(() => requireLongTransactions(graphWith(79_999), policy)).toThrow(
    expect.objectContaining({
      code: 'job-invalid',
      message:
        'The target of the sink “orders” keeps a transaction for 79.999 s, and a checkpoint may be committed only after 80 s.',
      hint: expect.stringContaining('Lower spec.checkpoint.timeout'),
    }),
  );
});

it('a job with checkpoints is not made then', () => {
  const sink = { ...new Outlet<number>().sink(), longestTransactionMs: 1000 };
  expect(() =>
    createStoredJob(
      (env) =>
        void env
          .fromSource(collection([1]))
          .sinkTo(sink)
          .name('orders'),
      stateIn(newStore(), 'orders'),
    ),
  ).toThrow('The target of the sink “orders” keeps a transaction for 1 s');
});
