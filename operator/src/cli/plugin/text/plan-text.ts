import type { Change } from '../../../../../runtime/src/contract/change.ts';
import { changes } from '../../../../../runtime/src/contract/change.ts';
import type { ChangePlan } from '../../../../../runtime/src/contract/status.ts';
import type { StreamJobSpec } from '../../../../../runtime/src/contract/stream-job.ts';
import type { FieldChange } from '../spec-changes.ts';
import { table } from './table.ts';

/** A change of a job that somebody thinks about, or has made already. */
export interface JobChange {
  readonly fields: readonly FieldChange[];
  /** The revision that runs; undefined = none yet. */
  readonly current: string | undefined;
  readonly wanted: string;
  readonly spec: StreamJobSpec;
  /** What the next revision's own coordinator has found out about the state. */
  readonly plan?: ChangePlan | undefined;
}

const longestValue = 48;

const valueText = (value: unknown): string => {
  if (value === undefined) return '(none)';
  const text = JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
};

/** The fields that can never change, of all that were changed. */
export const refusedFields = ({ fields }: JobChange): readonly string[] =>
  fields.filter(({ change }) => change === 'immutable').map(({ path }) => ['spec', ...path].join('.'));

const switchOverText = ({ current, wanted, spec }: JobChange): string => {
  const { mode, strategy, policy } = spec.upgrade;
  if (current === undefined) return `The revision ${wanted} starts.`;
  const approval = policy === 'Plan' ? ' It waits for kubectl millrace approve.' : '';
  const state = mode === 'Stateless' ? 'It begins without state.' : 'It is compared with the state first.';
  const how =
    strategy === 'Recreate'
      ? `The revision ${current} stops with a checkpoint, then ${wanted} starts.`
      : `The revision ${wanted} starts beside ${current} and takes over at a checkpoint; records stand still for some tenths of a second.`;
  return `${how} ${state}${approval}`;
};

/** What a change comes to, in a sentence. */
export const verdictOf = (change: JobChange): string => {
  const { fields, current, wanted, spec } = change;
  const refused = refusedFields(change);
  if (refused.length > 0)
    return `It is refused: ${refused.join(', ')} cannot change over the life of a job. Another job, restored from a savepoint, can have another.`;
  const changed = (name: string): boolean => fields.some(({ path }) => path[0] === name);
  if (spec.state === 'Suspended')
    return changed('state')
      ? 'The job takes a last checkpoint and lets its pods go.'
      : 'The job is suspended: the change is in force when it is resumed.';
  if (current !== wanted) return switchOverText(change);
  if (fields.some(({ change }) => change === 'switch-over'))
    return `The revision ${wanted} runs on; what was to replace it is taken back.`;
  if (changed('state')) return 'The job goes on from its last checkpoint.';
  if (changed('parallelism'))
    return `The running job moves to ${spec.parallelism} slots; records stand still for some tenths of a second.`;
  if (fields.some(({ change: what }) => what === 'live'))
    return 'The running job takes it over as it goes; no record waits.';
  return fields.length === 0
    ? 'Nothing is to change.'
    : 'Nothing of the running job changes: only what the operator does from now on.';
};

const gravity = (change: Change): number => -changes.indexOf(change);

const stateLines = ({ plan, wanted }: JobChange): readonly string[] => {
  if (plan?.revision !== wanted) return [];
  const fits = {
    Compatible: 'fits',
    NeedsApproval: 'fits, but something is lost: it needs an approval',
    Incompatible: 'does not fit',
  }[plan.result];
  const rows = plan.changes.map(({ transform, state, change, explanation }) => [
    `  ${transform}${state === undefined ? '' : `.${state}`}`,
    change,
    explanation,
  ]);
  return ['', `The state ${fits}, as the coordinator of ${wanted} has found:`, ...table(rows)];
};

/** What would change, field by field, the gravest first; what becomes of the state; what it comes to. */
export const planLines = (change: JobChange): readonly string[] => {
  const rows = change.fields
    .toSorted((one, other) => gravity(one.change) - gravity(other.change))
    .map(({ path, change: what, before, after }) => [
      `  spec.${path.join('.')}`,
      what,
      `${valueText(before)} → ${valueText(after)}`,
    ]);
  return [...table(rows), ...(rows.length === 0 ? [] : ['']), verdictOf(change), ...stateLines(change)];
};
