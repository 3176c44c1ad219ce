import { liveSettingsOf } from '../../../../runtime/src/contract/live-settings.ts';
import { type ObservedJob, revisionNamed } from '../observed.ts';
import { type Choice, stalled, underWay } from './choice.ts';
import type { ValidWish } from './plan.ts';

/** There is nothing left to be given other settings. */
const over: ReadonlySet<string> = new Set(['finished', 'stopped', 'cancelled', 'failed', 'suspended']);

/**
 * A choice, and whoever leads is given the live settings of the job: they are of the job and not of a revision, so they hold at once, whatever else is
 * under way.
 */
export const withSettings = (
  { job, revisions, refusals }: ObservedJob,
  { spec, settings: name }: ValidWish,
  choice: Choice,
): Choice => {
  const current = revisionNamed({ revisions }, choice.current);
  const status = current?.view?.status;
  const isHeard = current?.view?.silentSinceMs === undefined;
  if (status?.role !== 'leading' || !isHeard || over.has(status.state) || status.settings === name)
    return choice;
  const { generation: sequence = 0 } = job.metadata;
  const request = { name, settings: liveSettingsOf(spec), sequence };
  const refused = refusals.find(
    ({ revision, operation }) => revision === choice.current && operation === 'configure',
  );
  const { standing, wishes = [] } = choice;
  const told =
    standing.progress !== 'inForce'
      ? standing
      : refused === undefined
        ? underWay(standing.phase, 'Configuring', 'The job is given its settings while it runs.')
        : stalled(standing.phase, 'SettingsRefused', refused.reason);
  return {
    ...choice,
    standing: told,
    wishes: [...wishes, { revision: choice.current, wish: { operation: 'configure', request } }],
  };
};
