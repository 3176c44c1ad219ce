import type { Wish } from '../checkpoint/decide.ts';
import { collectGarbage } from '../checkpoint/gc.ts';
import type { CommittedSink } from '../checkpoint/log-entry.ts';
import type { LogWriter } from '../checkpoint/log-writer.ts';
import type { CheckpointManifest, ManifestSink } from '../checkpoint/manifest.ts';
import type { CommitPermit } from '../checkpoint/permit.ts';
import type { Restored } from '../checkpoint/restored.ts';
import { restoredIn, type Standing } from '../checkpoint/standing.ts';
import { MillraceError } from '../contract/errors.ts';

/** A new attempt of a job, and what it goes on from. */
export interface Claimed {
  readonly attempt: number;
  /** The latest checkpoint; undefined = there is none yet. */
  readonly manifest: CheckpointManifest | undefined;
  /** No checkpoint has this number or a lower one. */
  readonly highestCheckpointId: number;
  readonly permit: CommitPermit;
  /** What a rollback has left prepared: to be aborted before the next checkpoint. */
  readonly aborted?: readonly ManifestSink[] | undefined;
  /** The job whose place this one has taken just now; absent = none. */
  readonly predecessor?: string | undefined;
  readonly term: number;
  /** The attempt runs already. */
  readonly isAdopted: boolean;
  /** It was handed over to this deployment, which is on trial since; absent = it is not. */
  readonly trial?: OpenTrial | undefined;
}

/** A switch-over that has not ended. */
export interface OpenTrial {
  /** Output is not held back any more. */
  readonly isReleased: boolean;
  /** Checkpoints behind the cut. */
  readonly completed: number;
}

/** The log of a job, as its coordinator writes it. Everything rejects when another coordinator leads by now. */
export interface JobLog {
  /** What it writes for. */
  readonly deployment: string;
  /**
   * Begins a term and an attempt. A deployment that has handed over and claims again has rolled back with that. `takesOver`: whichever
   * deployment runs the job.
   */
  claim(takesOver?: boolean): Promise<Claimed>;
  /** Where the job stands, for who does not lead it: whoever has led since, this one may claim it again. */
  follow(): Promise<Standing>;
  /** Ends the attempt of a deployment on trial in favour of the one before, which goes on from the cut, or behind what was released. */
  giveBack(): Promise<void>;
  /** Behind a cut: another deployment is to go on, and what it prepares is held back until `released`. */
  handOver(to: string): Promise<void>;
  /** What was held back may be made visible: it is in the permit. */
  released(): Promise<CommitPermit>;
  /** The deployment before is not needed any more. */
  promoted(): Promise<void>;
  /**
   * Begins a term of the attempt that the log speaks of, if that is the newest and `isHeld` says that all of it runs; undefined = it does
   * not. Before its first checkpoint it is followed from its beginning.
   */
  adopt(isHeld: (attempt: number) => Promise<boolean>): Promise<Claimed | undefined>;
  /**
   * Behind a claim: the attempt goes on from the checkpoint of an older entry. Rejects when output that is visible would come again, unless
   * that is accepted.
   */
  goBack(to: number, acceptRepeats: boolean): Promise<Claimed>;
  /** The checkpoint exists when this resolves; what may be made visible now is in the permit. */
  publish(manifest: CheckpointManifest): Promise<CommitPermit>;
  committed(sinks: readonly CommittedSink[]): Promise<void>;
  /** Nothing runs any more, on purpose. */
  stopped(how: Extract<Wish, { kind: 'stopped' }>['how'], savepoint?: string): Promise<void>;
  /** To what it has gone back because somebody wished it, as far as is known. */
  restored(): readonly Restored[];
  /** Removes objects that the log has superseded and that are old enough. Works beside everything else. */
  collectGarbage(minimumAgeMs: number): Promise<void>;
}

const deposed = (job: string, writer: string, term: number): MillraceError =>
  new MillraceError(
    'job-invalid',
    `Another process leads the job ${job} by now, ${writer} in term ${term}.`,
    {
      hint: 'Run a job in one place at a time: stop the other one, or give this one another name.',
      where: { job, term },
    },
  );

const trialOf = ({ switchOver, line }: Standing, deployment: string): OpenTrial | undefined =>
  switchOver?.to === deployment
    ? {
        isReleased: switchOver.isReleased,
        completed: line.filter(({ number }) => number > switchOver.cut.number).length,
      }
    : undefined;

/** Which term a process has begun last: who has led since has deposed it, and it never claims again. */
export interface OwnTerm {
  term?: number;
}

/** What was held back is aborted; what was released stays, and the job goes on behind it. */
const targetOf = ({ switchOver, line }: Standing): number | undefined =>
  switchOver?.isReleased === true ? line.at(-1)?.number : switchOver?.cut.number;

/** `own`: shared by all logs that this process writes for revisions of one job. `isShared`: there are other deployments of the job. */
export const createJobLog = (writer: LogWriter, own: OwnTerm = {}, isShared = false): JobLog => {
  const append = async (wish: Wish): Promise<CommitPermit> => {
    const result = await writer.append(wish);
    if (result.outcome === 'done') return result.permit;
    const { jobUid, writer: other, term } = result.standing;
    throw deposed(jobUid, other, term);
  };
  const claimed = (permit: CommitPermit, isAdopted: boolean): Claimed => {
    const { line, term, attempt, highestCheckpointId, aborted } = writer.standing;
    own.term = term;
    const manifest = line.at(-1)?.manifest;
    const trial = trialOf(writer.standing, writer.deployment);
    return { attempt, manifest, highestCheckpointId, permit, aborted, term, isAdopted, trial };
  };
  const begin = async (wish: Wish): Promise<Claimed> => claimed(await append(wish), false);
  return {
    deployment: writer.deployment,
    claim: async (takesOver = false) => {
      const first = await begin({
        kind: 'claim',
        attempt: 'next',
        ...(own.term === undefined ? {} : { after: own.term }),
        ...(isShared && !takesOver ? { own: true } : {}),
      });
      const to = targetOf(writer.standing);
      if (writer.standing.switchOver?.from !== writer.deployment || to === undefined) return first;
      return begin({ kind: 'rolledBack', to });
    },
    follow: () => {
      delete own.term;
      return writer.refresh();
    },
    giveBack: async () => {
      const to = targetOf(writer.standing);
      const owner = writer.standing.switchOver?.from;
      if (to !== undefined && owner !== undefined) await append({ kind: 'rolledBack', to, owner });
    },
    handOver: async (to) => {
      await append({ kind: 'handOver', to });
    },
    released: () => append({ kind: 'released' }),
    promoted: async () => {
      await append({ kind: 'promoted' });
    },
    adopt: async (isHeld) => {
      const { attempt, term, stopped, switchOver, owner } = await writer.refresh();
      if (attempt === 0 || stopped !== undefined || switchOver !== undefined) return undefined;
      if (isShared && owner !== writer.deployment) return undefined;
      if (!(await isHeld(attempt))) return undefined;
      const result = await writer.append({ kind: 'claim', attempt: 'same', after: term });
      return result.outcome === 'done' ? claimed(result.permit, true) : undefined;
    },
    goBack: (to, acceptRepeats) =>
      begin({ kind: 'rolledBack', to, ...(acceptRepeats ? { repeats: true } : {}) }),
    publish: (manifest) => append({ kind: 'manifest', manifest }),
    committed: async (sinks) => {
      await append({ kind: 'committed', sinks });
    },
    stopped: async (how, savepoint) => {
      await append({ kind: 'stopped', how, ...(savepoint === undefined ? {} : { savepoint }) });
    },
    restored: () => restoredIn(writer.standing),
    collectGarbage: async (minimumAgeMs) => {
      await collectGarbage({ ...writer.reading, minimumAgeMs });
    },
  };
};
