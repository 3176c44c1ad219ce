import { canonicalText } from '../../../runtime/src/contract/canonical-text.ts';
import type { NextDeployment } from '../../../runtime/src/contract/control/deployment.ts';
import type { JobStatus, PauseReport } from '../../../runtime/src/contract/control/status.ts';
import {
  mostPlanChanges,
  mostUnhealthyWorkers,
  type StreamJobStatus,
} from '../../../runtime/src/contract/status.ts';
import { conditionsOf } from './conditions.ts';
import type { Plan } from './decide/plan.ts';
import { troublesOf } from './explain-pods.ts';
import { identityOf, podLabels } from './names.ts';
import { type ObservedJob, type ObservedRevision, revisionNamed } from './observed.ts';
import { retryWish } from './retry.ts';

/** How often figures that change all the time are written, at most. */
const figuresEveryMs = 300_000;

const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

const outcomeOf = { done: 'Done', rolledBack: 'RolledBack', stalled: 'Stalled' } as const;

const switchOf = (report: PauseReport | null | undefined): StreamJobStatus['lastUpgrade'] =>
  report === null || report === undefined
    ? undefined
    : {
        from: report.from,
        to: report.to,
        time: timeOf(report.atMs),
        pauseMs: Math.round(report.pauseMs),
        ...(report.committedPauseMs === null
          ? {}
          : { committedPauseMs: Math.round(report.committedPauseMs) }),
        outcome: outcomeOf[report.outcome],
        ...(report.reason === null ? {} : { reason: report.reason.slice(0, 1024) }),
      };

const resultOf = {
  compatible: 'Compatible',
  needsApproval: 'NeedsApproval',
  incompatible: 'Incompatible',
} as const;

const planOf = (next: NextDeployment | undefined, name: string): StreamJobStatus['plan'] =>
  next === undefined || next.compatibility === null
    ? undefined
    : {
        revision: name,
        result: resultOf[next.compatibility],
        changes: next.changes
          .filter(({ change }) => change !== 'same')
          .slice(0, mostPlanChanges)
          .map(({ transform, state, change, explanation }) => ({
            transform,
            ...(state === null ? {} : { state }),
            change,
            explanation: explanation.slice(0, 512),
          })),
      };

const flowing = (revision: ObservedRevision | undefined): boolean | undefined => {
  const view = revision?.view;
  return view === undefined || view.silentSinceMs !== undefined ? undefined : view.status.state === 'running';
};

/** Who processes records now: on trial, that is the next revision. */
const activeOf = (observed: ObservedJob, { current, next }: Plan): ObservedRevision | undefined => {
  const candidates = [revisionNamed(observed, next), revisionNamed(observed, current)];
  return candidates.find((revision) => revision?.view?.status.role === 'leading') ?? candidates[1];
};

const readyWorkers = (revision: ObservedRevision | undefined): string | undefined => {
  const set = revision?.workerSet;
  return set === undefined ? undefined : `${set.status?.readyReplicas ?? 0}/${set.spec.replicas}`;
};

/** Leaves out what is undefined: a field that is not there is removed by the next apply. */
const compact = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;

/** What is said about a job, after one look at it and the plan that follows. Pure. */
export const statusOf = (observed: ObservedJob, plan: Plan): StreamJobStatus => {
  const { job, status: before, nowMs } = observed;
  const { generation = 0 } = job.metadata;
  const active = activeOf(observed, plan);
  const next = revisionNamed(observed, plan.next);
  const view = active?.view?.status;
  const checkpoint = view?.lastCheckpoint;
  const refused = revisionNamed(observed, plan.rejected);
  const shown = next ?? refused;
  return compact<StreamJobStatus>({
    observedGeneration: generation,
    phase: plan.standing.phase,
    conditions: conditionsOf(
      plan.standing,
      flowing(active),
      before?.conditions ?? [],
      generation,
      timeOf(nowMs),
    ),
    replicas: view?.role === 'leading' && view.state === 'running' ? view.parallelism.actual : 0,
    selector:
      plan.current === undefined
        ? undefined
        : Object.entries(podLabels(identityOf(job), plan.current, 'worker'))
            .map(([name, value]) => `${name}=${value}`)
            .join(','),
    workersReady: readyWorkers(active),
    revision: compact({ current: plan.current, next: plan.next, rejected: plan.rejected }),
    attempt: Math.max(before?.attempt ?? 0, view?.attempt ?? 0),
    term: Math.max(before?.term ?? 0, view?.term ?? 0),
    checkpoint:
      checkpoint === null || checkpoint === undefined
        ? before?.checkpoint
        : { id: checkpoint.id, time: timeOf(checkpoint.completedMs) },
    plan: shown === undefined ? before?.plan : (planOf(shown.view?.next, shown.name) ?? before?.plan),
    lastUpgrade: switchOf(view?.lastUpgrade) ?? before?.lastUpgrade,
    lastRescale: switchOf(view?.lastRescale) ?? before?.lastRescale,
    lastPause: lastPauseOf(view) ?? before?.lastPause,
    ...workersOf([active, next]),
    retried: retriedOf(observed, plan),
    savepoint: before?.savepoint,
    restored: restoredIn(view) ?? before?.restored,
  });
};

/** A wish to try again is over when it is carried out, and when there is nothing to try again. */
const retriedOf = (observed: ObservedJob, { retries, standing }: Plan): string | undefined => {
  const isOver = retries === true || standing.progress === 'inForce';
  return (isOver ? retryWish(observed) : undefined) ?? observed.status?.retried;
};

const restoredIn = (view: JobStatus | undefined): StreamJobStatus['restored'] => {
  const { restored } = view ?? {};
  return restored === undefined || restored === null
    ? undefined
    : { id: restored.id, from: restored.from.slice(0, 512) };
};

/** Of the switch-over that was over last. */
const lastPauseOf = (view: JobStatus | undefined): string | undefined => {
  const reports = [view?.lastUpgrade, view?.lastRescale].filter(
    (report) => report !== null && report !== undefined,
  );
  const last = reports.toSorted((one, other) => other.atMs - one.atMs)[0];
  return last === undefined ? undefined : `${Math.round(last.pauseMs)}ms`;
};

const workersOf = (
  revisions: readonly (ObservedRevision | undefined)[],
): Pick<StreamJobStatus, 'workers' | 'unhealthyWorkers'> => {
  const troubles = [...new Set(revisions)].flatMap((revision) =>
    revision === undefined ? [] : troublesOf(revision),
  );
  if (troubles.length === 0) return {};
  return {
    unhealthyWorkers: troubles.length,
    workers: troubles
      .slice(0, mostUnhealthyWorkers)
      .map(({ pod, reason }) => ({ name: pod, reason: reason.slice(0, 256) })),
  };
};

const withoutFigures = (status: StreamJobStatus): object => ({ ...status, checkpoint: undefined });

/** When a status is to be written: now, later (in ms), or never while nothing else changes. */
export type WriteDecision = { readonly write: boolean; readonly againMs?: number | undefined };

/**
 * Transitions are written at once. A checkpoint that is newer is no transition: it is written with the next one, or after five minutes, at
 * a moment of its own for each job.
 */
export const decideWrite = (
  before: StreamJobStatus | undefined,
  after: StreamJobStatus,
  writtenMs: number | undefined,
  nowMs: number,
  jitter: number,
): WriteDecision => {
  if (before === undefined || canonicalText(withoutFigures(before)) !== canonicalText(withoutFigures(after)))
    return { write: true };
  if (canonicalText(before.checkpoint) === canonicalText(after.checkpoint)) return { write: false };
  const dueMs = (writtenMs ?? nowMs - figuresEveryMs / 2) + figuresEveryMs * (0.9 + 0.2 * jitter);
  return dueMs <= nowMs ? { write: true } : { write: false, againMs: dueMs - nowMs };
};
