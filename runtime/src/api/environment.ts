/**
 * `api` is what the author of a job imports. A job is given an *environment*, begins *streams* with its sources, and ends
 * them in sinks; every call between records a *transform* (transform.ts), a plain value that names the author's functions.
 * Nothing here runs or waits: `graph` plans what was recorded, `transforms` and `task` run it.
 */
import type { Source } from './connectors.ts';
import { DataStream } from './data-stream.ts';
import type { NoPromise } from './functions.ts';
import { requireConnector, wholeNumber } from './job-invalid.ts';
import { KeyedStream } from './keyed-stream.ts';
import { Recorder, type StreamFactory } from './recorder.ts';
import type { StreamSink } from './stream-sink.ts';
import type { TransformNode } from './transform.ts';
import { mostParallelism } from './transform-handle.ts';
import { noWatermarks, type WatermarkStrategy } from './watermarks.ts';

/** The default export of a job's module: builds the graph of the job and runs nothing. Called once in every slot. */
export type Job = (env: StreamEnvironment, args: Readonly<Record<string, string>>) => NoPromise | StreamSink;

export interface EnvironmentSettings {
  /** Subtasks of every transform that asks for no other number; default 1. */
  readonly parallelism?: number;
}

const streams: StreamFactory = {
  data: (recorder, edges, made) => new DataStream(recorder, edges, made),
  keyed: (recorder, edges, key) => new KeyedStream(recorder, edges, key),
};

/** Where a job begins: its sources. Holds the transforms that the job's function records. */
export class StreamEnvironment {
  /** Subtasks of every transform that asks for no other number: `spec.parallelism`. */
  readonly defaultParallelism: number;
  private readonly recorder: Recorder;

  constructor(settings: EnvironmentSettings) {
    this.defaultParallelism = wholeNumber(settings.parallelism ?? 1, 'parallelism', 1, mostParallelism);
    this.recorder = new Recorder(streams);
  }

  /** For the runtime: the transforms recorded so far, in the order of the calls. */
  get nodes(): readonly TransformNode[] {
    return this.recorder.nodes;
  }

  /** Starts a stream with a source. Without watermarks there is no event time: timestamps are the source's. */
  fromSource<T, Split, EnumeratorState>(
    source: Source<T, Split, EnumeratorState>,
    watermarks: WatermarkStrategy<T> = noWatermarks(),
    options: { readonly name?: string } = {},
  ): DataStream<T> {
    requireConnector(source, 'source');
    const spec = {
      kind: 'source',
      source: source as Source<unknown>,
      watermarks: watermarks.settings,
    } as const;
    const stream = this.recorder.transform<T>(spec, [], source.kind);
    return options.name === undefined ? stream : stream.name(options.name);
  }
}

/** An empty environment, to be given to a job's function. */
export const createEnvironment = (settings: EnvironmentSettings = {}): StreamEnvironment =>
  new StreamEnvironment(settings);
