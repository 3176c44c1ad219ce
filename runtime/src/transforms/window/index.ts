/**
 * `window` is the running form of windows.
 */
import type { TransformSpec } from '../../api/transform.ts';
import { compileWindowAggregation } from '../aggregation/compile.ts';
import type { Processor, ProcessorContext } from '../processor.ts';
import { FoldOutput } from './pane-output.ts';
import { ResultBatch } from './result-batch.ts';
import { type SessionSettings, SessionWindowProcessor } from './session.ts';
import { type SlicedSettings, SlicedWindowProcessor } from './sliced.ts';

export const createWindowProcessor = (
  spec: Extract<TransformSpec, { kind: 'window' }>,
  context: ProcessorContext,
): Processor => {
  const settings = spec.window;
  const aggregation = compileWindowAggregation(settings.aggregation, context.failures);
  const output =
    settings.aggregation.kind === 'builtIn'
      ? new ResultBatch(aggregation, settings.keyed, context.output)
      : new FoldOutput(aggregation, context);
  if (settings.assigner.kind === 'session') {
    return new SessionWindowProcessor(settings as SessionSettings, context, aggregation, output);
  }
  return new SlicedWindowProcessor(settings as SlicedSettings, context, aggregation, output);
};
