import type { NetworkPolicy, Pod } from '../../operator/src/kube/kinds.ts';
import type { Cluster } from '../cluster/cluster.ts';

/**
 * What a network plugin does with NetworkPolicies, for the pods that are there now: this node has none. Ingress alone, by pod and namespace selectors of
 * labels and by ports: what the policies of jobs consist of.
 */
type Labels = Readonly<Record<string, string>>;

interface Peer {
  readonly podSelector?: { readonly matchLabels?: Labels };
  readonly namespaceSelector?: { readonly matchLabels?: Labels };
}

interface IngressRule {
  readonly from?: readonly Peer[];
  readonly ports?: readonly { readonly port: number }[];
}

const table = 'policies';

const matches = (wanted: Labels = {}, labels: Labels = {}): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

const addressesOf = (pods: readonly Pod[]): string | undefined => {
  const addresses = pods.flatMap(({ status }) => status?.podIP ?? []);
  return addresses.length === 0 ? undefined : `{ ${addresses.join(', ')} }`;
};

const peersOf = (peer: Peer, namespace: string, pods: readonly Pod[]): readonly Pod[] =>
  pods.filter(({ metadata }) => {
    // Each namespace has its name as a label.
    const inNamespace =
      peer.namespaceSelector === undefined
        ? metadata.namespace === namespace
        : matches(peer.namespaceSelector.matchLabels, {
            'kubernetes.io/metadata.name': metadata.namespace ?? '',
          });
    return inNamespace && matches(peer.podSelector?.matchLabels, metadata.labels);
  });

/** As nft takes them, the last one for everybody else. */
export const rulesOf = ({ metadata, spec }: NetworkPolicy, pods: readonly Pod[]): readonly string[] => {
  const { namespace = '' } = metadata;
  const { podSelector, ingress = [] } = spec as {
    readonly podSelector: { readonly matchLabels?: Labels };
    readonly ingress?: readonly IngressRule[];
  };
  const own = pods.filter(
    (pod) => pod.metadata.namespace === namespace && matches(podSelector.matchLabels, pod.metadata.labels),
  );
  const targets = addressesOf(own);
  if (targets === undefined) return [];
  const allowed = ingress.flatMap(({ from = [], ports }) => {
    const sources = addressesOf(from.flatMap((peer) => peersOf(peer, namespace, pods)));
    if (sources === undefined) return [];
    const where = ports === undefined ? '' : `tcp dport { ${ports.map(({ port }) => port).join(', ')} } `;
    return [`ip daddr ${targets} ip saddr ${sources} ${where}accept`];
  });
  return [...allowed, `ip daddr ${targets} drop`];
};

const list = async <T>({ kubectl }: Cluster, kind: string): Promise<readonly T[]> => {
  const { items } = JSON.parse(await kubectl(['get', kind, '--all-namespaces', '-o', 'json'])) as {
    readonly items: readonly T[];
  };
  return items;
};

/** Makes the policies of all namespaces be in force for the pods that there are; gives the rules. */
export const enforcePolicies = async (cluster: Cluster): Promise<readonly string[]> => {
  const pods = await list<Pod>(cluster, 'pods');
  const policies = await list<NetworkPolicy>(cluster, 'networkpolicies');
  const rules = [
    'ct state established,related accept',
    ...policies.flatMap((policy) => rulesOf(policy, pods)),
  ];
  const text = `add table inet ${table}; add chain inet ${table} pods { type filter hook forward priority 0; }; ${rules
    .map((rule) => `add rule inet ${table} pods ${rule}`)
    .join('; ')}`;
  await dropPolicies(cluster);
  await cluster.inside(['nft', text]);
  return rules;
};

export const dropPolicies = async ({ inside }: Cluster): Promise<void> => {
  await inside(['nft', `add table inet ${table}; delete table inet ${table}`]);
};
