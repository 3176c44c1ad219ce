/**
 * `window` is the running form of windows. A *cell* is a span of time in which every instant is in the same windows, a *slice*
 * a span with one table of accumulators, which windows share. *Firing* a window hands its rows to a *pane output*, which emits
 * results or calls the window function. There are three paths: aligned windows in slices (sliced.ts), sessions in a typed
 * table (session.ts), and everything else, with triggers, timers and state a window (general.ts).
 */
import type { TransformSpec, WindowSettings } from '../../api/transform.ts';
import { type Aggregation, compileWindowAggregation } from '../aggregation/compile.ts';
import type { Processor, ProcessorContext } from '../processor.ts';
import { FunctionOutput } from './function-output.ts';
import { FoldOutput, type PaneOutput } from './pane-output.ts';
import { ResultBatch } from './result-batch.ts';
import { type SessionSettings, SessionWindowProcessor } from './session.ts';
import { type SlicedSettings, SlicedWindowProcessor } from './sliced.ts';

/** Whether the default trigger of a window's time domain, and nothing else, decides when it fires. */
export const hasFastPath = ({
  assigner,
  trigger,
  evictor,
}: Pick<WindowSettings, 'assigner' | 'trigger' | 'evictor'>): boolean => {
  if (
    evictor !== undefined ||
    assigner.kind === 'global' ||
    assigner.kind === 'count' ||
    assigner.kind === 'custom'
  ) {
    return false;
  }
  return (
    trigger === undefined || trigger.kind === (assigner.time === 'event' ? 'eventTime' : 'processingTime')
  );
};

/** The processor of the fast path that runs these windows, with any aggregation and output. */
export const createFastWindowProcessor = (
  settings: SlicedSettings | SessionSettings,
  context: ProcessorContext,
  aggregation: Aggregation,
  output: PaneOutput,
): Processor =>
  settings.assigner.kind === 'session'
    ? new SessionWindowProcessor(settings as SessionSettings, context, aggregation, output)
    : new SlicedWindowProcessor(settings as SlicedSettings, context, aggregation, output);

const outputOf = (
  settings: WindowSettings,
  context: ProcessorContext,
  aggregation: Aggregation,
): PaneOutput => {
  if (settings.function !== undefined) {
    const { keyed, allowedLatenessMs: latenessMs } = settings;
    const merging = settings.assigner.kind === 'session';
    return new FunctionOutput(
      { function: settings.function, keyed, latenessMs, merging },
      context,
      aggregation,
    );
  }
  return settings.aggregation.kind === 'builtIn'
    ? new ResultBatch(aggregation, settings.keyed, context.output)
    : new FoldOutput(aggregation, context);
};

/** The processor of a window transform. */
export const createWindowProcessor = (
  spec: Extract<TransformSpec, { kind: 'window' }>,
  context: ProcessorContext,
): Processor => {
  const settings = spec.window;
  const merges = settings.assigner.kind !== 'tumbling';
  const aggregation = compileWindowAggregation(settings.aggregation, context.failures, merges);
  const output = outputOf(settings, context, aggregation);
  return createFastWindowProcessor(settings as SlicedSettings, context, aggregation, output);
};
