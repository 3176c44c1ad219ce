import type { Wish } from '../checkpoint/decide.ts';
import { collectGarbage } from '../checkpoint/gc.ts';
import type { CommittedSink } from '../checkpoint/log-entry.ts';
import type { LogWriter } from '../checkpoint/log-writer.ts';
import type { CheckpointManifest, ManifestSink } from '../checkpoint/manifest.ts';
import type { CommitPermit } from '../checkpoint/permit.ts';
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
  readonly aborted?: readonly ManifestSink[];
  readonly term: number;
  /** The attempt runs already. */
  readonly isAdopted: boolean;
}

/** The log of a job, as its coordinator writes it. Everything rejects when another coordinator leads by now. */
export interface JobLog {
  /** Begins a term and an attempt. */
  claim(): Promise<Claimed>;
  /**
   * Begins a term of the attempt that the log speaks of, if that is the newest and `isHeld` says that all of it runs; undefined = it does
   * not, or has no checkpoint that it could be followed from.
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

export const createJobLog = (writer: LogWriter): JobLog => {
  const append = async (wish: Wish): Promise<CommitPermit> => {
    const result = await writer.append(wish);
    if (result.outcome === 'done') return result.permit;
    const { jobUid, writer: other, term } = result.standing;
    throw deposed(jobUid, other, term);
  };
  /** Its own last term: who has led since has deposed it, and it never claims again. */
  let ownTerm: number | undefined;
  const claimed = (permit: CommitPermit, isAdopted: boolean): Claimed => {
    const { line, term, attempt, highestCheckpointId, aborted } = writer.standing;
    ownTerm = term;
    const manifest = line.at(-1)?.manifest;
    return { attempt, manifest, highestCheckpointId, permit, aborted, term, isAdopted };
  };
  const begin = async (wish: Wish): Promise<Claimed> => claimed(await append(wish), false);
  return {
    claim: () =>
      begin({ kind: 'claim', attempt: 'next', ...(ownTerm === undefined ? {} : { after: ownTerm }) }),
    adopt: async (isHeld) => {
      const { attempt, line, term, stopped, switchOver } = await writer.refresh();
      if (line.length === 0 || stopped !== undefined || switchOver !== undefined) return undefined;
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
    collectGarbage: async (minimumAgeMs) => {
      await collectGarbage({ ...writer.reading, minimumAgeMs });
    },
  };
};
