import type { KubeError } from '../kube/errors.ts';

/** Of a kind that is to be in a cache, whether it is. */
export interface Awaited {
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly isSynced: boolean;
  readonly failure: KubeError | undefined;
}

/**
 * What an operator waits for, as a sentence; undefined = nothing. It lives meanwhile: CRDs may be installed after it, and a namespace that it
 * may not look into is no reason to leave those of others alone once they are known.
 */
export const reasonNotReady = (awaited: readonly Awaited[]): string | undefined => {
  const waiting = awaited.filter(({ isSynced }) => !isSynced);
  const [first] = waiting.toSorted(
    (one, other) => Number(other.failure !== undefined) - Number(one.failure !== undefined),
  );
  if (first === undefined) return undefined;
  const { resource, namespace, failure } = first;
  if (failure === undefined) return `The ${resource} of the cluster are still being read.`;
  if (failure.code === 'notFound')
    return `The cluster knows no ${resource}: install the CRDs (chart millrace-crds).`;
  const where = namespace === undefined ? '' : ` of the namespace ${namespace}`;
  return `The ${resource}${where} cannot be read: ${failure.message}`;
};
