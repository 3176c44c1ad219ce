import { type Command, InvalidArgumentError } from 'commander';
import type { CheckpointPoint } from '../checkpoint/find-checkpoint.ts';
import type { NewUids } from '../checkpoint/rename-uids.ts';
import type { JobTarget } from './job-target.ts';

/** What `--from` names: a checkpoint, or the folder of a savepoint (a directory, or `s3://bucket/prefix`). */
export type StartPoint = CheckpointPoint | { readonly kind: 'savepoint'; readonly place: string };

/** The options that say what a job goes on from, as commander gives them. */
export interface StartOptions {
  readonly from?: StartPoint;
  readonly fromJob?: string;
  readonly anew?: boolean;
  readonly allowRemoved?: boolean;
  readonly rename?: NewUids;
  readonly acceptRepeats?: boolean;
}

/** Anything that begins like a date is meant as a time: a folder of such a name is written as `./2026-…`. */
export const parseStartPoint = (text: string): StartPoint => {
  if (text === 'latest') return { kind: 'latest' };
  if (/^[1-9]\d{0,14}$/.test(text)) return { kind: 'number', checkpointId: Number(text) };
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return { kind: 'savepoint', place: text };
  const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const atMs = isWhole ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return { kind: 'time', atMs };
  throw new InvalidArgumentError(
    'Write a time with its zone, such as 2026-11-26T10:00:00Z; ./ before the name of a folder.',
  );
};

export const addRename = (text: string, before: NewUids = new Map()): NewUids => {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1) throw new InvalidArgumentError('Write OLD=NEW.');
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
};

/** Adds them to a command. */
export const addStartOptions = (command: Command): Command =>
  command
    .option(
      '--from <point>',
      'what it goes on from: latest, the number of a checkpoint, a time (the newest before it that is whole), or a savepoint (a folder, s3://…)',
      parseStartPoint,
    )
    .option('--from-job <name>', 'whose checkpoint that is, by name or uid: for a job that has none itself')
    .option('--accept-repeats', 'with --from: output behind an older checkpoint may come again')
    .option('--allow-removed', 'state that the job has no place for any more may be left behind')
    .option('--rename <old=new>', 'the uid that a transform with state has now; repeatable', addRename)
    .option('--anew', 'begin with nothing, although the store has state of the job: it stays there, unused');

/** The new uids that the manifest names, and those of the command. */
export const renamesOf = ({ renames }: Pick<JobTarget, 'renames'>, rename?: NewUids): NewUids =>
  new Map([...Object.entries(renames), ...(rename ?? [])]);
