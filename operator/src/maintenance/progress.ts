import type { Pod } from '../kube/kinds.ts';
import type { Stored } from '../kube/objects.ts';
import { podTrouble } from '../streamjob/explain-pods.ts';

/** How far a pod of maintenance is. */
export type Progress =
  | { readonly kind: 'none' }
  /** `trouble`: what has gone wrong so far; it is tried again. */
  | { readonly kind: 'running'; readonly trouble: string | undefined }
  | { readonly kind: 'done'; readonly objects: number | undefined }
  /** It was evicted, or its time is over: it is not tried again by itself. */
  | { readonly kind: 'failed'; readonly trouble: string };

const objectsIn = (message: string | undefined): number | undefined => {
  try {
    const value: unknown = JSON.parse(message ?? '');
    const isAnswer = typeof value === 'object' && value !== null && 'objects' in value;
    return isAnswer && typeof value.objects === 'number' ? value.objects : undefined;
  } catch {
    return undefined;
  }
};

/** What a pod says of the task that it has. Pure. */
export const progressOf = (pod: Stored<Pod> | undefined): Progress => {
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return { kind: 'none' };
  const trouble = podTrouble(pod)?.message;
  switch (pod.status?.phase) {
    case 'Succeeded':
      return {
        kind: 'done',
        objects: objectsIn(pod.status.containerStatuses?.[0]?.state?.terminated?.message),
      };
    case 'Failed':
      return { kind: 'failed', trouble: trouble ?? pod.status.message ?? `${pod.metadata.name} has failed` };
    default:
      return { kind: 'running', trouble };
  }
};
