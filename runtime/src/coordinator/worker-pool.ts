import { isDeepStrictEqual } from 'node:util';
import { MillraceError } from '../contract/errors.ts';
import { listenForControl } from '../exchange/tcp/control-calls.ts';
import { type ControlLink, silentAfterMs } from '../exchange/tcp/control-link.ts';
import type { Listener, TlsSettings } from '../sys/net.ts';
import type { Cancellable, System } from '../sys/system.ts';
import type { DeadLetterOutput } from '../task/failures.ts';
import type { Logger } from '../telemetry/logger.ts';
import { toPlainError } from '../worker/plain-error.ts';
import { placeSlots, type RemoteAttempt, type RemoteWorker } from '../worker/remote/remote-attempt.ts';
import type { RemoteJob } from '../worker/remote/remote-job.ts';
import type {
  FromSlots,
  FromWorker,
  Held,
  Registration,
  ToWorker,
} from '../worker/remote/worker-messages.ts';

export interface WorkerPoolSettings {
  readonly system: Pick<System, 'net' | 'hashing' | 'timers' | 'clock'>;
  readonly logger: Logger;
  readonly jobUid: string;
  /** Where workers call; port 0 takes a free one. */
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings | undefined;
  readonly runtimeVersion: string;
  /** How long an attempt waits until workers have room for all of its slots. */
  readonly waitForRoomMs: number;
  readonly deadLetters: DeadLetterOutput;
  /** Workers that were started for this job alone take as many slots as there are to deal out, each the same number. */
  readonly isElastic?: boolean;
  /** The frozen module of the job. */
  readonly artifact: FrozenModule;
}

/** The code of a revision. */
export interface FrozenModule {
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/** A worker that is there. */
interface Member extends RemoteWorker<RemoteJob> {
  readonly name: string;
  capacity: number;
  isLeaving: boolean;
  /** Slots that it has kept from a coordinator before this one. */
  holds: Held<RemoteJob> | undefined;
  tell(message: ToWorker<RemoteJob>): void;
  end(): void;
  /** Tells it why it is no member, and ends its link: it ends too. */
  refuse(error: MillraceError): void;
}

/** An attempt whose slots may be with those who call. */
interface Search {
  readonly attempt: number;
  readonly slots: number;
  readonly job: RemoteJob;
  end(isHeld: boolean): void;
}

/** So long it takes a worker at most to notice that its coordinator is gone, and to call the next one. */
const callWithinMs = silentAfterMs + 1500;

const otherRelease = (worker: string, found: string, own: string): MillraceError =>
  new MillraceError('io', `${worker} runs Millrace ${found}, and the coordinator runs ${own}.`, {
    hint: 'Run the same release of Millrace everywhere.',
  });

/** `error`: absent where it has ended its link in order. */
const lostWorker = (name: string, error: MillraceError | undefined): MillraceError =>
  new MillraceError('worker-lost', error?.message ?? `${name} has left.`, {
    cause: error,
    where: error?.where ?? {},
    ...(error?.hint === undefined ? {} : { hint: error.hint }),
  });

const roomOf = (members: readonly Pick<Member, 'capacity'>[]): number =>
  members.reduce((sum, { capacity }) => sum + capacity, 0);

/** Nobody goes on with what it holds. */
const letGo = (member: Member): void => {
  if (member.holds !== undefined) member.tell({ kind: 'letGo' });
  member.holds = undefined;
};

const deposedBy = (worker: string, term: number): MillraceError =>
  new MillraceError(
    'job-invalid',
    `Another process leads the job by now: ${worker} has heard of term ${term}.`,
    {
      hint: 'This one has stopped acting, and nothing is lost. If two were started by mistake, stop one of them.',
      where: { term },
    },
  );

const refuse = (link: ControlLink, error: MillraceError): void => {
  link.send({ kind: 'refused', error: toPlainError(error) });
  link.end();
};

/**
 * The workers of a job: who is there and has room for which slots. It places one attempt at a time; a worker that is lost fails the
 * attempt at once, those that stay keep their processes.
 */
export class WorkerPool {
  private readonly settings: WorkerPoolSettings;
  private readonly members = new Map<string, Member>();
  private listener: Listener | undefined;
  /** The newest one, and the one that it takes the place of, which may run still; oldest first. */
  private attempts: readonly RemoteAttempt<RemoteJob>[] = [];
  private waiting: { readonly slots: number; readonly limit: Cancellable } | undefined;
  /** Of every revision that may run. */
  private modules: readonly FrozenModule[];
  private search: Search | undefined;
  private term = 0;
  /** A worker was asked to end, and its slots must go elsewhere; told once for those that leave together. */
  onLeaving: () => void = () => undefined;

  private constructor(settings: WorkerPoolSettings) {
    this.settings = settings;
    this.modules = [settings.artifact];
  }

  /** Rejects when the address cannot be had. */
  static async listen(settings: WorkerPoolSettings): Promise<WorkerPool> {
    const pool = new WorkerPool(settings);
    const { system, logger, jobUid, host, port, tls } = settings;
    pool.listener = await listenForControl({
      system,
      jobUid,
      host,
      port,
      tls,
      onLink: (link) => pool.join(link),
      onRefused: (error) => logger.warn(error.message, error.where),
    });
    return pool;
  }

  /** Where workers call. */
  get port(): number {
    return this.listener?.port ?? 0;
  }

  /** Names of those that are there. */
  get workers(): readonly string[] {
    return this.present().map(({ name }) => name);
  }

  /** Workers are given this code too. */
  offer(artifact: FrozenModule): void {
    if (this.modules.some(({ sha256 }) => sha256 === artifact.sha256)) return;
    this.modules = [...this.modules, artifact];
    for (const member of this.members.values()) member.tell({ kind: 'artifact', ...artifact });
  }

  /** Commands are of this term from now on. */
  lead(term: number): void {
    this.term = term;
  }

  /**
   * Whether workers that call hold all slots of an attempt that runs without a coordinator. Waits as long as it may take the living to
   * call; not when those who have called hold nothing and have room for all.
   */
  isHeld(attempt: number, slots: number, job: RemoteJob): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const limit = this.settings.system.timers.after(callWithinMs, () => this.search?.end(false));
    const end = (isHeld: boolean): void => {
      limit.cancel();
      this.search = undefined;
      resolve(isHeld);
    };
    this.search = { attempt, slots, job, end };
    this.lookForHolders();
    return promise;
  }

  /** Goes on with an attempt whose slots workers hold. It fails when some of them are gone meanwhile. */
  adopt(attempt: RemoteAttempt<RemoteJob>): void {
    this.attempts = [attempt];
    const places = this.holdersOf(attempt.number, attempt.slots.length);
    for (const member of this.members.values()) member.holds = undefined;
    if (places.length === attempt.slots.length) attempt.adopt(places);
    else
      attempt.abandon(new MillraceError('worker-lost', 'A worker was lost before its slots were adopted.'));
  }

  /**
   * Places an attempt as soon as there is room for all of its slots. The one before is over, unless it is prepared `beside` that: then
   * workers take its slots beside those that they have.
   */
  place(attempt: RemoteAttempt<RemoteJob>, beside?: number): void {
    // One that was given up before it ran had the number that this one has.
    const before = beside ?? this.newest?.number;
    const kept = this.attempts.filter(({ number }) => number === before && number !== attempt.number);
    this.attempts = [...kept, attempt];
    this.waiting?.limit.cancel();
    this.waiting = undefined;
    if (beside === undefined) {
      for (const member of this.members.values()) letGo(member);
      for (const member of this.members.values()) if (member.isLeaving) this.dismiss(member);
    }
    const slots = attempt.slots.length;
    if (this.tryPlacing(attempt, slots)) return;
    const { system, logger, waitForRoomMs } = this.settings;
    logger.info(`Waiting for workers: ${slots} slots are needed, and there is room for ${this.room()}`);
    const limit = system.timers.after(waitForRoomMs, () => this.giveUp(attempt, slots));
    this.waiting = { slots, limit };
  }

  /** The job is over: the workers end, and nobody is let in any more. */
  async close(): Promise<void> {
    this.waiting?.limit.cancel();
    this.waiting = undefined;
    this.search?.end(false);
    await this.listener?.close();
    for (const member of this.members.values()) this.dismiss(member);
  }

  private dismiss(member: Member): void {
    this.members.delete(member.name);
    member.end();
  }

  private holdersOf(attempt: number, slots: number, job?: RemoteJob): readonly Member[] {
    return Array.from({ length: slots }, (_, slot) =>
      this.present().find(
        ({ holds }) =>
          holds?.attempt === attempt &&
          holds.slots.includes(slot) &&
          (job === undefined || isDeepStrictEqual(holds.job, job)),
      ),
    ).filter((member) => member !== undefined);
  }

  private lookForHolders(): void {
    const { search } = this;
    if (search === undefined) return;
    const { attempt, slots, job, end } = search;
    if (this.holdersOf(attempt, slots, job).length === slots) return end(true);
    const free = this.present().filter(({ holds }) => holds === undefined);
    if (roomOf(free) >= slots) end(false);
  }

  private giveUp(attempt: RemoteAttempt<RemoteJob>, slots: number): void {
    this.waiting = undefined;
    try {
      placeSlots(slots, this.roomFor(slots));
    } catch (error) {
      attempt.abandon(error);
    }
  }

  private tryPlacing(attempt: RemoteAttempt<RemoteJob>, slots: number): boolean {
    const room = this.roomFor(slots);
    if (roomOf(room) < slots) return false;
    attempt.place(placeSlots(slots, room));
    return true;
  }

  /** Those that are there; of elastic ones each has room for its share. */
  private roomFor(slots: number): readonly Member[] {
    const present = this.present();
    if (this.settings.isElastic !== true || roomOf(present) >= slots) return present;
    for (const member of present) member.capacity = Math.ceil(slots / present.length);
    return present;
  }

  /** In the order of their names: a worker that comes back gets the slots that it had. */
  private present(): readonly Member[] {
    const order = new Intl.Collator('en', { numeric: true });
    return [...this.members.values()]
      .filter(({ isLeaving }) => !isLeaving)
      .toSorted((left, right) => order.compare(left.name, right.name));
  }

  private room(): number {
    return roomOf(this.present());
  }

  private get newest(): RemoteAttempt<RemoteJob> | undefined {
    return this.attempts.at(-1);
  }

  /** Somebody of this job has called. It is a member once it has said what it is. */
  private join(link: ControlLink): void {
    let member: Member | undefined;
    link.listen({
      onMessage: (raw) => {
        const message = raw as FromWorker<RemoteJob>;
        if (message.kind === 'register') member = this.register(link, message);
        else if (member !== undefined) this.accept(member, message);
        else throw new MillraceError('io', 'it has not registered');
      },
      onClosed: (error) => {
        if (member !== undefined) this.lose(member, lostWorker(link.peer, error));
      },
    });
  }

  private register(
    link: ControlLink,
    { runtimeVersion, slots, artifacts, term, holds }: Registration<RemoteJob>,
  ): Member | undefined {
    const { settings } = this;
    const name = link.peer;
    if (runtimeVersion !== settings.runtimeVersion) {
      const error = otherRelease(name, runtimeVersion, settings.runtimeVersion);
      settings.logger.error(error.message);
      refuse(link, error);
      return undefined;
    }
    if (this.term > 0 && term > this.term)
      for (const attempt of this.attempts) attempt.abandon(deposedBy(name, term));
    const known = this.members.get(name);
    if (known !== undefined) this.replace(known);
    const member: Member = {
      name,
      capacity: slots,
      isLeaving: false,
      holds,
      send: (message) => link.send({ ...message, term: this.term }),
      tell: (message) => link.send(message),
      end: () => {
        link.send({ kind: 'end' });
        link.end();
      },
      refuse: (error) => refuse(link, error),
    };
    this.members.set(name, member);
    for (const module of this.modules)
      if (!artifacts.includes(module.sha256)) member.tell({ kind: 'artifact', ...module });
    settings.logger.info(`${name} is here, with room for ${slots} slots`);
    if (this.newest !== undefined) letGo(member);
    this.lookForHolders();
    this.roomHasGrown();
    return member;
  }

  /** With its link left open it would wait for ever for work that the newer one gets, also when that one is gone. */
  private replace(member: Member): void {
    const error = new MillraceError('worker-lost', `Another ${member.name} has called.`, {
      hint: 'Give each worker a name of its own.',
    });
    this.lose(member, error);
    member.refuse(error);
  }

  private roomHasGrown(): void {
    const { waiting, newest } = this;
    if (waiting === undefined || newest === undefined || !this.tryPlacing(newest, waiting.slots)) return;
    waiting.limit.cancel();
    this.waiting = undefined;
  }

  private accept(member: Member, message: Exclude<FromWorker<RemoteJob>, Registration<RemoteJob>>): void {
    const { logger, deadLetters } = this.settings;
    switch (message.kind) {
      case 'log':
        return logger[message.level](message.message, message.fields);
      case 'deadLetter':
        return deadLetters(message.letter);
      case 'leaving': {
        const isFirst = ![...this.members.values()].some(({ isLeaving }) => isLeaving);
        member.isLeaving = true;
        logger.info(`${member.name} is asked to end: its slots go elsewhere`);
        if (isFirst) this.onLeaving();
        return;
      }
      default:
        for (const attempt of this.attempts) attempt.accept(member, message satisfies FromSlots);
    }
  }

  private lose(member: Member, error: Error): void {
    if (this.members.get(member.name) === member) this.members.delete(member.name);
    if (!member.isLeaving) this.settings.logger.warn(error.message);
    for (const attempt of this.attempts) attempt.lost(member, error);
  }
}
