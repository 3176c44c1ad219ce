import type { Ask } from '../../../runtime/src/contract/control/client.ts';
import type { NextDeployment } from '../../../runtime/src/contract/control/deployment.ts';
import type { JobEvent } from '../../../runtime/src/contract/control/events.ts';
import type { RequestOf } from '../../../runtime/src/contract/control/operations.ts';
import type { SavepointStatus } from '../../../runtime/src/contract/control/savepoints.ts';
import type { JobStatus } from '../../../runtime/src/contract/control/status.ts';
import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import { reasonOf } from '../../../runtime/src/contract/reason.ts';
import type { Cancellable, System } from '../../../runtime/src/sys/system.ts';
import type { Logger } from '../../../runtime/src/telemetry/logger.ts';
import { Turns } from '../kube/turns.ts';
import type { CoordinatorClient, Following } from './coordinator-client.ts';

/** What a coordinator has said last. */
export interface CoordinatorView {
  readonly status: JobStatus;
  readonly next: NextDeployment | undefined;
  /** Of the savepoints that it has spoken of, by name. */
  readonly savepoints: readonly SavepointStatus[];
  /** Workers without slots, which may go: uids of pods. */
  readonly spareWorkers: readonly string[];
  /** Since when it has not been heard; undefined = it is connected. */
  readonly silentSinceMs: number | undefined;
}

/** A coordinator to be followed. */
export interface CoordinatorPlace {
  /** Of its pod: another pod is another coordinator. */
  readonly uid: string;
  /** Of its job, for who is told about changes. */
  readonly job: string;
  /** Its pod's address. */
  readonly host: string;
  /** Of its certificate, as its pod has told. */
  readonly fingerprint: string;
}

export interface CoordinatorsSettings {
  readonly system: Pick<System, 'clock' | 'timers' | 'random'>;
  readonly logger: Logger;
  readonly dial: (place: CoordinatorPlace) => CoordinatorClient;
  /** Something of a job's coordinators is new. */
  readonly onChange: (job: string) => void;
}

const firstRetryMs = 200;
const longestRetryMs = 10_000;
const mostSavepoints = 100;
/** Dialled at once: an operator that starts dials thousands, and each takes its time and memory until it has answered. */
const mostDialled = 32;

/** One coordinator, followed until it is let go: dialled again whenever it does not answer. */
class Followed {
  readonly place: CoordinatorPlace;
  readonly client: CoordinatorClient;
  private readonly settings: CoordinatorsSettings;
  private readonly turns: Turns;
  private readonly dialNow = (): void => this.dial();
  private hasTurn = false;
  private following: Following | undefined;
  private retry: Cancellable | undefined;
  private retryMs = firstRetryMs;
  private seen: CoordinatorView | undefined;
  private isClosed = false;
  /** It has said how it stands, with all that no event tells, or did not answer. */
  private isTried = false;

  constructor(place: CoordinatorPlace, settings: CoordinatorsSettings, turns: Turns) {
    this.place = place;
    this.settings = settings;
    this.turns = turns;
    this.client = settings.dial(place);
    this.follow();
  }

  get view(): CoordinatorView | undefined {
    return this.seen;
  }

  readonly ask: Ask = async (operation, request) => {
    const removed =
      operation === 'disposeSavepoint' ? (request as RequestOf<'disposeSavepoint'>).savepoint : undefined;
    try {
      const answer = await this.client.ask(operation, request);
      if (removed !== undefined) this.forget(removed);
      return answer;
    } catch (error) {
      if (removed !== undefined && MillraceError.is(error) && error.code === 'not-found')
        this.forget(removed);
      throw error;
    }
  };

  /** It was dialled and has neither said how it stands nor failed yet. */
  get isAwaited(): boolean {
    return !this.isTried;
  }

  close(): void {
    this.isClosed = true;
    this.following?.close();
    this.retry?.cancel();
    this.turns.leave(this.dialNow);
    this.giveTurn();
  }

  private follow(): void {
    this.turns.take(this.dialNow);
  }

  private giveTurn(): void {
    if (this.hasTurn) this.turns.give();
    this.hasTurn = false;
  }

  private dial(): void {
    this.hasTurn = true;
    this.following = this.client.follow({
      onEvent: (event) => this.take(event),
      onEnded: (error) => this.lost(reasonOf(error)),
    });
  }

  private lost(reason: string): void {
    this.giveTurn();
    const { system, logger, onChange } = this.settings;
    logger.debug(`A coordinator of ${this.place.job} is not followed: ${reason}`);
    const isNew = this.seen === undefined ? !this.isTried : this.seen.silentSinceMs === undefined;
    this.isTried = true;
    if (this.seen !== undefined)
      this.seen = { ...this.seen, silentSinceMs: this.seen.silentSinceMs ?? system.clock.nowMs() };
    if (isNew) onChange(this.place.job);
    this.retry = system.timers.after(this.retryMs * (0.5 + system.random.next()), () => this.follow());
    this.retryMs = Math.min(longestRetryMs, this.retryMs * 2);
  }

  private take(event: JobEvent): void {
    this.giveTurn();
    const before = this.seen;
    switch (event.type) {
      case 'status':
        this.takeStatus(event.status, before);
        break;
      case 'deployment':
        if (before !== undefined) this.seen = { ...before, next: event.deployment };
        break;
      case 'savepoint':
        if (before !== undefined)
          this.seen = { ...before, savepoints: withSavepoint(before.savepoints, event.savepoint) };
        break;
      default:
        return;
    }
    this.settings.onChange(this.place.job);
  }

  private takeStatus(status: JobStatus, before: CoordinatorView | undefined): void {
    const isNew = before === undefined || before.silentSinceMs !== undefined;
    this.seen = {
      next: undefined,
      savepoints: [],
      spareWorkers: [],
      ...before,
      status,
      silentSinceMs: undefined,
    };
    this.retryMs = firstRetryMs;
    if (isNew) void this.askForTheRest();
    if (before?.status.parallelism.actual !== status.parallelism.actual) void this.askForWorkers();
  }

  /** What no event has told yet: events speak of changes. */
  private async askForTheRest(): Promise<void> {
    const { client } = this;
    try {
      const [next, { savepoints }] = await Promise.all([
        client.ask('getNextDeployment', {}),
        client.ask('listSavepoints', {}),
      ]);
      this.isTried = true;
      this.update((view) => ({ ...view, next, savepoints: savepoints.slice(-mostSavepoints) }));
    } catch (error) {
      this.settings.logger.debug(`A coordinator of ${this.place.job}: ${reasonOf(error)}`);
      this.isTried = true;
      this.update((view) => view);
    }
  }

  private async askForWorkers(): Promise<void> {
    try {
      const { workers } = await this.client.ask('listWorkers', {});
      const spareWorkers = workers.filter(({ slots }) => slots.length === 0).map(({ id }) => id);
      this.update((view) => ({ ...view, spareWorkers }));
    } catch (error) {
      this.settings.logger.debug(`The workers of ${this.place.job}: ${reasonOf(error)}`);
    }
  }

  /** No event tells that a savepoint is gone: who has removed it is believed, also that it was gone already. */
  private forget(savepoint: string): void {
    this.update((view) => ({
      ...view,
      savepoints: view.savepoints.filter(({ name }) => name !== savepoint),
    }));
  }

  private update(change: (view: CoordinatorView) => CoordinatorView): void {
    if (this.isClosed || this.seen === undefined) return;
    this.seen = change(this.seen);
    this.settings.onChange(this.place.job);
  }
}

const withSavepoint = (all: readonly SavepointStatus[], one: SavepointStatus): readonly SavepointStatus[] =>
  [...all.filter(({ name }) => name !== one.name), one].slice(-mostSavepoints);

const isSame = (one: CoordinatorPlace, other: CoordinatorPlace): boolean =>
  one.uid === other.uid && one.host === other.host && one.fingerprint === other.fingerprint;

/** All coordinators that are followed, by job and by the uid of their pod. Only the operator that leads follows any. */
export class Coordinators {
  private readonly settings: CoordinatorsSettings;
  private readonly followed = new Map<string, Map<string, Followed>>();
  private readonly turns = new Turns(mostDialled);

  constructor(settings: CoordinatorsSettings) {
    this.settings = settings;
  }

  /** Follows these of a job, and no others of it. */
  follow(job: string, places: readonly CoordinatorPlace[]): void {
    const known = this.followed.get(job) ?? new Map<string, Followed>();
    for (const [uid, followed] of known) {
      if (places.some((place) => isSame(place, followed.place))) continue;
      followed.close();
      known.delete(uid);
    }
    for (const place of places)
      if (!known.has(place.uid)) known.set(place.uid, new Followed(place, this.settings, this.turns));
    if (known.size === 0) this.followed.delete(job);
    else this.followed.set(job, known);
  }

  /**
   * Whether somebody of a job may be heard in a moment who was not heard yet. Whoever decides before that takes a job that runs for one that
   * starts, or one that was replaced for the one that is to run.
   */
  isAwaited(job: string): boolean {
    return [...(this.followed.get(job)?.values() ?? [])].some(({ isAwaited }) => isAwaited);
  }

  viewOf(job: string, uid: string): CoordinatorView | undefined {
    return this.followed.get(job)?.get(uid)?.view;
  }

  /** undefined = it is not followed. */
  askOf(job: string, uid: string): Ask | undefined {
    return this.followed.get(job)?.get(uid)?.ask;
  }

  close(): void {
    for (const job of this.followed.keys()) this.follow(job, []);
  }
}
