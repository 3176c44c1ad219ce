import { expect, it } from 'vitest';
import { KubeError } from '../../src/kube/errors.ts';
import { type Awaited, reasonNotReady } from '../../src/probes/readiness.ts';

const awaited = (resource: string, more: Partial<Awaited> = {}): Awaited => ({
  resource,
  namespace: undefined,
  isSynced: false,
  failure: undefined,
  ...more,
});

it.each<[string, readonly Awaited[], string | undefined]>([
  ['nothing when all is there', [awaited('pods', { isSynced: true })], undefined],
  ['what is still read', [awaited('pods')], 'The pods of the cluster are still being read.'],
  [
    'that the CRDs are missing, before what is only slow',
    [awaited('pods'), awaited('streamjobs', { failure: new KubeError('notFound', 'no such path') })],
    'The cluster knows no streamjobs: install the CRDs (chart millrace-crds).',
  ],
  [
    'which namespace is closed to it',
    [awaited('pods', { namespace: 'shop', failure: new KubeError('forbidden', 'not yours') })],
    'The pods of the namespace shop cannot be read: not yours',
  ],
])('says of an operator that is not ready %s', (_, parts, expected) => {
  expect(reasonNotReady(parts)).toBe(expected);
});
