/**
 * `collect` keeps records in the memory of the process that runs the job: for tests and `executeAndCollect`. The caller
 * holds a `Collected`, the job fills it. When a job restarts, what earlier attempts had collected is dropped; under checkpoints
 * records come with the checkpoint that has them, and stay: exactly once.
 *
 * It works within one thread. `millrace run` gives each slot a thread once there are several, and each fills a `Collected` of
 * its own, which nobody else sees: it warns of that.
 */
import type { Committer, ConnectorContext, TwoPhaseSink, TwoPhaseSinkWriter } from '../../api/connectors.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { Collected } from './collected.ts';

export { Collected } from './collected.ts';

const createWriter = (
  into: Collected<unknown>,
  { attempt }: ConnectorContext,
): TwoPhaseSinkWriter<string> => {
  into.begin(attempt);
  return {
    write: (batch) => into.add(batch, attempt),
    flush: () => {},
    prepare: async () => [],
    close: () => {},
  };
};

const createStagedWriter = (
  into: Collected<unknown>,
  { attempt, subtask }: ConnectorContext,
): TwoPhaseSinkWriter<string> => {
  let number = 0;
  let written = false;
  const name = (): string => `${attempt}-${subtask}-${number}`;
  return {
    write: (batch) => {
      into.stage(name(), batch, attempt);
      written = true;
    },
    flush: () => {},
    prepare: async () => {
      if (!written) return [];
      const sealed = name();
      number++;
      written = false;
      return [sealed];
    },
    close: () => into.abort(name()),
  };
};

const createCommitter = (into: Collected<unknown>): Committer<string> => ({
  commit: async (transaction) => {
    if (into.commit(transaction)) return;
    throw new MillraceError(
      'output-lost',
      'What was collected was in the memory of a process that has ended.',
      {
        hint: 'Use collect for tests only; files, say, outlive a process.',
      },
    );
  },
  abort: async (transaction) => into.abort(transaction),
  abortOlder: async (attempt) => into.abortOlder(attempt),
});

/** A sink that adds its records to `into`. */
export const collect = <T>(into: Collected<T>): TwoPhaseSink<T, string> => {
  const untyped = into as Collected<unknown>;
  return {
    kind: 'collect',
    delivery: 'exactly-once',
    createWriter: (context) =>
      context.checkpoints === true ? createStagedWriter(untyped, context) : createWriter(untyped, context),
    createCommitter: () => createCommitter(untyped),
  };
};
