/**
 * The committers that work without the job that has prepared: what a sink has left in a checkpoint comes out also when the job has no such
 * sink any more.
 */
import type { Committer, CommitterContext } from '../api/connectors.ts';
import { fileSink } from '../connectors/files/index.ts';
import { sqliteSink } from '../connectors/sqlite/index.ts';

/** By the kind of the sink. Each takes the place from the committable; the options here say nothing. */
export const committerOfKind = (kind: string, context: CommitterContext): Committer<unknown> | undefined => {
  switch (kind) {
    case 'files':
      return fileSink({ directory: '.', format: 'ndjson' }).createCommitter(context) as Committer<unknown>;
    case 'sqlite':
      return sqliteSink({ file: 'unused', table: 'unused', key: [] }).createCommitter(
        context,
      ) as Committer<unknown>;
    default:
      return undefined;
  }
};
