/**
 * What may be done, from where a job stands and who asks. Pure: reading and writing is the `LogWriter`'s.
 */
import { MillraceError } from '../contract/errors.ts';
import { asAttempt, asTerm, type CheckpointId } from './ids.ts';
import type { CommittedSink, EntryBody, EntryHead, EntryOf, LogEntry } from './log-entry.ts';
import type { CheckpointManifest, ManifestSink } from './manifest.ts';
import { joinRestored } from './restored.ts';
import { mayLead } from './role.ts';
import {
  joinCommittables,
  names,
  type Published,
  pickCommittables,
  restoredIn,
  type Standing,
  standingOf,
} from './standing.ts';

/** A coordinator as the log knows it. */
export interface Me {
  /** An id of this process, never used again. */
  readonly writer: string;
  /** What one revision of the job runs as; the next revision is another. */
  readonly deployment: string;
}

/** What a coordinator wants to put into the log. */
export type Wish =
  /**
   * `same`: adopt the data plane that runs. `next`: begin an attempt. `after`: only if nobody has led since this term, one's own. `own`: only if
   * no other deployment runs the job, see `mayLead`.
   */
  | {
      readonly kind: 'claim';
      readonly attempt: 'same' | 'next';
      readonly after?: number;
      readonly own?: true;
    }
  /** `sinks` of the manifest need only name what is new: what is pending is added. */
  | { readonly kind: 'manifest'; readonly manifest: CheckpointManifest }
  | { readonly kind: 'committed'; readonly sinks: readonly CommittedSink[] }
  | { readonly kind: 'handOver'; readonly to: string }
  | { readonly kind: 'released' }
  | { readonly kind: 'promoted' }
  /**
   * `repeats`: someone accepts that output which is or may be visible comes again. `owner`: the deployment that has handed over, and is to go
   * on.
   */
  | {
      readonly kind: 'rolledBack';
      readonly to: number;
      readonly repeats?: true;
      readonly owner?: string;
    }
  | {
      readonly kind: 'stopped';
      readonly how: EntryOf<'stopped'>['how'];
      readonly savepoint?: string;
    };

export type Decision =
  /** `attempt`: of a claim alone, the attempt that it begins or adopts. */
  | { readonly do: 'put'; readonly body: EntryBody; readonly attempt?: number }
  /** Another leads: stop acting. */
  | { readonly do: 'stop' }
  | { readonly do: 'refuse'; readonly error: MillraceError };

/** A decision to put an entry. */
export type Put = Extract<Decision, { readonly do: 'put' }>;
const put = (body: EntryBody, attempt?: number): Put =>
  attempt === undefined ? { do: 'put', body } : { do: 'put', body, attempt };

const refuse = (standing: Standing, why: string, hint: string): Decision => ({
  do: 'refuse',
  error: new MillraceError('job-invalid', why, {
    hint,
    where: {
      job: standing.jobUid,
      'log entry': standing.number,
      term: standing.term,
    },
  }),
});

/** Whether this coordinator is the one of the last claim. */
export const leads = (standing: Standing, me: Me): boolean =>
  standing.number !== 0 && standing.writer === me.writer;

/** What the deposed say before they go. */
export const deposedError = ({ jobUid, writer, deployment, term }: Standing): MillraceError =>
  new MillraceError(
    'io',
    `Another coordinator leads the job ${jobUid}: ${writer} of ${deployment}, in term ${term}.`,
    {
      hint: 'This one has stopped acting, and nothing is lost. If two were started by mistake, stop one of them.',
      where: { job: jobUid, term },
    },
  );

/**
 * Whether a leader may act on what the log says: only if nothing stands behind what it knows. An entry may be put and be overtaken before
 * that is asked; and a number that gc has freed can be put again, but never be the highest.
 */
export const isNewest = (number: number, highest: number): boolean => number === highest;

/** Whether a switch-over holds back what was sealed at a checkpoint. */
const isHeld = ({ switchOver }: Standing, sealedAt: number): boolean =>
  switchOver !== undefined && !switchOver.isReleased && sealedAt > switchOver.cut.manifest.checkpointId;

/** What is named by a published manifest and may be made visible now: all that is pending, but for what a switch-over holds back. */
export const committable = (standing: Standing): readonly ManifestSink[] =>
  pickCommittables(standing.pending, (_uid, _id, sealedAt) => !isHeld(standing, sealedAt));

const claim = (standing: Standing, me: Me, wish: Wish & { readonly kind: 'claim' }): Decision => {
  const { switchOver, owner } = standing;
  if (standing.stopped === 'superseded')
    return refuse(
      standing,
      `Another job has taken over the name of the job ${standing.jobUid}, and its state.`,
      'It runs where that job was created; what was here is over.',
    );
  if (wish.after !== undefined && standing.term !== wish.after) return { do: 'stop' };
  if (wish.own === true && !mayLead(standing, me.deployment)) return { do: 'stop' };
  if (switchOver !== undefined && !switchOver.isReleased) {
    const { from, to } = switchOver;
    if (me.deployment !== from && me.deployment !== to)
      return refuse(
        standing,
        `The job is being handed over from ${from} to ${to}, and ${me.deployment} is neither.`,
        `Let the switch-over end, or roll it back, before another deployment starts.`,
      );
  }
  const isThere = standing.attempt > 0 && standing.stopped === undefined && owner === me.deployment;
  if (wish.attempt === 'same' && !isThere)
    return refuse(standing, 'There is no data plane to adopt.', 'Begin another attempt.');
  return put({ kind: 'claim' }, wish.attempt === 'same' ? standing.attempt : standing.attempt + 1);
};

const manifest = (standing: Standing, me: Me, wanted: CheckpointManifest): Decision => {
  const { attempt, checkpointId } = wanted;
  const fault = (why: string): Decision =>
    refuse(standing, `Checkpoint ${checkpointId} cannot be published: ${why}.`, 'Take another checkpoint.');
  if (wanted.jobUid !== standing.jobUid) return fault(`it is of the job ${wanted.jobUid}`);
  if (standing.owner !== me.deployment)
    return fault(`the job was handed over to ${standing.owner}, and not rolled back to ${me.deployment}`);
  if (attempt !== standing.attempt) return fault(`it is of attempt ${attempt}, and ${standing.attempt} runs`);
  if (checkpointId <= standing.highestCheckpointId)
    return fault(`checkpoint ${standing.highestCheckpointId} was published before it`);
  const sinks = joinCommittables(standing.pending, wanted.sinks);
  const restored = joinRestored(restoredIn(standing), wanted.restored);
  const lineage = restored.length === 0 ? {} : { restored };
  return put({ kind: 'manifest', manifest: { ...wanted, sinks, ...lineage } });
};

const committed = (standing: Standing, sinks: readonly CommittedSink[]): Decision => {
  const allowed = committable(standing);
  for (const { uid, ids } of sinks) {
    const wrong = ids.find((id) => !names(allowed, uid, id));
    if (wrong === undefined) continue;
    const why = names(standing.pending, uid, wrong) ? 'is held back' : 'is named by no manifest as pending';
    return refuse(
      standing,
      `The committable ${wrong} of ${uid} ${why}, and is reported as visible.`,
      'This is a fault of Millrace: please report it.',
    );
  }
  const checkpointId = standing.line.at(-1)?.manifest.checkpointId as CheckpointId;
  return put({ kind: 'committed', checkpointId, sinks });
};

const handOver = (standing: Standing, me: Me, to: string): Decision => {
  const cut = standing.line.at(-1);
  const fault = (why: string): Decision =>
    refuse(standing, `The job cannot be handed over to ${to}: ${why}.`, 'End what is under way first.');
  if (standing.switchOver !== undefined)
    return fault(`the switch-over to ${standing.switchOver.to} has not ended`);
  if (to === me.deployment) return fault('that is the deployment which runs it');
  if (cut?.manifest.kind !== 'cut' || cut.term !== standing.term)
    return fault('its latest checkpoint is not a cut of this term');
  return put({ kind: 'handOver', from: me.deployment, to, cut: cut.number });
};

const progress = (standing: Standing, me: Me, kind: 'released' | 'promoted'): Decision => {
  const { switchOver } = standing;
  const isDue = switchOver !== undefined && me.deployment === switchOver.to;
  if (isDue && switchOver.isReleased === (kind === 'promoted'))
    return put({ kind, handOver: switchOver.handOver });
  return refuse(
    standing,
    `The deployment ${me.deployment} cannot be ${kind}: no switch-over to it waits for that.`,
    'Look at the log with `millrace checkpoint list`.',
  );
};

/** The checkpoints behind one whose output is visible, or may be: someone may have had a permit for it. */
const shownBehind = (
  standing: Standing,
  { number, manifest: { checkpointId } }: Published,
): readonly number[] =>
  standing.line
    .filter((published) => published.number > number)
    .flatMap(({ manifest: { sinks } }) => sinks.flatMap(({ committables }) => committables))
    .map((committable) => committable.checkpointId)
    .filter((sealedAt) => sealedAt > checkpointId && !isHeld(standing, sealedAt));

/** Whether whoever leads a job may take it back to a checkpoint. */
export const rolledBack = (
  standing: Standing,
  wish: Omit<Wish & { readonly kind: 'rolledBack' }, 'kind'>,
): Decision => {
  const { switchOver, line } = standing;
  const { to, repeats = false, owner } = wish;
  const target = line.find(({ number }) => number === to);
  const fault = (why: string, hint: string): Decision =>
    refuse(standing, `The job cannot go back to log entry ${to}: ${why}.`, hint);
  if (target === undefined)
    return fault('that is no checkpoint that is kept', 'Choose one of `millrace checkpoint list`.');
  if (owner !== undefined && owner !== switchOver?.from)
    return fault(`${owner} has not handed it over`, 'End what is under way first.');
  if (switchOver !== undefined && !switchOver.isReleased && to > switchOver.cut.number)
    return fault('the new code is not released', `Go back to entry ${switchOver.cut.number}, the cut.`);
  const shown = repeats ? [] : shownBehind(standing, target);
  if (shown.length === 0) return put({ kind: 'rolledBack', to, ...(owner === undefined ? {} : { owner }) });
  return fault(
    `output of checkpoints ${Math.min(...shown)} to ${Math.max(...shown)} is visible or may be, and would come again`,
    `Go back to entry ${line.at(-1)?.number}, the latest, or say that repeats are accepted: --accept-repeats.`,
  );
};

const stopped = (standing: Standing, wish: Wish & { readonly kind: 'stopped' }): Decision => {
  const { how, savepoint } = wish;
  const fault = (why: string, hint: string): Decision =>
    refuse(standing, `The job cannot be reported as ${how}: ${why}.`, hint);
  if (standing.switchOver !== undefined && !standing.switchOver.isReleased && how !== 'cancelled')
    return fault('output is held back by a switch-over', 'Release it or roll it back first.');
  if (standing.pending.length > 0 && (how === 'finished' || how === 'drained'))
    return fault('output is prepared and not visible', 'Commit it first.');
  return put({
    kind: 'stopped',
    how,
    ...(savepoint === undefined ? {} : { savepoint }),
  });
};

/** Whether a wish may be put into the log as the next entry. */
export const decide = (standing: Standing, me: Me, wish: Wish): Decision => {
  if (wish.kind === 'claim') return claim(standing, me, wish);
  if (!leads(standing, me)) return { do: 'stop' };
  if (standing.stopped !== undefined)
    return refuse(standing, `The job was ${standing.stopped}.`, 'Claim it again to go on.');
  switch (wish.kind) {
    case 'manifest':
      return manifest(standing, me, wish.manifest);
    case 'committed':
      return committed(standing, wish.sinks);
    case 'handOver':
      return handOver(standing, me, wish.to);
    case 'released':
    case 'promoted':
      return progress(standing, me, wish.kind);
    case 'rolledBack':
      return rolledBack(standing, wish);
    case 'stopped':
      return stopped(standing, wish);
  }
};

/** What of an entry its writer chooses, and does not follow from the log. */
export interface EntryStamp {
  readonly me: Me;
  readonly atMs: number;
  /** Checkpoints to keep. */
  readonly retained: number;
}

/**
 * The next entry of a log. It says from which number on the log is needed when it is there: the kept checkpoints, and the cut of a
 * switch-over.
 */
export const nextEntry = (
  standing: Standing,
  { body, attempt = standing.attempt }: Put,
  { me, atMs, retained }: EntryStamp,
  standingBehind: (entry: LogEntry) => Standing,
): LogEntry => {
  const { jobUid, number, term, since } = standing;
  const head: EntryHead = {
    format: 1,
    jobUid,
    number: number + 1,
    term: asTerm(body.kind === 'claim' ? term + 1 : term),
    attempt: asAttempt(attempt),
    writer: me.writer,
    deployment: me.deployment,
    atMs,
    since,
  };
  const { line, switchOver } = standingBehind({ ...head, ...body });
  const oldest = line.at(-Math.min(retained, line.length))?.number ?? head.number;
  return {
    ...head,
    since: Math.max(since, Math.min(oldest, switchOver?.cut.number ?? oldest)),
    ...body,
  };
};

/** The decisions that the writer asks for. The simulator puts wrong ones in their place, to see that they are noticed. */
export interface Protocol {
  readonly standingOf: typeof standingOf;
  readonly decide: typeof decide;
  readonly isNewest: typeof isNewest;
  readonly committable: typeof committable;
}

export const theProtocol: Protocol = {
  standingOf,
  decide,
  isNewest,
  committable,
};
