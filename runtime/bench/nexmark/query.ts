import type { DataStream, Job, Sink, StreamEnvironment } from 'millrace';
import type { Stream } from './source.ts';

/** A query over the stream of events. */
export interface Query {
  readonly name: string;
  /** What is asked, in one line. */
  readonly title: string;
  /** Where the plan differs from what Flink makes of the query's SQL. */
  readonly note?: string;
  /** The job that reads a stream and sends the results to a sink. */
  job(stream: Stream, sink: Sink<unknown>): Job;
  /** A result as the row of its query: a list of columns, as recorded answers hold it. */
  rowOf(result: unknown): readonly unknown[];
  /** Results with an equal key replace each other; absent = every result is a row of its own. */
  keyOf?(result: unknown): string;
}

interface Definition<R> extends Pick<Query, 'name' | 'title' | 'note'> {
  readonly build: (env: StreamEnvironment, stream: Stream) => DataStream<R>;
  readonly row: (result: R) => readonly unknown[];
  readonly key?: (result: R) => string;
}

/** A query whose results have a type only here. */
export const query = <R>({ build, row, key, ...rest }: Definition<R>): Query => ({
  ...rest,
  job: (stream, sink) => (env) => void build(env, stream).sinkTo(sink),
  rowOf: (result) => row(result as R),
  ...(key === undefined ? {} : { keyOf: (result: unknown) => key(result as R) }),
});

/** A time as recorded answers have it: ISO, to the millisecond, without a zone. */
export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 23);
