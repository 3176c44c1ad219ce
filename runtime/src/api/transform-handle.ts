import { jobInvalid, wholeNumber } from './job-invalid.ts';
import type { Recorder } from './recorder.ts';
import type { TransformNode } from './transform.ts';

/** The longest name or uid, in characters; they become parts of metric names and object keys. */
const longestName = 200;
/** No job needs more subtasks than key groups can number. */
export const mostParallelism = 32_768;

/** What can be said about the transform that a call has just made. Each method returns the same stream. */
export class TransformHandle {
  /** For the runtime: where the job is recorded. */
  readonly recorder: Recorder;
  /** For the runtime: the transform just made; undefined on a stream that only regroups others (keyBy, union, rebalance). */
  readonly made: TransformNode | undefined;

  constructor(recorder: Recorder, made: TransformNode | undefined) {
    this.recorder = recorder;
    this.made = made;
  }

  /** Names the transform in graphs, logs, metrics and errors; also its uid, unless one is given. */
  name(name: string): this {
    const node = this.transform('name');
    checkText('name', name, node.name);
    if (!this.recorder.hasOwnUid(node)) node.uid = name;
    node.name = name;
    node.named = true;
    return this;
  }

  /** Names the transform's state in snapshots: it must stay the same for as long as the state shall be found again. */
  uid(uid: string): this {
    const node = this.transform('uid');
    checkText('uid', uid, node.name);
    this.recorder.claimUid(uid, node);
    node.named = true;
    return this;
  }

  /** Runs the transform in this many subtasks; at most the job's parallelism. */
  setParallelism(parallelism: number): this {
    const node = this.transform('setParallelism');
    node.parallelism = wholeNumber(parallelism, 'parallelism', 1, mostParallelism, node.name);
    return this;
  }

  /** Starts a task with this transform: it does not run in one loop with its input. */
  startNewChain(): this {
    this.transform('startNewChain').chaining = 'head';
    return this;
  }

  /** Runs this transform in a task of its own. */
  disableChaining(): this {
    this.transform('disableChaining').chaining = 'never';
    return this;
  }

  private transform(method: string): TransformNode {
    if (this.made !== undefined) return this.made;
    throw jobInvalid(
      `${method}() was called on a stream that no transform has just made.`,
      `Call ${method}() directly after the transform it is for, before keyBy, union or a partitioning.`,
    );
  }
}

const checkText = (what: string, text: string, transform: string): void => {
  if (typeof text === 'string' && text.trim() !== '' && text.length <= longestName) return;
  throw jobInvalid(
    `The ${what} ${JSON.stringify(text)} of a transform is empty or longer than ${longestName} characters.`,
    `Give a ${what} of 1 to ${longestName} characters.`,
    transform,
  );
};
