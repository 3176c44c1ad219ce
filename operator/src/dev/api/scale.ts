import type { Kind, ScalePaths } from '../store/kinds.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { malformed } from '../store/refusals.ts';
import { type DevObject, type Fields, placeOf, type Sent, valueAt } from '../store/values.ts';

/** How many there are of what an object is about, in the words of `autoscaling/v1`. */
export const scaleOf = (paths: ScalePaths, { metadata, ...object }: DevObject): object => {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = valueAt(object, ...paths.selector);
  const labels = Object.entries((selector ?? {}) as Fields).map(([key, value]) => `${key}=${String(value)}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: valueAt(object, ...paths.specReplicas) },
    status: {
      replicas: valueAt(object, ...paths.statusReplicas) ?? 0,
      selector: typeof selector === 'string' ? selector : labels.join(','),
    },
  };
};

/** Makes it as many as are wanted, in the one field of the spec that says so. */
export const changeScale = (store: ObjectStore, kind: Kind, live: DevObject, wanted: unknown): object => {
  const paths = kind.scale as ScalePaths;
  const replicas = valueAt(wanted, 'spec', 'replicas') ?? 0;
  const resourceVersion = valueAt(wanted, 'metadata', 'resourceVersion');
  if (typeof replicas !== 'number') throw malformed('spec.replicas is no number');
  const expected = typeof resourceVersion === 'string' && resourceVersion !== '' ? { resourceVersion } : {};
  const [, field = ''] = paths.specReplicas;
  const change = ({ spec, ...object }: DevObject): Sent => ({
    ...object,
    spec: { ...spec, [field]: replicas },
  });
  return scaleOf(paths, store.change(kind, placeOf(live), 'object', expected, change));
};
