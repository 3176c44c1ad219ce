import type { FinishedChange, StreamJobStatus } from '../../../../../runtime/src/contract/status.ts';
import type { Condition } from '../../../../../runtime/src/contract/told.ts';
import type { StreamJobObject } from '../../../kube/kinds.ts';
import type { Stored } from '../../../kube/objects.ts';
import { statusOf } from '../job-picture.ts';
import { ageText } from './age.ts';
import { table } from './table.ts';

export const conditionOf = ({ conditions }: StreamJobStatus, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);

const wantedSlots = ({ spec }: StreamJobObject): number =>
  (spec as { readonly parallelism?: number } | undefined)?.parallelism ?? 1;

/** `4`, or `2/4` while it is to have others than it has. */
const slotsText = (job: StreamJobObject): string => {
  const { replicas = 0 } = statusOf(job);
  const wanted = wantedSlots(job);
  return replicas === wanted ? `${wanted}` : `${replicas}/${wanted}`;
};

/** Jobs as a table. `isWide`: why they are as they are, too. */
export const statusTable = (
  jobs: readonly Stored<StreamJobObject>[],
  nowMs: number,
  more: { readonly isWide?: boolean; readonly showsNamespace?: boolean } = {},
): readonly string[] => {
  if (jobs.length === 0) return ['No StreamJobs here.'];
  const head = ['NAME', 'PHASE', 'READY', 'SLOTS', 'REVISION', 'CHECKPOINT', 'LAST PAUSE', 'AGE'];
  const rows = jobs.map((job) => {
    const { metadata } = job;
    const status = statusOf(job);
    const ready = conditionOf(status, 'Ready');
    const row = [
      metadata.name,
      status.phase ?? '-',
      ready?.status ?? '-',
      slotsText(job),
      status.revision?.current ?? '-',
      status.checkpoint === undefined ? '-' : `${ageText(status.checkpoint.time, nowMs)} ago`,
      status.lastPause ?? '-',
      ageText(metadata.creationTimestamp, nowMs),
      ...(more.isWide === true ? [ready?.message ?? '-'] : []),
    ];
    return more.showsNamespace === true ? [metadata.namespace ?? '', ...row] : row;
  });
  const wideHead = more.isWide === true ? [...head, 'MESSAGE'] : head;
  return table([more.showsNamespace === true ? ['NAMESPACE', ...wideHead] : wideHead, ...rows]);
};

const changeText = (change: FinishedChange | undefined, nowMs: number): string | undefined => {
  if (change === undefined) return undefined;
  const { from, to, time, pauseMs, outcome, reason } = change;
  const what = outcome === 'Done' ? '' : `, ${outcome === 'RolledBack' ? 'taken back' : 'stuck'}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${from} → ${to}, ${ageText(time, nowMs)} ago; records stood still for ${pauseMs} ms${what}${why}`;
};

const revisionText = ({ revision }: StreamJobStatus): string | undefined => {
  if (revision === undefined) return undefined;
  const { current, next, rejected } = revision;
  return [
    current ?? 'none yet',
    ...(next === undefined ? [] : [`next: ${next}`]),
    ...(rejected === undefined ? [] : [`not tried again: ${rejected}`]),
  ].join(', ');
};

/** One job, a fact a line. */
export const statusLines = (job: Stored<StreamJobObject>, nowMs: number): readonly string[] => {
  const { metadata } = job;
  const status = statusOf(job);
  const { checkpoint, savepoint, attempt, term, workersReady } = status;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [
      'phase',
      `${status.phase ?? 'unknown'}: ${conditionOf(status, 'Ready')?.message ?? 'no operator has looked at it yet'}`,
    ],
    ['slots', `${slotsText(job)}${workersReady === undefined ? '' : `, workers ready: ${workersReady}`}`],
    ['revision', revisionText(status)],
    ['attempt', attempt === undefined ? undefined : `${attempt}, of coordinator ${term ?? 0}`],
    ['checkpoint', checkpoint && `${checkpoint.id}, ${ageText(checkpoint.time, nowMs)} ago`],
    ['savepoint', savepoint && `${savepoint.last}, ${ageText(savepoint.time, nowMs)} ago`],
    ['upgrade', changeText(status.lastUpgrade, nowMs)],
    ['rescale', changeText(status.lastRescale, nowMs)],
    ['restored', status.restored && `${status.restored.id}, from ${status.restored.from}`],
  ];
  const rows = facts.flatMap(([name, text]) => (text === undefined ? [] : [[`  ${name}`, text]]));
  return [
    `${metadata.namespace}/${metadata.name}, ${ageText(metadata.creationTimestamp, nowMs)} old`,
    ...table(rows),
  ];
};
