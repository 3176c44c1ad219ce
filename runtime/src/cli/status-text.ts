import type { SavepointStatus } from '../contract/control/savepoints.ts';
import type { JobStatus, PauseReport } from '../contract/control/status.ts';
import type { TaskStatus } from '../contract/control/tasks.ts';
import { shortNumber, shortTime, watermarkText } from './numbers.ts';

const field = (name: string, value: string): string => `  ${name.padEnd(12)} ${value}`;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const pauseText = ({ from, to, pauseMs, outcome, reason }: PauseReport): string => {
  const end = { done: '', rolledBack: ', rolled back', stalled: ', stalled' }[outcome];
  if (reason !== null) return `${from} → ${to}${end}: ${reason}`;
  return `${from} → ${to}, records stood still for ${shortTime(pauseMs)}${end}`;
};

const taskLine = ({ task, name, parallelism, ...figures }: TaskStatus): string => {
  const { recordsIn, recordsOut, busyShare, blockedShare, watermarkMs } = figures;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const watermark = watermarkText(watermarkMs ?? Number.NaN);
  return [
    `  [${task}] ${name}  ×${parallelism}`,
    `      in ${shortNumber(recordsIn)}, out ${shortNumber(recordsOut)}, busy ${percent(busyShare)}, blocked ${percent(blockedShare)}, watermark ${watermark}`,
  ].join('\n');
};

/** The state of a job for a person. */
export const statusText = (status: JobStatus, tasks: readonly TaskStatus[], nowMs: number): string => {
  const { name, state, sinceMs, attempt, restarts, parallelism, revision, trouble } = status;
  const { lastCheckpoint, lastRescale, lastUpgrade } = status;
  const { desired, actual, maximum } = parallelism;
  const ago = (ms: number): string => shortTime(Math.max(0, nowMs - ms));
  const wish = desired === actual ? '' : `, ${desired} wished for`;
  return [
    `${name} is ${state} for ${ago(sinceMs)}, attempt ${attempt}, ${plural(restarts, 'restart')}`,
    ...(trouble === null ? [] : [field('trouble', trouble)]),
    field('parallelism', `${actual}${wish}, at most ${maximum}`),
    ...(revision === null ? [] : [field('revision', revision)]),
    ...(lastCheckpoint === null
      ? []
      : [field('checkpoint', `${lastCheckpoint.id}, ${ago(lastCheckpoint.completedMs)} ago`)]),
    ...(lastRescale === null ? [] : [field('rescaled', pauseText(lastRescale))]),
    ...(lastUpgrade === null ? [] : [field('upgraded', pauseText(lastUpgrade))]),
    ...tasks.map(taskLine),
  ].join('\n');
};

/** One savepoint in a line. */
export const savepointText = (savepoint: SavepointStatus): string => {
  const { name, state, progress, location, bytes, failure } = savepoint;
  switch (state) {
    case 'inProgress':
      return `${name}  ${Math.round(progress * 100)} %`;
    case 'completed':
      return `${name}  ${shortNumber(bytes)} bytes  ${location ?? ''}`.trimEnd();
    case 'failed':
      return `${name}  failed: ${failure ?? 'nobody knows why'}`;
  }
};
