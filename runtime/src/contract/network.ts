import * as z from 'zod';
import { about, block, inCel, listOf, opaque, type Rule, type Written } from './field.ts';

/** Who may talk to the pods of a job, and to whom they may talk. The pods of one job always reach each other. */
export interface Network {
  readonly egress: 'Open' | 'Restricted';
  readonly egressRules?: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly metricsFrom?: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly cloudIdentity: boolean;
}

const rulesOnlyWhenRestricted: Rule = inCel(
  ({ egress, egressRules }) =>
    egressRules !== undefined && egress !== 'Restricted'
      ? [
          {
            path: ['egressRules'],
            expected: 'no egressRules, since egress is Open',
            found: 'egressRules',
            hint: 'Set egress: Restricted, or remove egressRules.',
          },
        ]
      : [],
  {
    rule: "!has(self.egressRules) || self.egress == 'Restricted'",
    message: 'expected no egressRules, since egress is Open',
  },
);

export const networkSchema: z.ZodType<Network, Written<Network>> = block(
  {
    egress: z
      .enum(['Open', 'Restricted'])
      .default('Open')
      .meta(
        about(
          'operator',
          'Where the pods may connect to: anywhere, or only to each other, to DNS and where egressRules say. Restricted must name the store too.',
        ),
      ),
    egressRules: listOf(opaque(4096), 32)
      .optional()
      .meta(
        about('operator', 'Rules as in egress of a NetworkPolicy.', {
          absent: 'with Restricted, only each other and DNS',
        }),
      ),
    metricsFrom: listOf(opaque(4096), 16)
      .optional()
      .meta(
        about('operator', 'Who may read metrics: peers as in ingress.from of a NetworkPolicy.', {
          absent: 'only pods of the job and the operator',
        }),
      ),
    cloudIdentity: z
      .boolean()
      .default(false)
      .meta(
        about(
          'operator',
          'Whether the pods may ask the metadata service of the cloud (169.254.0.0/16), as credentials from the identity of a pod need.',
        ),
      ),
  },
  rulesOnlyWhenRestricted,
);
