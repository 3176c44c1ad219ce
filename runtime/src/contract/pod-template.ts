import * as z from 'zod';
import { about, block, inCel, integer, listOf, mapOf, opaque, text, type Written } from './field.ts';
import { annotations, labels, namesOnce, objectName } from './names.ts';
import { type Sidecar, sidecarSchema } from './sidecar.ts';
import { mountsExist, type Volume, type VolumeMount, volumeMounts, volumeSchema } from './volumes.ts';

/** A toleration, as Kubernetes has it. */
export interface Toleration {
  readonly key?: string | undefined;
  readonly operator: 'Equal' | 'Exists';
  readonly value?: string | undefined;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' | undefined;
  readonly tolerationSeconds?: number | undefined;
}

/** What a user may say about the pods of a job: this list and nothing else, by the names that Kubernetes uses. */
export interface PodTemplate {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[] | undefined;
  readonly affinity?: Readonly<Record<string, unknown>> | undefined;
  readonly topologySpreadConstraints?: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly priorityClassName?: string | undefined;
  readonly runtimeClassName?: string | undefined;
  readonly imagePullSecrets?: readonly { readonly name: string }[] | undefined;
  readonly volumes?: readonly Volume[] | undefined;
  readonly volumeMounts?: readonly VolumeMount[] | undefined;
  readonly sidecars?: readonly Sidecar[] | undefined;
}

const tolerationSchema: z.ZodType<Toleration, Written<Toleration>> = block(
  {
    key: text(317)
      .optional()
      .meta(about('switch-over', 'The key of the taint.', { absent: 'every key, with the operator Exists' })),
    operator: z
      .enum(['Equal', 'Exists'])
      .default('Equal')
      .meta(about('switch-over', 'Whether the value counts.')),
    value: text(63)
      .optional()
      .meta(about('switch-over', 'The value of the taint.', { absent: 'the empty value' })),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .optional()
      .meta(about('switch-over', 'The effect of the taint.', { absent: 'every effect' })),
    tolerationSeconds: integer(0, 31_536_000)
      .optional()
      .meta(
        about('switch-over', 'How many seconds the effect NoExecute is tolerated.', { absent: 'for ever' }),
      ),
  },
  inCel(
    (toleration) =>
      toleration['key'] === undefined && toleration['operator'] !== 'Exists'
        ? [{ path: [], expected: 'a key, or the operator Exists', found: 'neither' }]
        : [],
    { rule: "has(self.key) || self.operator == 'Exists'", message: 'expected a key, or the operator Exists' },
  ),
);

const scheduling = {
  nodeSelector: mapOf(text(317), z.string().max(63).meta({ expected: 'a text of at most 63 characters' }), 32)
    .default({})
    .meta(about('switch-over', 'Labels that a node must have.')),
  tolerations: listOf(tolerationSchema, 32)
    .optional()
    .meta(
      about('switch-over', 'Taints of nodes that are put up with.', {
        absent: 'none but those of every pod',
      }),
    ),
  affinity: opaque(16_384)
    .optional()
    .meta(
      about('switch-over', 'Affinity to nodes and other pods, as Kubernetes has it.', {
        absent: 'no affinity',
      }),
    ),
  topologySpreadConstraints: listOf(opaque(4096), 8)
    .optional()
    .meta(
      about('switch-over', 'How workers are spread, as Kubernetes has it.', {
        absent: 'as the cluster does',
      }),
    ),
  priorityClassName: objectName()
    .optional()
    .meta(about('switch-over', 'The class of priority.', { absent: 'the default class of the cluster' })),
  runtimeClassName: objectName()
    .optional()
    .meta(
      about('switch-over', 'The class of container runtime.', { absent: 'the default runtime of the node' }),
    ),
};

export const podTemplateSchema: z.ZodType<PodTemplate, Written<PodTemplate>> = block(
  {
    labels: labels().default({}).meta(about('switch-over', 'Further labels of the pods.')),
    annotations: annotations(16_384).default({}).meta(about('switch-over', 'Annotations of the pods.')),
    ...scheduling,
    imagePullSecrets: listOf(
      block({ name: objectName().meta(about('switch-over', 'The name of the Secret.')) }),
      8,
    )
      .optional()
      .meta(about('switch-over', 'Secrets for pulling images.', { absent: 'those of the service account' })),
    volumes: listOf(volumeSchema, 32)
      .optional()
      .meta(about('switch-over', 'Volumes of the pods.', { absent: 'none but those that Millrace needs' })),
    volumeMounts: volumeMounts(),
    sidecars: listOf(sidecarSchema, 8)
      .optional()
      .meta(about('switch-over', 'Further containers beside each worker.', { absent: 'none' })),
  },
  namesOnce('volumes'),
  namesOnce('sidecars'),
  mountsExist,
);
