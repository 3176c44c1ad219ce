import * as z from 'zod';
import {
  about,
  block,
  inCel,
  integer,
  isMapping,
  listOf,
  oneOf,
  opaque,
  type Rule,
  text,
  type Written,
} from './field.ts';
import { dataKey, entriesOf, labelName, labels, nameOf, objectName } from './names.ts';
import { describeFound } from './problem.ts';
import { quantity } from './resources.ts';

/** One key of a ConfigMap or Secret as a file. */
export interface KeyToPath {
  readonly key: string;
  readonly path: string;
  readonly mode?: number | undefined;
}

/** A volume of one of the kinds that a worker may have; the fields are those of Kubernetes. */
export interface Volume {
  readonly name: string;
  readonly configMap?:
    | {
        readonly name: string;
        readonly items?: readonly KeyToPath[] | undefined;
        readonly optional: boolean;
        readonly defaultMode?: number | undefined;
      }
    | undefined;
  readonly secret?:
    | {
        readonly secretName: string;
        readonly items?: readonly KeyToPath[] | undefined;
        readonly optional: boolean;
        readonly defaultMode?: number | undefined;
      }
    | undefined;
  readonly emptyDir?:
    | { readonly medium?: 'Memory' | undefined; readonly sizeLimit?: string | undefined }
    | undefined;
  readonly ephemeral?: { readonly volumeClaimTemplate: VolumeClaimTemplate } | undefined;
  readonly projected?:
    | {
        readonly sources: readonly Readonly<Record<string, unknown>>[];
        readonly defaultMode?: number | undefined;
      }
    | undefined;
}

export interface VolumeClaimTemplate {
  readonly metadata?: { readonly labels: Readonly<Record<string, string>> } | undefined;
  readonly spec: {
    readonly accessModes: readonly ('ReadWriteOnce' | 'ReadWriteOncePod')[];
    readonly storageClassName?: string | undefined;
    readonly resources: { readonly requests: { readonly storage: string } };
  };
}

/** Where a volume appears in a container. */
export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string | undefined;
  readonly readOnly: boolean;
}

const relativePath = (): z.ZodString =>
  text(
    512,
    /^(?:[^/.\0][^/\0]*|\.[^/.\0][^/\0]*)(?:\/(?:[^/.\0][^/\0]*|\.[^/.\0][^/\0]*))*$/,
    'a relative path without ..',
  );

const fileMode = (what: string): z.ZodOptional<z.ZodInt> =>
  integer(0, 0o777)
    .optional()
    .meta(about('switch-over', `Permissions of ${what}, as a number: 0o644 or 420.`, { absent: '0o644' }));

const keyToPathSchema: z.ZodType<KeyToPath, Written<KeyToPath>> = block({
  key: dataKey().meta(about('switch-over', 'The key.')),
  path: relativePath().meta(about('switch-over', 'The file in the volume.')),
  mode: fileMode('the file'),
});

const items = (): z.ZodOptional<z.ZodArray<z.ZodType<KeyToPath, Written<KeyToPath>>>> =>
  listOf(keyToPathSchema, 64)
    .optional()
    .meta(
      about('switch-over', 'The keys that become files, and which.', {
        absent: 'every key becomes a file of its name',
      }),
    );

const optionalFlag = (): z.ZodDefault<z.ZodBoolean> =>
  z.boolean().default(false).meta(about('switch-over', 'Whether the pod starts without it.'));

const claimSchema: z.ZodType<VolumeClaimTemplate, Written<VolumeClaimTemplate>> = block({
  metadata: block({
    labels: labels().default({}).meta(about('switch-over', 'Labels of the claim.')),
  })
    .optional()
    .meta(about('switch-over', 'Metadata of the claim.', { absent: 'the claim has no labels of its own' })),
  spec: block({
    accessModes: listOf(z.enum(['ReadWriteOnce', 'ReadWriteOncePod']), 2)
      .default(['ReadWriteOnce'])
      .meta(about('switch-over', 'How the volume may be mounted.')),
    storageClassName: objectName()
      .optional()
      .meta(about('switch-over', 'The class of storage.', { absent: 'the default class of the cluster' })),
    resources: block({
      requests: block({
        storage: quantity('1Mi', '64Ti').meta(about('switch-over', 'The size of the volume.')),
      }).meta(about('switch-over', 'What the claim asks for.')),
    }).meta(about('switch-over', 'What the claim asks for.')),
  }).meta(about('switch-over', 'The claim.')),
});

const kinds = ['configMap', 'secret', 'emptyDir', 'ephemeral', 'projected'] as const;

export const volumeSchema: z.ZodType<Volume, Written<Volume>> = block(
  {
    name: labelName().meta(about('switch-over', 'The name that mounts refer to.')),
    configMap: block({
      name: objectName().meta(about('switch-over', 'The name of the ConfigMap.')),
      items: items(),
      optional: optionalFlag(),
      defaultMode: fileMode('the files'),
    })
      .optional()
      .meta(about('switch-over', 'The keys of a ConfigMap as files.', { absent: 'another kind of volume' })),
    secret: block({
      secretName: objectName().meta(about('switch-over', 'The name of the Secret.')),
      items: items(),
      optional: optionalFlag(),
      defaultMode: fileMode('the files'),
    })
      .optional()
      .meta(about('switch-over', 'The keys of a Secret as files.', { absent: 'another kind of volume' })),
    emptyDir: block({
      medium: z
        .enum(['Memory'])
        .optional()
        .meta(
          about('switch-over', 'Memory keeps the files in memory, which counts as memory of the pod.', {
            absent: 'the disk of the node',
          }),
        ),
      sizeLimit: quantity('1Ki', '64Ti')
        .optional()
        .meta(
          about('switch-over', 'The pod is evicted when more is written.', {
            absent: 'no limit but that of the node',
          }),
        ),
    })
      .optional()
      .meta(
        about('switch-over', 'An empty directory that goes with the pod.', {
          absent: 'another kind of volume',
        }),
      ),
    ephemeral: block({
      volumeClaimTemplate: claimSchema.meta(about('switch-over', 'The claim that is made with the pod.')),
    })
      .optional()
      .meta(
        about('switch-over', 'A volume of a storage class that comes and goes with the pod.', {
          absent: 'another kind of volume',
        }),
      ),
    projected: block({
      sources: listOf(opaque(4096), 16).meta(about('switch-over', 'The sources, as Kubernetes has them.')),
      defaultMode: fileMode('the files'),
    })
      .optional()
      .meta(about('switch-over', 'Several sources as one directory.', { absent: 'another kind of volume' })),
  },
  oneOf(kinds),
);

const mountSchema: z.ZodType<VolumeMount, Written<VolumeMount>> = block({
  name: labelName().meta(about('switch-over', 'The name of a volume of spec.podTemplate.volumes.')),
  mountPath: text(512, /^\/[^:\0]*$/, 'an absolute path without :').meta(
    about('switch-over', 'Where it appears.'),
  ),
  subPath: relativePath()
    .optional()
    .meta(about('switch-over', 'The part of the volume that appears.', { absent: 'all of the volume' })),
  readOnly: z.boolean().default(false).meta(about('switch-over', 'Whether it can only be read.')),
});

/** The mounts of one container. */
export const volumeMounts = (): z.ZodOptional<z.ZodArray<z.ZodType<VolumeMount, Written<VolumeMount>>>> =>
  listOf(mountSchema, 32)
    .optional()
    .meta(about('switch-over', 'Where volumes appear in the container.', { absent: 'nothing is mounted' }));

const mounted = (mounts: string, areThere: string): string =>
  `!${areThere} || ${mounts}.all(mount, has(self.volumes) && self.volumes.exists(volume, volume.name == mount.name))`;

/** A rule of the pod: what is mounted is there. */
export const mountsExist: Rule = inCel(
  (pod) => {
    const known = new Set(entriesOf(pod['volumes']).map(nameOf));
    const containers = [
      { path: [] as readonly (string | number)[], mounts: pod['volumeMounts'] },
      ...entriesOf(pod['sidecars']).map((sidecar, index) => ({
        path: ['sidecars', index],
        mounts: isMapping(sidecar) ? sidecar['volumeMounts'] : undefined,
      })),
    ];
    return containers.flatMap(({ path, mounts }) =>
      entriesOf(mounts).flatMap((mount, index) => {
        const name = nameOf(mount);
        if (name === undefined || known.has(name)) return [];
        return [
          {
            path: [...path, 'volumeMounts', index, 'name'],
            expected: 'the name of an entry of spec.podTemplate.volumes',
            found: describeFound(name),
          },
        ];
      }),
    );
  },
  {
    rule: mounted('self.volumeMounts', 'has(self.volumeMounts)'),
    message: 'expected volumeMounts to name entries of spec.podTemplate.volumes',
  },
  {
    rule: `!has(self.sidecars) || self.sidecars.all(sidecar, ${mounted('sidecar.volumeMounts', 'has(sidecar.volumeMounts)')})`,
    message: 'expected volumeMounts of sidecars to name entries of spec.podTemplate.volumes',
  },
);
