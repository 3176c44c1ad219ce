import type { z } from 'zod';
import { about, block, text, type Written } from './field.ts';
import { annotations, labelName, labels } from './names.ts';

/** Who the job is. What the API server writes beside this (uid, resourceVersion …) is not part of a manifest. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export type MetadataInput = Written<Omit<Metadata, 'name'>> & Pick<Metadata, 'name'>;

const jobName = (): z.ZodString =>
  text(
    40,
    /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/,
    'a name of lower-case letters, digits and -, that starts with a letter, at most 40 characters',
  );

type MetadataSchema = z.ZodType<Metadata, MetadataInput>;

const namespace = (whose: string): z.ZodOptional<z.ZodString> =>
  labelName()
    .optional()
    .meta(
      about('immutable', `The Kubernetes namespace ${whose}.`, {
        absent: 'the namespace of the kubectl context',
      }),
    );

export const metadataSchema: MetadataSchema = block({
  name: jobName().meta(
    about('immutable', 'The name of the job. It names its pods and services too, which is why it is short.'),
  ),
  namespace: namespace('of the job; a local run ignores it'),
  labels: labels()
    .default({})
    .meta(about('operator', 'Labels of the StreamJob itself; pods get those of spec.podTemplate.')),
  annotations: annotations(262_144)
    .default({})
    .meta(about('operator', 'Annotations of the StreamJob itself; pods get those of spec.podTemplate.')),
});

/** The same for a Savepoint. */
export const savepointMetadataSchema: MetadataSchema = block({
  name: labelName().meta(about('immutable', 'The name of the savepoint, at most 63 characters.')),
  namespace: namespace('of the savepoint, which is that of its job'),
  labels: labels().default({}).meta(about('operator', 'Labels of the Savepoint.')),
  annotations: annotations(262_144).default({}).meta(about('operator', 'Annotations of the Savepoint.')),
});
