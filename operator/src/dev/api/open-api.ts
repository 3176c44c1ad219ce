import { pathOf } from '../../kube/objects.ts';
import type { Kind } from '../store/kinds.ts';

/**
 * As much of OpenAPI as kubectl looks for before it sends something: that the server itself finds unknown fields, and which patches it
 * takes. No schemas: `kubectl explain` has nothing to tell.
 */
export const pathsOf = (kind: Kind): object => {
  const path = pathOf(kind, kind.isNamespaced ? 'NAMESPACE' : undefined, 'NAME')
    .replace('NAMESPACE', '{namespace}')
    .replace('NAME', '{name}');
  const { group, version, kind: name } = kind;
  const patches = [
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/apply-patch+yaml',
  ];
  const schema = { type: 'object' };
  return {
    [path]: {
      patch: {
        parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
        requestBody: { content: Object.fromEntries(patches.map((type) => [type, { schema }])) },
        responses: {},
        'x-kubernetes-group-version-kind': { group, version, kind: name },
        'x-kubernetes-action': 'patch',
      },
    },
  };
};
