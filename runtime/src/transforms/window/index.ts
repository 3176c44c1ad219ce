/**
 * `window` is the running form of windows. A *cell* is a span of time in which every instant is in the same windows, a *slice*
 * a span with one table of accumulators, which windows share. *Firing* a window hands its rows to a *pane output*, which emits
 * results or calls the window function. An aggregation may have a first phase before the exchange (partial.ts), whose results
 * the second, the window proper, merges. There are three paths: aligned windows in slices (sliced.ts), sessions in a typed
 * table (session.ts), and everything else, with triggers, timers and state a window (general.ts).
 */
import type { TransformSpec, WindowSettings } from '../../api/transform.ts';
import { type Aggregation, compileWindowAggregation } from '../aggregation/compile.ts';
import type { FailureHandler, Processor, ProcessorContext } from '../processor.ts';
import { FunctionOutput } from './function-output.ts';
import { GeneralWindowProcessor } from './general.ts';
import type { GeneralSettings } from './general-settings.ts';
import { FoldOutput, type PaneOutput } from './pane-output.ts';
import { ResultBatch } from './result-batch.ts';
import { type SessionSettings, SessionWindowProcessor } from './session.ts';
import { type SlicedSettings, SlicedWindowProcessor } from './sliced.ts';
import { withSubtaskState } from './unkeyed.ts';

export { createPartialWindowProcessor } from './partial.ts';

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

/** What a processor of windows does with its records and with the windows that fire. */
export interface WindowWork {
  readonly aggregation: Aggregation;
  readonly output: PaneOutput;
}

/** The processor that runs these windows, by the path that can. `work` makes its aggregation and output. */
export const createProcessorOfWindows = (
  settings: GeneralSettings,
  context: ProcessorContext,
  work: (failures: FailureHandler, merges: boolean) => WindowWork,
): Processor => {
  if (!hasFastPath(settings)) {
    // A record that fails is undone there with all that is in keyed state, accumulators too.
    const { aggregation, output } = work(rethrowing(false), false);
    return new GeneralWindowProcessor(settings, context, aggregation, output);
  }
  const { failures } = context;
  const foldFailures = failures.recoverable ? rethrowing(true) : failures;
  const { aggregation, output } = work(foldFailures, settings.assigner.kind !== 'tumbling');
  return settings.assigner.kind === 'session'
    ? new SessionWindowProcessor(settings as SessionSettings, context, aggregation, output)
    : new SlicedWindowProcessor(settings as SlicedSettings, context, aggregation, output);
};

/** Lets failures of folds through to the processor, which undoes the record and asks the policy. */
const rethrowing = (recoverable: boolean): FailureHandler => ({
  recoverable,
  handle: (error) => {
    throw error;
  },
});

const outputOf = (
  settings: WindowSettings,
  context: ProcessorContext,
  aggregation: Aggregation,
): PaneOutput => {
  const { assigner, keyed, allowedLatenessMs: latenessMs } = settings;
  if (settings.function !== undefined) {
    const merging = assigner.kind === 'session' || (assigner.kind === 'custom' && assigner.merging);
    return new FunctionOutput(
      { function: settings.function, keyed, latenessMs, merging },
      context,
      aggregation,
    );
  }
  return settings.aggregation.kind === 'builtIn'
    ? new ResultBatch(aggregation, keyed, context.output)
    : new FoldOutput(aggregation, context);
};

/** The processor of a window transform. */
export const createWindowProcessor = (
  spec: Extract<TransformSpec, { kind: 'window' }>,
  context: ProcessorContext,
): Processor => {
  const processor = createProcessorOfWindows(spec.window, context, (failures, merges) => {
    const aggregation = compileWindowAggregation(
      spec.window.aggregation,
      { failures, transformName: context.transformName },
      merges,
    );
    return { aggregation, output: outputOf(spec.window, context, aggregation) };
  });
  return spec.window.keyed ? processor : withSubtaskState(processor, context.maxParallelism);
};
