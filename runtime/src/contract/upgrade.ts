import * as z from 'zod';
import { about, anyText, block, duration, integer, mapOf, type Written } from './field.ts';

/** How a changed job replaces the running one. Read at the next change; editing it alone touches nothing. */
export interface Upgrade {
  readonly mode: 'Cut' | 'LatestCheckpoint' | 'Stateless';
  readonly strategy: 'Standby' | 'Recreate';
  readonly policy: 'Auto' | 'Plan';
  readonly stability: {
    readonly held: number;
    readonly window: string;
    readonly maxRestarts: number;
    readonly lag: 'NotGrowing' | 'Ignored';
  };
  readonly rollback: { readonly enabled: boolean; readonly timeout: string };
  readonly renames: Readonly<Record<string, string>>;
  readonly allowRemoved: boolean;
}

const stabilitySchema: z.ZodType<Upgrade['stability'], Written<Upgrade['stability']>> = block({
  held: integer(0, 100)
    .default(2)
    .meta(
      about(
        'operator',
        'Checkpoints that the new revision must complete before anything it wrote to two-phase sinks is committed; until then a rollback repeats nothing.',
      ),
    ),
  window: duration('0s', '1d')
    .default('2m')
    .meta(about('operator', 'How long the new revision is watched after that before the old one is let go.')),
  maxRestarts: integer(0, 1000)
    .default(0)
    .meta(about('operator', 'Restarts of the new revision that are tolerated while it is watched.')),
  lag: z
    .enum(['NotGrowing', 'Ignored'])
    .default('NotGrowing')
    .meta(about('operator', 'Whether the new revision must keep up with its input while it is watched.')),
});

const rollbackSchema: z.ZodType<Upgrade['rollback'], Written<Upgrade['rollback']>> = block({
  enabled: z
    .boolean()
    .default(true)
    .meta(
      about(
        'operator',
        'Whether a new revision that does not become stable is replaced by the old one, by itself.',
      ),
    ),
  timeout: duration('10s', '1d')
    .default('10m')
    .meta(about('operator', 'How long the new revision may take to become stable.')),
});

export const upgradeSchema: z.ZodType<Upgrade, Written<Upgrade>> = block({
  mode: z
    .enum(['Cut', 'LatestCheckpoint', 'Stateless'])
    .default('Cut')
    .meta(
      about(
        'operator',
        'What the new revision starts from: a checkpoint taken for the purpose (Cut), the latest that exists, or nothing.',
      ),
    ),
  strategy: z
    .enum(['Standby', 'Recreate'])
    .default('Standby')
    .meta(
      about(
        'operator',
        'Standby starts the new revision beside the old one, for a pause below a second; Recreate stops the old one first and needs no room for both.',
      ),
    ),
  policy: z
    .enum(['Auto', 'Plan'])
    .default('Auto')
    .meta(
      about(
        'operator',
        'Auto goes on when the plan shows that the state fits; Plan always waits for an approval.',
      ),
    ),
  stability: stabilitySchema
    .prefault({})
    .meta(about('operator', 'What a new revision must show before the old one is let go.')),
  rollback: rollbackSchema.prefault({}).meta(about('operator', 'What happens when it does not.')),
  renames: mapOf(anyText(512), anyText(512), 1000)
    .default({})
    .meta(
      about(
        'operator',
        'The uids that transforms with state have in the new revision, by those that they had before. What is done already may stay here.',
      ),
    ),
  allowRemoved: z
    .boolean()
    .default(false)
    .meta(about('operator', 'Whether state that the new revision has no place for is left behind.')),
});
