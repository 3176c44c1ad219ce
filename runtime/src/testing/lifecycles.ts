import type { Lifecycle } from '../api/functions.ts';
import type { TransformSpec } from '../api/transform.ts';

const asLifecycle = (given: unknown): Lifecycle | undefined =>
  typeof given === 'object' && given !== null ? (given as Lifecycle) : undefined;

/** The author's function of a transform, as far as it is an object with a life. */
export const lifecycleOf = (spec: TransformSpec): Lifecycle | undefined => {
  switch (spec.kind) {
    case 'fused':
      return spec.lifecycle;
    case 'window':
      return spec.window.function;
    case 'async':
      return spec.async.function;
    case 'lookup':
      return asLifecycle(spec.lookup.lifecycle);
    case 'process':
    case 'keyedProcess':
    case 'reduce':
    case 'coMap':
    case 'coFlatMap':
    case 'coProcess':
    case 'keyedCoProcess':
    case 'broadcast':
    case 'keyedBroadcast':
      return asLifecycle(spec.function);
    default:
      return undefined;
  }
};
