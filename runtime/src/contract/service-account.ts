import type { z } from 'zod';
import { about, block, oneOf, type Written } from './field.ts';
import { annotations, objectName } from './names.ts';

/** Who the pods of a job are to a cloud. They have no rights in the cluster, whichever account it is. */
export interface ServiceAccountSettings {
  readonly name?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export const serviceAccountSchema: z.ZodType<ServiceAccountSettings, Written<ServiceAccountSettings>> = block(
  {
    name: objectName()
      .optional()
      .meta(
        about('switch-over', 'The name of a ServiceAccount that is there already.', {
          absent: 'one is made for the job, by its name',
          alsoKnownAs: ['serviceAccountName'],
        }),
      ),
    annotations: annotations(4096)
      .optional()
      .meta(
        about('operator', 'Annotations of the one that is made, such as eks.amazonaws.com/role-arn.', {
          absent: 'it has none',
        }),
      ),
  },
  oneOf(['name', 'annotations']),
);
