import { jobInvalid } from './job-invalid.ts';
import type { Recorder } from './recorder.ts';
import type { BroadcastStateDescriptor } from './state.ts';
import type { InputEdge } from './transform.ts';

/** A stream of which every subtask gets every record, to be kept in broadcast state. Made by `broadcast(state, …)`. */
export class BroadcastStream<T> {
  /** Only for the compiler. */
  readonly recordType?: T;
  readonly recorder: Recorder;
  readonly edges: readonly InputEdge[];
  /** Names of the broadcast states that the function may ask for. */
  readonly states: readonly string[];

  /** @throws MillraceError job-invalid when two states have the same name. */
  constructor(
    recorder: Recorder,
    edges: readonly InputEdge[],
    states: readonly BroadcastStateDescriptor<unknown, unknown>[],
  ) {
    this.recorder = recorder;
    this.edges = edges;
    this.states = states.map((state) => state.name);
    const twice = this.states.find((name, i) => this.states.indexOf(name) !== i);
    if (twice !== undefined) {
      throw jobInvalid(
        `The broadcast state “${twice}” is given twice.`,
        'Give each broadcast state its own name.',
      );
    }
  }
}
