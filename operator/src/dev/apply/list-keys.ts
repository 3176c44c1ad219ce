import { fieldsAt } from '../store/values.ts';

/**
 * The lists whose entries are told apart by some of their fields (or are the values of a set), by where they stand: names of fields
 * joined by dots. All other lists are replaced as a whole.
 */
export type ListKeys = ReadonlyMap<string, readonly string[] | 'set'>;

/** The part of a set of fields that means an entry of such a list. */
export const partOf = (entry: unknown, key: readonly string[] | 'set'): string => {
  if (key === 'set') return `v:${JSON.stringify(entry)}`;
  const fields = fieldsAt(entry);
  return `k:${JSON.stringify(Object.fromEntries(key.map((name) => [name, fields[name] ?? keyDefaults[name]])))}`;
};

/** Keys that may be left out. */
const keyDefaults: Readonly<Record<string, string>> = { protocol: 'TCP' };

const container = (path: string): [string, readonly string[]][] => [
  [path, ['name']],
  [`${path}.env`, ['name']],
  [`${path}.ports`, ['containerPort', 'protocol']],
  [`${path}.volumeMounts`, ['mountPath']],
];

/** Those of a pod, wherever its spec stands. */
export const podLists = (spec: string): [string, readonly string[]][] => [
  ...container(`${spec}.containers`),
  ...container(`${spec}.initContainers`),
  [`${spec}.volumes`, ['name']],
  [`${spec}.imagePullSecrets`, ['name']],
  [`${spec}.topologySpreadConstraints`, ['topologyKey', 'whenUnsatisfiable']],
];

export const metadataLists: readonly [string, readonly string[] | 'set'][] = [
  ['metadata.finalizers', 'set'],
  ['metadata.ownerReferences', ['uid']],
];

export const conditionsByType: [string, readonly string[]] = ['status.conditions', ['type']];
