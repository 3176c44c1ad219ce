import { apiVersionOf } from '../../kube/objects.ts';
import { type Kind, kinds } from '../store/kinds.ts';
import { pathsOf } from './open-api.ts';
import type { Answer } from './request.ts';

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const partVerbs = ['get', 'patch', 'update'];

const resourcesOf = (kind: Kind): object[] => {
  const { plural, singular, isNamespaced: namespaced, kind: name, shortNames, categories } = kind;
  const part = (part: string, more: object): object => ({
    name: `${plural}/${part}`,
    singularName: '',
    namespaced,
    kind: name,
    verbs: partVerbs,
    ...more,
  });
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  return [
    { name: plural, singularName: singular, namespaced, kind: name, verbs, shortNames, categories },
    ...(kind.hasStatus ? [part('status', {})] : []),
    ...(kind.scale === undefined ? [] : [part('scale', scale)]),
  ];
};

const groupVersions = [...new Set(kinds.map(apiVersionOf))];

const ofGroupVersion = (groupVersion: string): object => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: kinds.filter((kind) => apiVersionOf(kind) === groupVersion).flatMap(resourcesOf),
});

const groupList = (): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupVersions
    .filter((groupVersion) => groupVersion.includes('/'))
    .map((groupVersion) => {
      const [name, version] = groupVersion.split('/');
      return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
    }),
});

const pathOfGroupVersion = (groupVersion: string): string =>
  groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;

const openApiIndex = (): object => ({
  paths: Object.fromEntries(
    groupVersions.map((groupVersion) => {
      const path = pathOfGroupVersion(groupVersion);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=1` }];
    }),
  ),
});

const openApiOf = (groupVersion: string): object => ({
  openapi: '3.0.0',
  info: { title: 'Kubernetes', version: 'millrace' },
  paths: Object.assign(
    {},
    ...kinds.filter((kind) => apiVersionOf(kind) === groupVersion).map((kind) => pathsOf(kind)),
  ),
  components: { schemas: {} },
});

const version = { major: '1', minor: '36', gitVersion: 'v1.36.0+millrace-dev', platform: 'millrace/dev' };

const pages: Readonly<Record<string, () => object>> = {
  '/version': () => version,
  '/healthz': () => ({ status: 'ok' }),
  '/readyz': () => ({ status: 'ok' }),
  '/api': () => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }),
  '/apis': groupList,
  '/openapi/v3': openApiIndex,
};

/** What the server says of itself; undefined when the path is about something else. */
export const discovered = (path: string): Answer | undefined => {
  const page = pages[path];
  if (page !== undefined) return { status: 200, body: page() };
  const groupVersion = groupVersions.find((one) => path.endsWith(`/${pathOfGroupVersion(one)}`));
  if (groupVersion === undefined) return undefined;
  const isOpenApi = path === `/openapi/v3/${pathOfGroupVersion(groupVersion)}`;
  return { status: 200, body: isOpenApi ? openApiOf(groupVersion) : ofGroupVersion(groupVersion) };
};
