import type { Standing } from './standing.ts';

/** What a deployment is to its job, as the log says: it leads, stands by, or has given the job to another that is on trial. */
export type Role = 'leading' | 'standby' | 'handedOver';

/** Who has handed over has claimed the job since: it goes back, also where it has not said yet from which checkpoint. */
const isTakenBack = ({ switchOver, deployment, term }: Standing): boolean =>
  switchOver?.from === deployment && term > switchOver.cut.term;

/** The role of a deployment, by where the job stands. Pure. */
export const roleOf = (standing: Standing, deployment: string): Role => {
  const { number, stopped, switchOver } = standing;
  const owner = isTakenBack(standing) ? standing.deployment : standing.owner;
  if (number === 0 || stopped !== undefined || owner === deployment) return 'leading';
  return switchOver?.from === deployment ? 'handedOver' : 'standby';
};

/** Whether a deployment may claim the job of its own accord. Who has handed over may, until the other one's output is released. */
export const mayLead = (standing: Standing, deployment: string): boolean =>
  roleOf(standing, deployment) === 'leading' ||
  (standing.switchOver?.from === deployment && !standing.switchOver.isReleased);
