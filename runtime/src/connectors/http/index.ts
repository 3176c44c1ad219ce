/**
 * `httpIngest` lets programs post records to a job: NDJSON by POST, one JSON value a line. A post is taken whole or refused
 * whole. When the job is behind, posts are refused with 429 and Retry-After: that is the back-pressure.
 */
import { checkOptions } from '../../api/connector-options.ts';
import type {
  PollResult,
  Source,
  SourceReader,
  SourceReaderContext,
  SplitOutput,
} from '../../api/connectors.ts';
import { createFixedSplits, type FixedSplitsState } from '../../api/fixed-splits.ts';
import { Batch } from '../../batch/batch.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { HttpServer } from '../../sys/http.ts';
import { createApplication } from './application.ts';
import { type CheckedOptions, type HttpIngestOptions, optionsSchema } from './options.ts';
import { RecordQueue } from './record-queue.ts';

export type { HttpIngestOptions } from './options.ts';

/** One listening subtask. */
export interface IngestSplit {
  readonly id: string;
}

const listen = async (
  context: SourceReaderContext<unknown>,
  options: CheckedOptions,
  queue: RecordQueue,
): Promise<HttpServer> => {
  const { host } = options;
  const port = options.port === 0 ? 0 : options.port + context.subtask;
  const app = createApplication(options, queue, context.system.hashing, () => context.wake());
  try {
    return await context.system.http.listen(app, { host, port });
  } catch (error) {
    throw new MillraceError(
      'io',
      `httpIngest() cannot listen on ${host}:${port}: ${(error as Error).message}`,
      {
        cause: error,
        where: { transform: context.transformName },
        hint: 'Give another port, or 0 for a free one.',
      },
    );
  }
};

const createReader = (
  context: SourceReaderContext<unknown>,
  options: CheckedOptions,
): SourceReader<IngestSplit> => {
  const queue = new RecordQueue(options.maximumQueuedRecords);
  let server: HttpServer | undefined;
  let split: IngestSplit | undefined;
  let output: SplitOutput<unknown> | undefined;
  let asked = false;
  return {
    open: async () => {
      server = await listen(context, options, queue);
      context.logger.info(`Records are taken at http://${options.host}:${server.port}${options.path}`);
    },
    addSplit: (given) => {
      split = given;
      output = context.split(given.id);
    },
    noMoreSplits: () => {},
    // Whoever was answered with 202 was told that the job has the records.
    stop: () => queue.close(),
    poll: (): PollResult => {
      if (!asked) {
        asked = true;
        context.requestSplit();
      }
      const records = output === undefined ? undefined : queue.take();
      if (records === undefined) return queue.isOpen ? 'waiting' : 'end';
      output?.emitBatch(Batch.ofRows(records, new Float64Array(records.length).fill(NaN)));
      return 'more';
    },
    snapshot: () => (split === undefined ? [] : [split]),
    close: async () => {
      output?.release();
      await server?.close();
    },
  };
};

/**
 * An endless source of records that are posted to it.
 * @throws MillraceError job-invalid when an option is wrong.
 */
export const httpIngest = <T>(
  options: HttpIngestOptions<T>,
): Source<T, IngestSplit, FixedSplitsState<IngestSplit>> => {
  const checked = checkOptions('httpIngest', optionsSchema, options);
  return {
    kind: 'httpIngest',
    boundedness: 'endless',
    createEnumerator: (context, restored) =>
      createFixedSplits(
        context,
        Array.from({ length: context.parallelism }, (_, subtask) => ({ id: `listener-${subtask}` })),
        restored,
      ),
    createReader: (context) => createReader(context as SourceReaderContext<unknown>, checked),
  };
};
