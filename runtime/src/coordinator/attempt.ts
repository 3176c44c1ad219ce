import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { CommitPermit } from '../checkpoint/permit.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import { initialRouting, moveKeyGroups, type RoutingTable } from '../exchange/routing-table.ts';
import type { System } from '../sys/system.ts';
import { settlesWithin } from '../sys/within.ts';
import type { SlotQuestion } from '../task/slot-questions.ts';
import type { Logger } from '../telemetry/logger.ts';
import { mergeMetrics } from '../telemetry/merge-metrics.ts';
import type { MetricSnapshot } from '../telemetry/metrics.ts';
import type { SlotHandle, SlotReports, SubtaskReport } from '../worker/slot-handle.ts';
import { AttemptState } from './attempt-state.ts';
import type { OnCheckpoint } from './checkpoint-events.ts';
import type { CompletedCheckpoint } from './checkpoints.ts';
import type { EnumeratorReports } from './enumerators.ts';
import type { Claimed } from './job-log.ts';
import { noStore } from './job-refusals.ts';
import type { Deployment, JobRevision } from './job-revision.ts';

/** What becomes of an attempt. `onFinished` or `onFailed` is the last that it tells. */
export interface AttemptEvents {
  onRunning(): void;
  /** Every subtask has ended and waits for `release`. Only of attempts with state. */
  onEnded?(drained: boolean): void;
  /** `drained`: the input was read to its end. */
  onFinished(drained: boolean): void;
  onFailed(error: unknown): void;
}

export interface AttemptSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly revision: JobRevision;
  readonly onCheckpoint?: OnCheckpoint | undefined;
}

/** Whatever user code does while it is closed, the job goes on after this. Longer than slots and threads give it themselves. */
const closeWithinMs = 15_000;

/** One incarnation of a job: its slots and enumerators, from their deployment until they are closed. */
export class Attempt {
  readonly number: number;
  /** In which it was claimed; 0 before, and where there is no log. */
  term = 0;
  private readonly settings: AttemptSettings;
  private readonly events: AttemptEvents;
  private readonly state: AttemptState | undefined;
  private deployment: Deployment | undefined;
  private table: RoutingTable;
  private endedSlots = 0;
  private finishedSlots = 0;
  private drained = true;
  /** Its end has been told, or nobody wants to hear of it any more. */
  private over = false;
  private closing: Promise<void> | undefined;

  constructor(number: number, settings: AttemptSettings, events: AttemptEvents) {
    this.number = number;
    this.settings = settings;
    this.events = events;
    const { system, logger, revision, onCheckpoint } = settings;
    const { graph, checkpoints } = revision;
    this.table = initialRouting(graph.slots, graph.maxParallelism);
    this.state =
      checkpoints &&
      new AttemptState({
        ...checkpoints,
        system,
        logger,
        attempt: number,
        routing: () => this.table,
        onCheckpoint,
        onFailed: (error) => this.fail(error),
      });
  }

  /** Nothing more comes of it, though its end may not be in the log yet. */
  get isOver(): boolean {
    return this.over;
  }

  /** Where its key groups are. */
  get routing(): RoutingTable {
    return this.table;
  }

  /** Every slot has come to the end of its input. */
  get hasEnded(): boolean {
    return this.endedSlots > 0 && this.endedSlots === this.slots.length;
  }

  /** Deploys, and lets it run when all agree. `claimed`: what it goes on from; absent = it begins anew and takes no checkpoints. */
  async start(claimed?: Claimed): Promise<void> {
    if (await this.prepare(claimed)) await this.begin(claimed);
  }

  /** Deploys, and waits until all agree on the graph. Nothing of the job is opened yet. `beside`: see `Deploy`. False = it has failed, or was ended meanwhile. */
  async prepare(claimed?: Claimed, beside?: number): Promise<boolean> {
    const enumeratorReports: EnumeratorReports = {
      assign: (task, slot, split) => this.slot(slot)?.addSplit(task, split),
      noMoreSplits: (task, slot) => this.slot(slot)?.noMoreSplits(task),
      onFailed: (error) => this.fail(error),
    };
    const slotReports = (slot: number): SlotReports => this.slotReports(slot);
    const { revision } = this.settings;
    try {
      this.deployment =
        claimed?.isAdopted === true && revision.adopt !== undefined
          ? revision.adopt.deploy(this.number, slotReports, enumeratorReports)
          : revision.deploy(this.number, slotReports, enumeratorReports, beside);
      const { slots, jobCode } = this.deployment;
      await Promise.all([jobCode.ready, ...slots.map(({ ready }) => ready)]);
    } catch (error) {
      this.fail(error);
    }
    return !this.over;
  }

  /** Takes in the keyed state of a checkpoint ahead of time, between `prepare` and `begin`. False as there. */
  async preload(manifest: CheckpointManifest): Promise<boolean> {
    if (this.deployment !== undefined) await this.state?.preload(this.deployment, manifest);
    return !this.over;
  }

  /** Gives all parts what they had, waits until the enumerators have begun, and lets the slots read. */
  async begin(claimed?: Claimed): Promise<void> {
    const { deployment, state } = this;
    if (deployment === undefined) return;
    this.term = claimed?.term ?? 0;
    try {
      if (state === undefined || claimed === undefined) await deployment.jobCode.start();
      else if (claimed.isAdopted) await state.adopt(deployment, claimed);
      else await state.restore(deployment, claimed);
    } catch (error) {
      return this.fail(error);
    }
    if (this.over) return;
    state?.run(deployment);
    for (const slot of this.slots) slot.start();
    this.events.onRunning();
  }

  /** Ends sources after the records in hand. */
  stop(): void {
    for (const slot of this.slots) slot.stop();
  }

  /** Ends sources after the records in hand, as if their input were complete. */
  drain(): void {
    for (const slot of this.slots) slot.drain();
  }

  /** See `Checkpoints.policyChanged`. */
  policyChanged(): void {
    this.state?.policyChanged();
  }

  /** See `Checkpoints.keepChains`. */
  keepChains(keep: boolean): void {
    this.state?.keepChains(keep);
  }

  /** Takes a checkpoint beside those of the policy. Rejects when it comes to nothing, or the job has no store. */
  takeCheckpoint(kind: CheckpointManifest['kind']): Promise<CompletedCheckpoint> {
    return this.state?.take(kind) ?? Promise.reject(noStore());
  }

  /** Takes a checkpoint for the attempt that follows, and waits until its output is visible. Without one it goes on from an older one. */
  async tryCheckpoint(): Promise<void> {
    try {
      await (await this.takeCheckpoint('checkpoint')).committed;
    } catch (error) {
      const reason = reasonOf(error);
      this.settings.logger.warn(`The next attempt goes on from an older checkpoint: ${reason}`);
    }
  }

  /** See `AttemptState.commitHeld`. */
  async commitHeld(permit: CommitPermit): Promise<void> {
    if (this.deployment !== undefined) await this.state?.commitHeld(this.deployment, permit);
  }

  /** Takes the last checkpoint, again when it comes to nothing, as often as the policy tolerates. */
  async takeLastCheckpoint(kind: CheckpointManifest['kind']): Promise<CompletedCheckpoint> {
    for (;;) {
      try {
        return await this.takeCheckpoint(kind);
      } catch (error) {
        if (this.over || this.state === undefined) throw error;
      }
    }
  }

  /** Ends it as failed, unless it has ended before. */
  giveUp(error: unknown): void {
    this.fail(error);
  }

  /** Releases it when what its sinks have prepared for the last checkpoint is visible: see `AttemptState.removeLeftovers`. */
  async endWith({ committed }: CompletedCheckpoint): Promise<void> {
    await committed;
    if (this.deployment !== undefined) await this.state?.removeLeftovers(this.deployment);
    this.release();
  }

  /** What ended last is in a checkpoint: flushes and closes. `onFinished` follows. */
  release(): void {
    for (const slot of this.slots) slot.release();
  }

  /** Gives key groups to another slot at a barrier: senders switch tables there, and the new owner waits for the state. */
  moveKeyGroups(keyGroups: readonly number[], toSlot: number): void {
    const routing = moveKeyGroups(this.table, keyGroups, toSlot);
    this.table = routing;
    for (const slot of this.slots) slot.inject({ kind: 'barrier', id: routing.version, routing });
  }

  /** Asks one slot: see `SlotQuestion`. */
  async ask(slot: number, question: SlotQuestion): Promise<Uint8Array> {
    const asked = this.slot(slot);
    if (asked !== undefined) return await asked.ask(question);
    throw new MillraceError('not-found', `The job has no slot ${slot}.`, {
      hint: `Its slots are numbered from 0 to ${this.slots.length - 1}.`,
    });
  }

  /** Counters of every subtask. */
  report(): readonly SubtaskReport[] {
    return this.slots.flatMap((slot) => slot.report());
  }

  /** Metrics of each slot. */
  slotMetrics(): readonly MetricSnapshot[] {
    return this.slots.map((slot) => slot.metrics());
  }

  /** Metrics of all slots as one. */
  metrics(): MetricSnapshot {
    return mergeMetrics(this.slotMetrics());
  }

  /** Ends at once whatever is there and resolves when it is gone; however often it is asked for, it happens once. */
  close(): Promise<void> {
    this.over = true;
    this.state?.end();
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private get slots(): readonly SlotHandle[] {
    return this.deployment?.slots ?? [];
  }

  /** What is late from an attempt that is over reaches nobody. */
  private slot(slot: number): SlotHandle | undefined {
    return this.over ? undefined : this.slots[slot];
  }

  private slotReports(slot: number): SlotReports {
    return {
      requestSplit: (task) => {
        if (!this.over) this.deployment?.jobCode.requestSplit(task, slot);
      },
      sendState: (toSlot, state) => this.slot(toSlot)?.acceptState(state),
      ...(this.state === undefined
        ? {}
        : {
            onEnded: (drained) => this.endSlot(drained),
            onAck: (ack) => this.state?.reports?.acknowledge(ack),
            onRefused: (checkpointId, error) => this.state?.reports?.refuse(checkpointId, error),
          }),
      onFinished: (drained) => this.finish(drained),
      onFailed: (error) => this.fail(error),
    };
  }

  private endSlot(drained: boolean): void {
    if (this.over) return;
    this.endedSlots++;
    this.drained = this.drained && drained;
    if (this.endedSlots === this.slots.length) this.events.onEnded?.(this.drained);
  }

  private finish(drained: boolean): void {
    if (this.over) return;
    this.finishedSlots++;
    this.drained = this.drained && drained;
    if (this.finishedSlots < this.slots.length) return;
    this.over = true;
    this.state?.end();
    this.events.onFinished(this.drained);
  }

  private fail(error: unknown): void {
    if (this.over) return this.warn(error);
    this.over = true;
    this.state?.end();
    this.events.onFailed(error);
  }

  /** What fails while closing is logged: the end of the job is what it was before. */
  private async closeAll(): Promise<void> {
    const { deployment, settings } = this;
    if (deployment === undefined) return;
    const { timers } = settings.system;
    const parts = [...deployment.slots.map((slot) => slot.cancel()), deployment.jobCode.close()];
    const closed = Promise.all(parts.map((part) => part.catch((error: unknown) => this.warn(error))));
    if (await settlesWithin(timers, closed, closeWithinMs)) return;
    this.warn(new MillraceError('user-code', `Something was not closed after ${closeWithinMs / 1000} s.`));
  }

  private warn(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.settings.logger.warn(`After the end of attempt ${this.number}: ${message}`);
  }
}
