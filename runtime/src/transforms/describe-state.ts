import type { BuiltInAggregate } from '../api/aggregates.ts';
import type { TransformSpec, WindowAggregation } from '../api/transform.ts';
import type { WindowAssigner } from '../api/windows.ts';
import type { StateDescription } from '../state/state-description.ts';
import type { Processor } from './processor.ts';
import { hasFastPath } from './window/index.ts';

/** What a transform is, as manifests say: of sources and sinks the connector too. */
export const describeKind = (spec: TransformSpec): string => {
  switch (spec.kind) {
    case 'source':
      return `source ${spec.source.kind}`;
    case 'sink':
      return `sink ${spec.sink.kind}`;
    default:
      return spec.kind;
  }
};

/** What of an assigner decides which windows are in the state. */
const describeAssigner = (assigner: WindowAssigner): string => {
  switch (assigner.kind) {
    case 'session':
      return `session of ${assigner.time} time`;
    case 'global':
      return assigner.kind;
    case 'count':
      return `count ${assigner.size} every ${assigner.slide}`;
    case 'custom':
      return `custom of ${assigner.time} time${assigner.merging ? ', merging' : ''}`;
    default: {
      const { kind, time, sizeMs, slideMs, offsetMs, timeZone } = assigner;
      const zone = timeZone === undefined ? '' : ` in ${timeZone}`;
      return `${kind} of ${time} time, ${sizeMs}ms every ${slideMs}ms from ${offsetMs}ms${zone}`;
    }
  }
};

/** Accumulators lie in state in the order of the aggregates, so their order counts as well as their kinds. */
const describeAggregates = (
  aggregates: Readonly<Record<string, Pick<BuiltInAggregate<never, unknown>, 'kind'>>>,
): string =>
  Object.values(aggregates)
    .map(({ kind }) => kind)
    .join(', ');

const describeAggregation = (aggregation: WindowAggregation): string =>
  aggregation.kind === 'builtIn' ? describeAggregates(aggregation.aggregates) : aggregation.kind;

type Windows = Pick<Extract<TransformSpec, { kind: 'window' }>['window'], 'assigner' | 'trigger' | 'evictor'>;

const ofWindows = (windows: Windows, contents: string): StateDescription => {
  const aligned = windows.assigner.kind === 'session' ? 'sessions' : 'slices';
  return {
    name: 'windows',
    kind: 'window',
    type: hasFastPath(windows) ? aligned : 'panes',
    fields: { windows: describeAssigner(windows.assigner), contents },
  };
};

/** State that follows from what the transform is. */
const ownState = (spec: TransformSpec): readonly StateDescription[] => {
  switch (spec.kind) {
    case 'window':
      return [ofWindows(spec.window, describeAggregation(spec.window.aggregation))];
    case 'windowJoin':
      return [ofWindows(spec.join, 'both sides of a join')];
    case 'aggregate':
      return [
        {
          name: 'aggregates',
          kind: 'aggregating',
          fields: { contents: describeAggregates(spec.aggregates) },
        },
      ];
    case 'intervalJoin':
      return [{ name: 'waiting records', kind: 'list', fields: { join: spec.join.type } }];
    case 'async':
    case 'lookup':
      return [{ name: 'records in flight', kind: 'list' }];
    default:
      return [];
  }
};

/**
 * All state of a transform whose processor, if it has one, has been opened. State that a window function asks for while it runs
 * is not in it: what it may be is not known before.
 */
export const describeState = (
  spec: TransformSpec,
  processor: Pick<Processor, 'describeState'> | undefined,
): readonly StateDescription[] => [...ownState(spec), ...(processor?.describeState?.() ?? [])];
