import type { Recorder } from './recorder.ts';
import type { TransformNode } from './transform.ts';
import { TransformHandle } from './transform-handle.ts';

/** The end of a stream: a sink that can be given a name, a uid and a parallelism. */
export class StreamSink extends TransformHandle {
  constructor(recorder: Recorder, made: TransformNode) {
    super(recorder, made);
  }
}
