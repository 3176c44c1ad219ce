import type { CheckpointStore } from '../../../../runtime/src/contract/store.ts';
import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import { paths } from './render-settings.ts';

/** What all pods that the operator makes have in common. */

/** A volume, and where a container has it. */
export interface Mount {
  readonly volume: { readonly name: string; readonly [kind: string]: unknown };
  readonly path: string;
  readonly isWritable?: boolean;
}

/** No root, no privileges, no files of the image changed: as the restricted profile of Kubernetes wants it. */
export const containerSecurity: Readonly<Record<string, unknown>> = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};
const userId = 65_532;
export const podSecurity: Readonly<Record<string, unknown>> = {
  runAsNonRoot: true,
  runAsUser: userId,
  runAsGroup: userId,
  fsGroup: userId,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A node that is lost is lost soon: another pod takes over, and the log fences the old one. */
const lostNodes = ['not-ready', 'unreachable'].map((key) => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 30,
}));

/** Where a pod finds what the store of a job asks for. */
export const volumesOfStore = (store: CheckpointStore | undefined): readonly Mount[] => {
  const { credentials, certificateAuthority: authority } = store?.s3 ?? {};
  return [
    ...(credentials === undefined
      ? []
      : [
          {
            volume: { name: 'store-credentials', secret: { secretName: credentials.secretName } },
            path: paths.storeCredentials,
          },
        ]),
    ...(authority === undefined
      ? []
      : [
          {
            volume: { name: 'store-authority', configMap: { name: authority.configMapName } },
            path: paths.storeAuthority,
          },
        ]),
  ];
};

/** The only place where a container may write. */
export const scratch: Mount = {
  volume: { name: 'scratch', emptyDir: {} },
  path: paths.scratch,
  isWritable: true,
};
export const mountIn = ({ volume: { name }, path, isWritable = false }: Mount): object =>
  isWritable ? { name, mountPath: path } : { name, mountPath: path, readOnly: true };

/** Where the pods of a job may run. */
export const schedulingOf = ({
  podTemplate,
}: Pick<StreamJobSpec, 'podTemplate'>): Readonly<Record<string, unknown>> => {
  if (podTemplate === undefined) return { tolerations: lostNodes };
  const { nodeSelector, tolerations = [], affinity, topologySpreadConstraints } = podTemplate;
  const { priorityClassName, runtimeClassName, imagePullSecrets } = podTemplate;
  const fields = {
    affinity,
    topologySpreadConstraints,
    priorityClassName,
    runtimeClassName,
    imagePullSecrets,
  };
  return {
    tolerations: [...lostNodes, ...tolerations],
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  };
};
