import type { Event, StreamJobObject } from '../../../kube/kinds.ts';
import type { Stored } from '../../../kube/objects.ts';
import { podTrouble } from '../../../streamjob/explain-pods.ts';
import { annotations } from '../../../streamjob/names.ts';
import { type JobPicture, statusOf } from '../job-picture.ts';
import { ageText } from './age.ts';
import { podText } from './pod-text.ts';
import { conditionOf } from './status-text.ts';
import { table } from './table.ts';

/** Why a job is as it is, in a sentence, and what to do about it. */
export interface Cause {
  readonly cause: string;
  readonly next?: string | undefined;
}

const nextAfter = (reason: string, name: string): string | undefined => {
  switch (reason) {
    case 'AwaitingApproval':
      return `kubectl millrace plan ${name}, then kubectl millrace approve ${name}`;
    case 'Invalid':
      return `correct the manifest and apply it again; what runs goes on meanwhile`;
    case 'Incompatible':
      return `kubectl millrace plan ${name}; correct the job, or wish the one before back`;
    case 'RolledBack':
      return `correct the job and apply it again, or kubectl millrace retry ${name}`;
    case 'JobFailed':
      return `kubectl millrace logs ${name}; then correct the job, or kubectl millrace retry ${name}`;
    case 'NoWayBack':
      return `kubectl millrace logs ${name}; kubectl millrace approve ${name} makes the new one stay`;
    default:
      return undefined;
  }
};

/** Nobody has looked at what is wanted now. */
const unseen = ({ metadata }: Stored<StreamJobObject>, observed: number | undefined): Cause | undefined => {
  if (metadata.annotations?.[annotations.paused] === 'true')
    return {
      cause: `The operator leaves it alone: it is paused by the annotation ${annotations.paused}.`,
      next: `kubectl annotate streamjob ${metadata.name} ${annotations.paused}-`,
    };
  const { generation = 0 } = metadata;
  if (observed !== undefined && observed >= generation) return undefined;
  return {
    cause:
      observed === undefined
        ? 'No operator has looked at it.'
        : `No operator has looked at its generation ${generation}; the last one that was seen is ${observed}.`,
    next: 'see whether the operator runs, and whether it watches this namespace: kubectl get lease -A | grep millrace',
  };
};

/** The root cause: of all that is said about a job, what everything else follows from. Pure. */
export const causeOf = ({ job, pods }: JobPicture): Cause => {
  const { name } = job.metadata;
  const status = statusOf(job);
  const notSeen = unseen(job, status.observedGeneration);
  if (notSeen !== undefined) return notSeen;
  const stalled = conditionOf(status, 'Stalled');
  if (stalled?.status === 'True') return { cause: stalled.message, next: nextAfter(stalled.reason, name) };
  const ready = conditionOf(status, 'Ready');
  const healthy = conditionOf(status, 'Healthy');
  if (ready?.status !== 'True') {
    const trouble = pods.map((pod) => podTrouble(pod)).find((known) => known !== undefined);
    const reason = ready?.reason ?? '';
    // Who waits for a person does not wait for a pod.
    const isWaiting = reason === 'AwaitingApproval';
    const said = ready?.message ?? `It is ${status.phase ?? 'unknown'}.`;
    return { cause: isWaiting ? said : (trouble?.message ?? said), next: nextAfter(reason, name) };
  }
  const flows = healthy === undefined || healthy.status === 'True' || status.phase !== 'Running';
  return { cause: flows ? `Nothing is wrong. ${ready.message}` : `${ready.message} But: ${healthy.message}` };
};

/** Events that are shown; older ones say less. */
const mostEvents = 10;

const lastMs = ({ lastTimestamp, metadata }: Stored<Event>): number =>
  Date.parse(lastTimestamp ?? metadata.creationTimestamp ?? '') || 0;

const eventRows = (events: readonly Stored<Event>[], nowMs: number): readonly (readonly string[])[] =>
  events
    .toSorted((one, other) => lastMs(one) - lastMs(other))
    .slice(-mostEvents)
    .map((event) => {
      const { type, reason, message, count, involvedObject } = event;
      const about = involvedObject.kind === 'StreamJob' ? '' : `${involvedObject.name}: `;
      const times = (count ?? 1) > 1 ? ` (${count} times)` : '';
      const ago = ageText(new Date(lastMs(event)).toISOString(), nowMs);
      return [`  ${ago} ago`, type, reason, `${about}${message}${times}`];
    });

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

/** The root cause in a line, and then what it was seen by: conditions, pods, events. */
export const explainLines = (
  picture: JobPicture,
  events: readonly Stored<Event>[],
  nowMs: number,
): readonly string[] => {
  const { job, pods } = picture;
  const { cause, next } = causeOf(picture);
  const conditions = (statusOf(job).conditions ?? []).map(
    ({ type, status, reason, message, lastTransitionTime }) => [
      `  ${type}=${status}`,
      reason,
      `for ${ageText(lastTransitionTime, nowMs)}`,
      message,
    ],
  );
  return [
    `${job.metadata.name}: ${cause}`,
    ...(next === undefined ? [] : [`What to do: ${next}`]),
    ...section('Conditions', table(conditions)),
    ...section(
      'Pods',
      pods.flatMap((pod) => {
        const trouble = podTrouble(pod)?.message;
        return [`  ${podText(pod, nowMs)}`, ...(trouble === undefined ? [] : [`    ${trouble}`])];
      }),
    ),
    ...section('Events', table(eventRows(events, nowMs))),
  ];
};
