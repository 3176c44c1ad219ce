import type { TransformNode, TransformSpec } from '../api/transform.ts';
import type { Task } from './physical-graph.ts';

/** What names the state of a transform in snapshots. */
export const uidOf = ({ uid, name }: TransformNode): string => uid ?? name;

/** Whether a task begins with a source: what it takes in is what the job has read. */
export const readsSource = (task: Task | undefined): boolean => task?.chain[0]?.spec.kind === 'source';

/**
 * Whether a transform always has something in a snapshot: keyed state, records under way, positions of a source,
 * transactions of a sink. A function of another kind may still ask for state of its subtask; it is told then.
 */
export const isStateful = (spec: TransformSpec): boolean => {
  switch (spec.kind) {
    case 'fused':
    case 'watermarks':
    case 'partialWindow':
    case 'process':
    case 'coMap':
    case 'coFlatMap':
    case 'coProcess':
      return false;
    case 'sink':
      return 'createCommitter' in spec.sink;
    default:
      return true;
  }
};
