/**
 * A *succession*: a job that is made again under its name, in this cluster or another, takes over from the one that had the name. First it takes
 * the name, then it ends the log of whoever had it, so that nothing is committed there any more, and only then it looks where that log has
 * ended, and makes that its first checkpoint (`fork.ts`). Each of these steps is one conditional put or finds itself done, so a start that died between
 * any two is finished by the next one.
 */
import { readLog } from '../checkpoint/log.ts';
import { LogWriter } from '../checkpoint/log-writer.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import {
  markOwnerBegun,
  type NumberedOwner,
  type OwnedName,
  putOwner,
  readOwners,
} from '../checkpoint/owners.ts';
import { deletedKey, jobRoot, ownerKey } from '../checkpoint/paths.ts';
import { goneAfterMs, silentMs } from '../checkpoint/signs-of-life.ts';
import { type Standing, standingOf } from '../checkpoint/standing.ts';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import { isOver } from './find-own-job.ts';
import { createJobLog } from './job-log.ts';

/** What a job is called in its cluster. */
export interface ClusterName extends OwnedName {
  readonly clusterId: string;
  /** What it does where another one had its name. */
  readonly previous: 'Resume' | 'Ignore';
}

export interface SuccessionSettings {
  readonly system: Pick<System, 'clock' | 'hashing' | 'random'>;
  readonly store: ObjectStore;
  readonly name: ClusterName;
  /** Where the job itself stands. */
  readonly own: Standing;
}

const fullName = ({ namespace, name }: OwnedName): string => `${namespace}/${name}`;

const nameIsLost = (name: OwnedName, { clusterId, jobUid }: NumberedOwner): MillraceError =>
  new MillraceError(
    'conflict',
    `The job ${fullName(name)} was made again as ${jobUid} in the cluster ${clusterId}, which has taken over its name and its state.`,
    {
      hint: 'Delete this one: nothing of it is lost. To bring the job back here, delete the other one first, then this one, and create it again.',
    },
  );

const ownerLives = (name: OwnedName, { clusterId, jobUid }: NumberedOwner, silent: number): MillraceError =>
  new MillraceError(
    'conflict',
    `The job ${fullName(name)} still runs as ${jobUid} in the cluster ${clusterId}: its coordinator was there ${Math.round(silent / 1000)} s ago.`,
    {
      hint: `Delete or suspend that one: this one starts by itself when the other has left, or has given no sign for ${goneAfterMs / 1000} s.`,
    },
  );

const stateIsLost = (store: ObjectStore, name: OwnedName, owner: NumberedOwner): MillraceError =>
  new MillraceError(
    'state-damaged',
    `The job ${fullName(name)} has run before as ${owner.jobUid}, and nothing is left of its log in ${jobRoot(owner.jobUid)}.`,
    {
      hint: 'Bring it back from a copy, or begin with nothing: spec.restore.previous: Ignore.',
      where: { store: store.place, name: ownerKey(name.namespace, name.name, owner.number) },
    },
  );

const taken = (name: OwnedName): MillraceError =>
  new MillraceError('conflict', `Another job has just taken the name ${fullName(name)}.`, {
    hint: 'Delete one of the two; this one looks again by itself.',
  });

/** The way from one owner of a name to the next. */
export class Succession {
  private readonly settings: SuccessionSettings;
  /** The present one first. */
  private owners: readonly NumberedOwner[] = [];

  constructor(settings: SuccessionSettings) {
    this.settings = settings;
  }

  /**
   * Whose state the job goes on from while it has none of its own, as far as can be told before the name is its own; undefined = nobody's.
   * @throws MillraceError conflict when the name is another's, who may live; state-damaged when the state that it would go on from is lost
   */
  async look(): Promise<Standing | undefined> {
    const { store, name, own, system } = this.settings;
    this.owners = await readOwners(store, name, system.hashing);
    const [newest] = this.owners;
    if (newest !== undefined && newest.jobUid !== own.jobUid) {
      const wasOurs = own.stopped === 'superseded' || this.owners.some(({ jobUid }) => jobUid === own.jobUid);
      if (wasOurs) throw nameIsLost(name, newest);
      await this.refuseWhileAlive(newest);
    }
    return this.hasState ? undefined : await this.sourceBy((owner) => this.read(owner));
  }

  /** Takes the name, if it is not the job's yet, and ends whoever had it. What is given is final: nobody writes there any more. */
  async take(): Promise<Standing | undefined> {
    await this.takeName();
    return this.hasState ? undefined : await this.sourceBy((owner) => this.supersede(owner));
  }

  /** To be called when the job has a log. */
  async hasBegun(): Promise<void> {
    const { store, name, own } = this.settings;
    const [newest] = this.owners;
    if (newest?.jobUid === own.jobUid && !newest.hasBegun) await markOwnerBegun(store, name, newest.number);
  }

  private get hasState(): boolean {
    return this.settings.own.line.length > 0;
  }

  private async takeName(): Promise<void> {
    const { store, name, own, system } = this.settings;
    const [newest] = this.owners;
    if (newest?.jobUid === own.jobUid) return;
    const number = (newest?.number ?? 0) + 1;
    const begins = name.previous === 'Ignore' ? 'anew' : 'resume';
    const owner = {
      clusterId: name.clusterId,
      jobUid: own.jobUid,
      previous: newest?.jobUid,
      begins,
    } as const;
    if ((await putOwner(store, name, number, owner, system.hashing)) === 'exists') throw taken(name);
    const sinceMs = system.clock.nowMs();
    this.owners = [{ ...owner, number, hasBegun: false, sinceMs }, ...this.owners];
  }

  private async refuseWhileAlive(owner: NumberedOwner): Promise<void> {
    const { store, name, system } = this.settings;
    const standing = await this.read(owner);
    if (standing?.stopped !== undefined || (await this.isDeleted(owner))) return;
    const nowMs = system.clock.nowMs();
    const silent =
      standing?.number === 0 && !owner.hasBegun
        ? Math.max(0, nowMs - owner.sinceMs)
        : await silentMs(store, owner.jobUid, nowMs);
    if (silent !== undefined && silent < goneAfterMs) throw ownerLives(name, owner, silent);
  }

  /**
   * Goes from owner to owner, newest first, up to the one that has state: others have died before they had any. `standingIn`: how each is
   * looked at.
   */
  private async sourceBy(
    standingIn: (owner: NumberedOwner) => Promise<Standing | undefined>,
  ): Promise<Standing | undefined> {
    const { store, name, own } = this.settings;
    const [newest, ...others] = this.owners;
    const isOurs = newest?.jobUid === own.jobUid;
    let resumes = name.previous === 'Resume';
    for (const owner of isOurs ? others : this.owners) {
      if (await this.isDeleted(owner)) return undefined;
      const standing = await standingIn(owner);
      const isLost = standing === undefined || (standing.number === 0 && owner.hasBegun);
      if (isLost && resumes) throw stateIsLost(store, name, owner);
      if (standing !== undefined && isOver(standing)) return undefined;
      if (standing !== undefined && standing.line.length > 0) return resumes ? standing : undefined;
      resumes &&= owner.begins === 'resume';
    }
    return undefined;
  }

  private async isDeleted({ jobUid }: NumberedOwner): Promise<boolean> {
    return (await this.settings.store.get(deletedKey(jobUid))) !== undefined;
  }

  /** undefined = its log cannot be read, and nobody asks for what is in it. */
  private async read({ jobUid }: NumberedOwner): Promise<Standing | undefined> {
    const { store, system } = this.settings;
    return this.unlessIgnored(async () =>
      standingOf(jobUid, await readLog({ store, jobUid, checksum: system.hashing }), store.place),
    );
  }

  /** Ends a log for ever, as whoever wrote it last would go on: a switch-over that is held goes back to its cut. */
  private async supersede(owner: NumberedOwner): Promise<Standing | undefined> {
    const { store, system } = this.settings;
    const { jobUid } = owner;
    const standing = await this.read(owner);
    if (standing === undefined || standing.stopped === 'superseded' || isOver(standing)) return standing;
    const deployment = standing.switchOver?.from ?? (standing.owner === '' ? 'superseded' : standing.owner);
    return this.unlessIgnored(async () => {
      const writer = new LogWriter({
        store,
        jobUid,
        checksum: system.hashing,
        me: { writer: system.random.id(), deployment },
        clock: system.clock,
        retained: () => Math.max(1, standing.line.length),
      });
      const log = createJobLog(writer);
      await log.claim();
      await log.stopped('superseded');
      return writer.standing;
    });
  }

  private async unlessIgnored<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { name } = this.settings;
    try {
      return await work();
    } catch (error) {
      const isIgnored =
        name.previous === 'Ignore' && MillraceError.is(error) && error.code === 'state-damaged';
      if (isIgnored) return undefined;
      throw error;
    }
  }
}
