import type { Sink } from '../api/connectors.ts';
import { MillraceError } from '../contract/errors.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { CheckpointPolicy } from './checkpoint-times.ts';

/** What noticing a failure, starting processes and taking in state may take before the next attempt commits. */
const restartMs = 60_000;

/** How long what a sink has prepared may wait until it is committed, when all that is tolerated happens. Pure. */
export const longestCommitMs = ({
  intervalMs,
  minPauseMs,
  timeoutMs,
  tolerableFailures,
}: CheckpointPolicy): number =>
  (Math.max(intervalMs, minPauseMs) + timeoutMs) * (tolerableFailures + 1) + restartMs;

const longestTransactionMs = (sink: Sink<never>): number =>
  ('longestTransactionMs' in sink ? (sink.longestTransactionMs as number | undefined) : undefined) ??
  Infinity;

/**
 * `heldMs`: how long a revision on trial may hold back what its sinks prepare.
 * @throws MillraceError job-invalid when a target may end by itself what is prepared and not committed yet: it would be lost
 */
export const requireLongTransactions = (
  graph: PhysicalGraph,
  policy: CheckpointPolicy,
  heldMs: number = 0,
): void => {
  const neededMs = longestCommitMs(policy) + heldMs;
  for (const { name, spec } of graph.tasks.flatMap(({ chain }) => chain)) {
    const keptMs = spec.kind === 'sink' ? longestTransactionMs(spec.sink) : Infinity;
    if (keptMs >= neededMs) continue;
    throw new MillraceError(
      'job-invalid',
      `The target of the sink “${name}” keeps a transaction for ${keptMs / 1000} s, and a checkpoint may be committed only after ${neededMs / 1000} s.`,
      {
        hint: `Lower spec.checkpoint.timeout, tolerableFailures or interval${heldMs > 0 ? ', or spec.upgrade.rollback.timeout' : ''}, or let the target keep transactions longer: what it ends by itself is lost.`,
        where: { transform: name },
      },
    );
  }
};
