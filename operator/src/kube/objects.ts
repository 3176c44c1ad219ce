/**
 * `kube` is the only folder that speaks Kubernetes, and knows nothing of jobs. `objects.ts` says what an object is, `client.ts`
 * what can be done with objects. Everything else of the operator takes a `KubeClient`: behind it stands a real API server
 * (`transport.ts`), the one in memory of `millrace dev`, or one that a test lets fail at any call.
 */

/** Of the metadata of an object, what anybody here reads or writes. Times are texts, as Kubernetes has them. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly finalizers?: readonly string[] | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean | undefined;
  readonly blockOwnerDeletion?: boolean | undefined;
}

/** Any object; kinds add what they hold beside this. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** An object that is in the cluster. */
export type Stored<O extends KubeObject> = O & {
  readonly metadata: ObjectMeta & { readonly uid: string; readonly resourceVersion: string };
};

/** A kind of objects and where the API has them. `group` is empty for the core. */
export interface ResourceType<O extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: O['kind'];
  /** In paths: lower-case, plural. */
  readonly plural: string;
}

/** As manifests write it: `apps/v1`, or `v1` for the core. */
export const apiVersionOf = ({ group, version }: Pick<ResourceType, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

/** Where the objects of a kind are, in all namespaces or in one; or one of them, or a part of it (`status`, `scale`). */
export const pathOf = (
  type: ResourceType,
  namespace?: string,
  name?: string,
  subresource?: 'status' | 'scale',
): string => {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const parts = [root, ...(namespace === undefined ? [] : ['namespaces', namespace]), type.plural];
  return [
    ...parts,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ]
    .map((part, i) => (i === 0 ? part : encodeURIComponent(part)))
    .join('/');
};
