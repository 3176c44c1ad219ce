import { hasArtifact, keepArtifact } from '../../artifact/keep-artifact.ts';
import { MillraceError } from '../../contract/errors.ts';
import { reasonOf } from '../../contract/reason.ts';
import { callControl } from '../../exchange/tcp/control-calls.ts';
import type { ControlLink } from '../../exchange/tcp/control-link.ts';
import type { PeerAddress } from '../../exchange/tcp/hello.ts';
import type { Cancellable } from '../../sys/system.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { fromPlainError } from '../plain-error.ts';
import { remoteLogger } from '../remote-logger.ts';
import type { RemoteJob } from './remote-job.ts';
import { WorkerHost } from './worker-host.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';
import { WorkerSlots, type WorkerSlotsSettings } from './worker-slots.ts';

export interface WorkerSettings extends Omit<WorkerSlotsSettings, 'deadLetters'> {
  /** Of this process: takes what the coordinator cannot be told. */
  readonly logger: Logger;
  readonly coordinator: PeerAddress;
  readonly jobUid: string;
  /** The worker that takes the place of a lost one has the same. */
  readonly name: string;
  readonly slots: number;
  readonly runtimeVersion: string;
  /** How long it looks for a coordinator before it ends by itself. */
  readonly reconnectForMs: number;
  /** Whether the next coordinator will be found where this one is: until then the slots go on. */
  readonly holdsSlots: boolean;
  /** How long it waits for others to take over what it has when it is asked to leave. */
  readonly graceMs: number;
}

const firstDelayMs = 50;
/** A coordinator that takes the place of a lost one waits for those that still run its slots. */
const longestDelayMs = 250;

const alone = ({ host, port }: PeerAddress, afterMs: number, cause: unknown): MillraceError =>
  new MillraceError('io', `No coordinator for ${afterMs / 1000} s: the worker ends. ${reasonOf(cause)}`, {
    where: { coordinator: `${host}:${port}` },
    hint: 'See whether the coordinator runs, and whether the worker was given its address.',
  });

/**
 * A worker from its start to its end. It calls the coordinator and hosts what it is told to. When the link is lost it calls again, until
 * there is a coordinator or its time is up. Meanwhile its slots go on, where the next coordinator can go on with them; else they are closed.
 */
export class WorkerProgram {
  /** Settles when nothing is left of it; with the error that ended it, if one did. */
  readonly ended: Promise<MillraceError | undefined>;
  private readonly settings: WorkerSettings;
  private readonly resolveEnded: (error: MillraceError | undefined) => void;
  private readonly slots: WorkerSlots;
  private readonly forward: Logger;
  private link: ControlLink | undefined;
  private readonly host: WorkerHost<RemoteJob>;
  private waiting: Cancellable | undefined;
  private lostMs: number;
  private isLeaving = false;
  private isOver = false;

  constructor(settings: WorkerSettings) {
    this.settings = settings;
    const { promise, resolve } = Promise.withResolvers<MillraceError | undefined>();
    this.ended = promise;
    this.resolveEnded = resolve;
    this.lostMs = settings.system.clock.monotonicMs();
    this.forward = remoteLogger(
      (line) => {
        if (this.link === undefined) settings.logger[line.level](line.message, line.fields);
        else this.tell(line);
      },
      settings.logger.isEnabled('debug') ? 'debug' : 'info',
      { worker: settings.name },
    );
    this.slots = new WorkerSlots({
      ...settings,
      logger: this.forward,
      deadLetters: (letter) => this.tell({ kind: 'deadLetter', letter }),
    });
    this.host = new WorkerHost<RemoteJob>({
      system: settings.system,
      host: settings.host,
      send: (message) => this.tell(message),
      create: (order) => this.slots.create(order),
      // What is read behind no checkpoint belongs to no coordinator but its own.
      mayHold: ({ store, batchMode }) => settings.holdsSlots && store !== undefined && !batchMode,
    });
  }

  start(): void {
    void this.call(firstDelayMs);
  }

  /** Whether it has a coordinator. */
  get isReady(): boolean {
    return this.link !== undefined;
  }

  /** Gives what it has to others, and ends; also when nobody takes it in time. What is in the last checkpoint is not lost. */
  leave(): void {
    if (this.link === undefined) return void this.end();
    this.isLeaving = true;
    this.forward.info(`${this.settings.name} was asked to end: its slots go elsewhere`);
    this.tell({ kind: 'leaving' });
    this.waiting = this.settings.system.timers.after(this.settings.graceMs, () => void this.end());
  }

  private tell(message: FromWorker<RemoteJob>): void {
    if (this.link !== undefined) return this.link.send(message);
    if (message.kind !== 'slot' || message.answer.kind !== 'failed') return;
    const { slot, answer } = message;
    this.settings.logger.warn(`Slot ${slot} has failed without a coordinator: ${answer.error.message}`);
  }

  private async call(delayMs: number): Promise<void> {
    const { system, coordinator, jobUid, name, tls, reconnectForMs } = this.settings;
    try {
      const link = await callControl({
        system,
        jobUid,
        name,
        tls,
        address: coordinator,
        peer: 'the coordinator',
      });
      return this.isOver ? link.destroy() : this.join(link);
    } catch (error) {
      if (this.isOver) return;
      if (system.clock.monotonicMs() - this.lostMs >= reconnectForMs)
        return await this.end(alone(coordinator, reconnectForMs, error));
      const nextMs = Math.min(longestDelayMs, 2 * delayMs);
      this.waiting = system.timers.after(delayMs, () => void this.call(nextMs));
    }
  }

  private join(link: ControlLink): void {
    const { slots, runtimeVersion } = this.settings;
    const { term, holds } = this.host;
    if (holds === undefined) void this.host.close();
    this.link = link;
    this.tell({ kind: 'register', runtimeVersion, slots, artifacts: this.artifacts(), term, holds });
    link.listen({
      onMessage: (message) => this.obey(message as ToWorker<RemoteJob>),
      onClosed: (error) => void this.lost(error),
    });
  }

  private obey(message: ToWorker<RemoteJob>): void {
    switch (message.kind) {
      case 'artifact':
        keepArtifact(this.settings.system, this.settings.directory, message.sha256, message.bytes);
        return;
      case 'refused':
        return void this.end(fromPlainError(message.error) as MillraceError);
      case 'end':
        return void this.end();
      case 'letGo':
        return void this.host.close();
      default:
        this.host.accept(message);
    }
  }

  /** Where whoever leads next begins an attempt, nothing of the one before may go on beside it. */
  private async lost(error: MillraceError | undefined): Promise<void> {
    const { logger, name, system } = this.settings;
    this.link = undefined;
    if (this.isOver) return;
    logger.warn(`${name} has lost its coordinator: ${error?.message ?? 'it has ended'}`);
    this.lostMs = system.clock.monotonicMs();
    // Of what it was asked to give away there is nothing, and nobody is left to say so.
    if (this.isLeaving && this.host.holds === undefined) return await this.end();
    if (this.host.holds === undefined) await this.host.close();
    else logger.info(`${name} goes on without a coordinator, until there is another`);
    if (!this.isOver) await this.call(firstDelayMs);
  }

  private async end(error?: MillraceError): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    this.waiting?.cancel();
    await this.host.close();
    await this.slots.close();
    this.link?.end();
    this.resolveEnded(error);
  }

  /** Hashes of the modules that lie here, whole. */
  private artifacts(): readonly string[] {
    const { system, directory } = this.settings;
    if (system.files.stat(directory) === undefined) return [];
    const names = system.files.list(directory).map((name) => /^([0-9a-f]{64})\.mjs$/.exec(name)?.[1]);
    return names.filter(
      (sha256) => sha256 !== undefined && hasArtifact(system, directory, sha256),
    ) as string[];
  }
}
