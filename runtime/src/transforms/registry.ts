import type { TransformNode } from '../api/transform.ts';
import { MillraceError } from '../contract/errors.ts';
import { createAggregateProcessor } from './aggregate.ts';
import { createAsyncProcessor } from './async.ts';
import { createBroadcastProcessor, createKeyedBroadcastProcessor } from './broadcast.ts';
import { createCoFlatMapProcessor } from './co-flat-map.ts';
import { createCoMapProcessor } from './co-map.ts';
import { createCoProcessProcessor } from './co-process.ts';
import { createIntervalJoinProcessor, createWindowJoinProcessor } from './join/index.ts';
import { createKeyedCoProcessProcessor } from './keyed-co-process.ts';
import { createKeyedProcessProcessor } from './keyed-process.ts';
import { createLookupProcessor } from './lookup.ts';
import { createProcessProcessor } from './process.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { createReduceProcessor } from './reduce.ts';
import { createSinkProcessor } from './sink.ts';
import { createWatermarksProcessor } from './watermarks.ts';
import { createPartialWindowProcessor, createWindowProcessor } from './window/index.ts';

/** The running form of a transform. Sources are inputs, and fused transforms are made in runs: both are the task's business. */
export const createProcessor = (node: TransformNode, context: ProcessorContext): Processor => {
  const { spec } = node;
  switch (spec.kind) {
    case 'watermarks':
      return createWatermarksProcessor(spec, context);
    case 'process':
      return createProcessProcessor(spec, context);
    case 'keyedProcess':
      return createKeyedProcessProcessor(spec, context);
    case 'reduce':
      return createReduceProcessor(spec, context);
    case 'aggregate':
      return createAggregateProcessor(spec, context);
    case 'window':
      return createWindowProcessor(spec, context);
    case 'partialWindow':
      return createPartialWindowProcessor(spec, context);
    case 'coMap':
      return createCoMapProcessor(spec, context);
    case 'coFlatMap':
      return createCoFlatMapProcessor(spec, context);
    case 'coProcess':
      return createCoProcessProcessor(spec, context);
    case 'keyedCoProcess':
      return createKeyedCoProcessProcessor(spec, context);
    case 'broadcast':
      return createBroadcastProcessor(spec, context);
    case 'keyedBroadcast':
      return createKeyedBroadcastProcessor(spec, context);
    case 'windowJoin':
      return createWindowJoinProcessor(spec, context);
    case 'intervalJoin':
      return createIntervalJoinProcessor(spec, context);
    case 'lookup':
      return createLookupProcessor(spec, context);
    case 'async':
      return createAsyncProcessor(spec, context);
    case 'sink':
      return createSinkProcessor(spec, context);
    case 'source':
    case 'fused':
      throw new MillraceError('internal', `A ${spec.kind} transform has no processor of its own.`);
  }
};
