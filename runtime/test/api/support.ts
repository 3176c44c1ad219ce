import type { Sink, Source } from '../../src/api/connectors.ts';
import type { DataStream } from '../../src/api/data-stream.ts';
import { createEnvironment, type StreamEnvironment } from '../../src/api/environment.ts';
import type { TransformNode } from '../../src/api/transform.ts';
import { MillraceError } from '../../src/contract/errors.ts';

/** A record of an auction, as the tests of the API use it. */
export interface Bid {
  readonly auction: number;
  readonly bidder: string;
  readonly price: number;
  readonly channel: string | undefined;
  readonly time: number;
}

const never = (): never => {
  throw new Error('A graph is only planned in these tests, never run.');
};

/** A source that can be planned but not run. `narrowed` remembers what the planner asked for. */
export const plannedSource = <T>(
  settings: {
    readonly fields?: readonly string[];
    readonly canNarrow?: boolean;
    readonly kind?: string;
  } = {},
): Source<T> => ({
  kind: settings.kind ?? 'planned',
  boundedness: 'bounded',
  fields: settings.fields,
  ...(settings.canNarrow === true
    ? { withFields: (fields: readonly string[]) => plannedSource<T>({ ...settings, fields }) }
    : {}),
  createEnumerator: never,
  createReader: never,
});

/** A sink that can be planned but not run. */
export const plannedSink = <T>(kind = 'plannedSink'): Sink<T> => ({
  kind,
  delivery: 'at-least-once',
  createWriter: never,
});

export const environmentWithBids = (): { env: StreamEnvironment; bids: DataStream<Bid> } => {
  const env = createEnvironment({ parallelism: 4 });
  return { env, bids: env.fromSource(plannedSource<Bid>({ canNarrow: true })) };
};

/** The transform that a stream was just made by. */
export const madeBy = (stream: { readonly made: TransformNode | undefined }): TransformNode => {
  if (stream.made === undefined) throw new Error('No transform has just made this stream.');
  return stream.made;
};

/** The error that a call throws; fails when it throws none or one of another kind. */
export const errorOf = (call: () => unknown): MillraceError => {
  try {
    call();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('The call was expected to throw.');
};
