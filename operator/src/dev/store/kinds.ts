import type { ResourceType } from '../../kube/objects.ts';
import { conditionsByType, type ListKeys, metadataLists, podLists } from '../apply/list-keys.ts';
import { admitSavepoint, admitStreamJob } from './admission.ts';
import {
  type Defaults,
  namespaceDefaults,
  podDefaults,
  replicaSetDefaults,
  secretDefaults,
  serviceDefaults,
} from './defaults.ts';
import { invalid } from './refusals.ts';
import { type DevObject, isEqual, type Sent, valueAt } from './values.ts';

/** Where `/scale` finds its numbers. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  readonly selector: readonly string[];
}

/** A kind that the server serves. */
export interface Kind extends ResourceType {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  /** Whether its status is written by `/status` alone. */
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths | undefined;
  readonly lists: ListKeys;
  /** What is sent, with its defaults. @throws `invalid` when it cannot be so. */
  admit(sent: Sent, before: DevObject | undefined): Sent;
}

interface Declared {
  readonly short?: readonly string[];
  readonly isNamespaced?: boolean;
  readonly hasStatus?: boolean;
  readonly scale?: ScalePaths;
  readonly lists?: readonly [string, readonly string[] | 'set'][];
  readonly defaults?: Defaults;
  /** Fields that never change; with `immutable`, only where that field is true. */
  readonly fixed?: { readonly paths: readonly string[]; readonly if?: string };
}

const keepsFixed = (kind: Kind, fixed: Declared['fixed'], sent: Sent, before: DevObject): void => {
  if (fixed === undefined || (fixed.if !== undefined && valueAt(before, fixed.if) !== true)) return;
  const changed = fixed.paths.find(
    (path) => !isEqual(valueAt(sent, ...path.split('.')), valueAt(before, ...path.split('.'))),
  );
  if (changed !== undefined) throw invalid(kind, sent.metadata.name, `${changed}: field is immutable`);
};

const builtIn = (
  group: string,
  kindName: string,
  plural: string,
  { short, isNamespaced, hasStatus, scale, lists, defaults, fixed }: Declared = {},
): Kind => {
  const kind: Kind = {
    group,
    version: 'v1',
    kind: kindName,
    plural,
    singular: kindName.toLowerCase(),
    shortNames: short ?? [],
    categories: [],
    isNamespaced: isNamespaced ?? true,
    hasStatus: hasStatus ?? false,
    scale,
    lists: new Map([...metadataLists, conditionsByType, ...(lists ?? [])]),
    admit: (sent, before) => {
      const whole = defaults === undefined ? sent : defaults(sent);
      if (before !== undefined) keepsFixed(kind, fixed, whole, before);
      return whole;
    },
  };
  return kind;
};

const own = (
  kindName: string,
  short: string,
  admit: (kind: Kind, sent: Sent, before: DevObject | undefined) => Sent,
  scale?: ScalePaths,
): Kind => {
  const kind: Kind = {
    group: 'millrace.dev',
    version: 'v1alpha1',
    kind: kindName,
    plural: `${kindName.toLowerCase()}s`,
    singular: kindName.toLowerCase(),
    shortNames: [short],
    categories: ['millrace'],
    isNamespaced: true,
    hasStatus: true,
    scale,
    lists: new Map([...metadataLists, conditionsByType]),
    admit: (sent, before) => admit(kind, sent, before),
  };
  return kind;
};

const replicas: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector', 'matchLabels'],
};

const slots: ScalePaths = {
  specReplicas: ['spec', 'parallelism'],
  statusReplicas: ['status', 'replicas'],
  selector: ['status', 'selector'],
};

const isImmutable = { paths: ['data', 'binaryData'], if: 'immutable' };

export const namespaceKind: Kind = builtIn('', 'Namespace', 'namespaces', {
  short: ['ns'],
  isNamespaced: false,
  hasStatus: true,
  defaults: namespaceDefaults,
});

export const podKind: Kind = builtIn('', 'Pod', 'pods', {
  short: ['po'],
  hasStatus: true,
  lists: podLists('spec'),
  defaults: podDefaults,
  fixed: { paths: ['spec.containers', 'spec.volumes'] },
});

export const serviceKind: Kind = builtIn('', 'Service', 'services', {
  short: ['svc'],
  hasStatus: true,
  lists: [['spec.ports', ['port', 'protocol']]],
  defaults: serviceDefaults,
});

export const replicaSetKind: Kind = builtIn('apps', 'ReplicaSet', 'replicasets', {
  short: ['rs'],
  hasStatus: true,
  scale: replicas,
  lists: podLists('spec.template.spec'),
  defaults: replicaSetDefaults,
  fixed: { paths: ['spec.selector'] },
});

export const streamJobKind: Kind = own('StreamJob', 'sj', admitStreamJob, slots);

/** All kinds that there are in a cluster of `dev`. */
export const kinds: readonly Kind[] = [
  streamJobKind,
  own('Savepoint', 'sp', admitSavepoint),
  namespaceKind,
  podKind,
  serviceKind,
  builtIn('', 'ConfigMap', 'configmaps', { short: ['cm'], fixed: isImmutable }),
  builtIn('', 'Secret', 'secrets', { fixed: isImmutable, defaults: secretDefaults }),
  builtIn('', 'ServiceAccount', 'serviceaccounts', { short: ['sa'] }),
  builtIn('', 'Event', 'events', { short: ['ev'] }),
  replicaSetKind,
  builtIn('apps', 'ControllerRevision', 'controllerrevisions', { fixed: { paths: ['data'] } }),
  builtIn('networking.k8s.io', 'NetworkPolicy', 'networkpolicies', { short: ['netpol'] }),
  builtIn('policy', 'PodDisruptionBudget', 'poddisruptionbudgets', { short: ['pdb'], hasStatus: true }),
  builtIn('coordination.k8s.io', 'Lease', 'leases'),
];

export const kindOf = ({ group, plural }: Pick<ResourceType, 'group' | 'plural'>): Kind | undefined =>
  kinds.find((kind) => kind.group === group && kind.plural === plural);
