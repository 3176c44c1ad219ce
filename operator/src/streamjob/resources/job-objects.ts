import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import type { ConfigMap, NetworkPolicy, PodDisruptionBudget, ServiceAccount } from '../../kube/kinds.ts';
import { type JobIdentity, jobLabels, jobUidLabel, ownedBy, podLabels, trustName } from '../names.ts';
import { operatorAuthorityKey, ports, type RenderSettings } from './render-settings.ts';

/** What a job has beside its revisions. */
export interface JobObjects {
  readonly trust: ConfigMap;
  /** Absent = the user has named one. */
  readonly serviceAccount: ServiceAccount | undefined;
  readonly networkPolicy: NetworkPolicy;
  readonly disruptionBudget: PodDisruptionBudget;
}

const metadataOf = (job: JobIdentity, name: string) => ({
  name,
  namespace: job.namespace,
  labels: jobLabels(job),
  ownerReferences: ownedBy(job),
});

/** Where clouds give out the credentials of the machine: nothing that a job needs, unless its identity comes from there. */
const machineIdentity = '169.254.0.0/16';

const egressOf = ({ network }: StreamJobSpec, ownPods: object): readonly object[] => {
  if (network.egress === 'Restricted') return [{ to: [ownPods] }, ...(network.egressRules ?? [])];
  const except = network.cloudIdentity ? {} : { except: [machineIdentity] };
  return [
    { to: [ownPods] },
    { to: [{ ipBlock: { cidr: '0.0.0.0/0', ...except } }, { ipBlock: { cidr: '::/0' } }] },
  ];
};

/** Its pods speak with each other; the operator reaches the control port, and nobody else anything. */
const networkPolicyOf = (
  job: JobIdentity,
  spec: StreamJobSpec,
  { operatorNamespace }: Pick<RenderSettings, 'operatorNamespace'>,
): NetworkPolicy => {
  const ownPods = { podSelector: { matchLabels: { [jobUidLabel]: job.uid } } };
  const operator = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': operatorNamespace } },
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'millrace-operator' } },
  };
  const metricsFrom = spec.network.metricsFrom ?? [];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(job, job.name),
    spec: {
      podSelector: ownPods.podSelector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [ownPods] },
        { from: [operator], ports: [{ port: ports.control }] },
        ...(metricsFrom.length === 0 ? [] : [{ from: metricsFrom, ports: [{ port: ports.health }] }]),
      ],
      egress: egressOf(spec, ownPods),
    },
  };
};

/** `active`: the revision whose workers may not go all at once. */
export const renderJobObjects = (
  job: JobIdentity,
  active: string,
  spec: StreamJobSpec,
  settings: RenderSettings,
): JobObjects => ({
  trust: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(job, trustName(job)),
    data: { [operatorAuthorityKey]: settings.operatorAuthority },
  },
  serviceAccount:
    spec.serviceAccount?.name === undefined
      ? {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: {
            ...metadataOf(job, job.name),
            ...(spec.serviceAccount === undefined ? {} : { annotations: spec.serviceAccount.annotations }),
          },
          automountServiceAccountToken: false,
        }
      : undefined,
  networkPolicy: networkPolicyOf(job, spec, settings),
  disruptionBudget: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(job, job.name),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: podLabels(job, active, 'worker') },
    },
  },
});
