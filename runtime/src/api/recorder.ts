import type { DataStream } from './data-stream.ts';
import { jobInvalid } from './job-invalid.ts';
import type { KeyedStream } from './keyed-stream.ts';
import type { InputEdge, KeySelector, TransformNode, TransformSpec } from './transform.ts';

/** How streams are made. Given by the environment, so that no stream class needs another one that needs it. */
export interface StreamFactory {
  data<T>(recorder: Recorder, edges: readonly InputEdge[], made?: TransformNode): DataStream<T>;
  keyed<K, T>(recorder: Recorder, edges: readonly InputEdge[], key: KeySelector): KeyedStream<K, T>;
}

/** Collects the transforms of one job as its function calls the API. */
export class Recorder {
  readonly nodes: TransformNode[] = [];
  private readonly uids = new Map<string, TransformNode>();
  private readonly streams: StreamFactory;

  constructor(streams: StreamFactory) {
    this.streams = streams;
  }

  /** Adds a transform. `label` starts its default name, `label#number`. */
  add(
    spec: TransformSpec,
    inputs: readonly (readonly InputEdge[])[],
    label: string = spec.kind,
  ): TransformNode {
    const id = this.nodes.length;
    const node: TransformNode = {
      id,
      spec,
      inputs,
      name: `${label}#${id}`,
      uid: undefined,
      named: false,
      parallelism: undefined,
      chaining: 'always',
    };
    this.nodes.push(node);
    return node;
  }

  /** Adds a transform and gives the stream of its results. */
  transform<R>(
    spec: TransformSpec,
    inputs: readonly (readonly InputEdge[])[],
    label?: string,
  ): DataStream<R> {
    const node = this.add(spec, inputs, label);
    return this.stream([{ from: node, partitioning: { kind: 'forward' } }], node);
  }

  stream<T>(edges: readonly InputEdge[], made?: TransformNode): DataStream<T> {
    return this.streams.data(this, edges, made);
  }

  keyed<K, T>(edges: readonly InputEdge[], key: KeySelector): KeyedStream<K, T> {
    return this.streams.keyed(this, edges, key);
  }

  /**
   * Takes a uid for a transform.
   * @throws MillraceError job-invalid when another transform has it.
   */
  claimUid(uid: string, node: TransformNode): void {
    const owner = this.uids.get(uid);
    if (owner !== undefined && owner !== node) {
      throw jobInvalid(
        `The uid “${uid}” is given to two transforms, “${owner.name}” and “${node.name}”.`,
        'Give each transform a uid of its own: it names the state in snapshots.',
        node.name,
      );
    }
    if (node.uid !== undefined && this.uids.get(node.uid) === node) this.uids.delete(node.uid);
    this.uids.set(uid, node);
    node.uid = uid;
  }

  /** Whether the uid of a transform was given by `claimUid` (and not taken from its name). */
  hasOwnUid(node: TransformNode): boolean {
    return node.uid !== undefined && this.uids.get(node.uid) === node;
  }
}

/** @throws MillraceError job-invalid when two streams come from different environments. */
export const sameJob = (
  one: { readonly recorder: Recorder },
  other: { readonly recorder: Recorder },
): void => {
  if (one.recorder === other.recorder) return;
  throw jobInvalid(
    'Two streams of different environments are put together.',
    'Build all streams of a job from the environment that its function is given.',
  );
};
