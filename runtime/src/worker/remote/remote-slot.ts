import { MillraceError } from '../../contract/errors.ts';
import { MetricGroup, type MetricSnapshot } from '../../telemetry/metrics.ts';
import { OpenQuestions } from '../open-questions.ts';
import { fromPlainError } from '../plain-error.ts';
import type { SlotHandle, SlotReports, SubtaskReport } from '../slot-handle.ts';
import { injectCall, openCall, preloadCall, type SlotAnswer, type SlotCall } from './slot-calls.ts';
import type { HeldSlot } from './slot-journal.ts';

/** What is passed on when the slot has been started here. */
type Passed = Exclude<SlotAnswer, { kind: 'cancelled' | 'report' }>;

/**
 * A slot in another process, as the coordinator holds it: what it is told goes out as messages, what it tells comes in as such. One that
 * is adopted runs already: what it tells waits until it is started here.
 */
export class RemoteSlot implements SlotHandle {
  readonly ready: Promise<void>;
  private readonly slot: number;
  private readonly send: (call: SlotCall) => void;
  private readonly reports: SlotReports;
  private readonly isReady = Promise.withResolvers<void>();
  private readonly opened = Promise.withResolvers<void>();
  /** One at a time. */
  private preloaded = Promise.withResolvers<void>();
  private readonly cancelled = Promise.withResolvers<void>();
  private readonly questions = new OpenQuestions();
  private isOver = false;
  /** Set while it is to be adopted and is not started here: how far it is, once it has told. */
  private adoption: { held: HeldSlot | undefined } | undefined;
  /** What an adopted slot has told before it was started here. */
  private early: Passed[] = [];
  private lastReport: readonly SubtaskReport[] = [];
  private lastMetrics: MetricSnapshot = new MetricGroup().snapshot();

  constructor(slot: number, send: (call: SlotCall) => void, reports: SlotReports) {
    this.slot = slot;
    this.send = send;
    this.reports = reports;
    this.ready = this.isReady.promise;
    // Whoever waits hears of it; nobody has to wait.
    this.ready.catch(() => undefined);
    this.cancelled.promise.catch(() => undefined);
  }

  open(...[beginning]: Parameters<SlotHandle['open']>): Promise<void> {
    this.tell(openCall(beginning));
    return this.opened.promise;
  }

  preload(...[beginning]: Parameters<SlotHandle['preload']>): Promise<void> {
    if (this.isOver) return Promise.resolve();
    this.preloaded = Promise.withResolvers();
    this.tell(preloadCall(beginning));
    return this.preloaded.promise;
  }

  start(): void {
    const { early, adoption } = this;
    if (adoption === undefined) return this.tell({ kind: 'start' });
    this.adoption = undefined;
    for (const task of adoption.held?.asked ?? []) this.reports.requestSplit(task);
    if (adoption.held?.ended !== undefined) this.reports.onEnded?.(adoption.held.ended.drained);
    this.early = [];
    for (const answer of early) if (!this.isOver) this.pass(answer);
  }

  /** It runs already. What it tells before it has said how far it is will be in that. */
  awaitAdoption(): void {
    this.adoption = { held: undefined };
  }

  /** It runs, and this is how far it is. Ready. */
  adopt(held: HeldSlot): void {
    this.adoption = { held };
    this.isReady.resolve();
  }

  /** How far it was when it was adopted, until it is started. */
  get held(): HeldSlot | undefined {
    return this.adoption?.held;
  }

  addSplit(task: number, split: unknown): void {
    this.tell({ kind: 'addSplit', task, split });
  }

  noMoreSplits(task: number): void {
    this.tell({ kind: 'noMoreSplits', task });
  }

  inject(...[barrier]: Parameters<SlotHandle['inject']>): void {
    this.tell(injectCall(barrier));
  }

  acceptState(...[state]: Parameters<SlotHandle['acceptState']>): void {
    this.tell({ kind: 'state', state });
  }

  stop(): void {
    this.tell({ kind: 'stop' });
  }

  drain(): void {
    this.tell({ kind: 'drain' });
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.tell({ kind: 'checkpointEnded', checkpointId, completed });
  }

  release(): void {
    this.tell({ kind: 'release' });
  }

  /** Also of a slot that has told its end: its worker lets it go. */
  cancel(): Promise<void> {
    this.end(new MillraceError('internal', `Slot ${this.slot} was cancelled before it was ready.`));
    this.send({ kind: 'cancel' });
    return this.cancelled.promise;
  }

  report(): readonly SubtaskReport[] {
    return this.lastReport;
  }

  metrics(): MetricSnapshot {
    return this.lastMetrics;
  }

  ask(...[what]: Parameters<SlotHandle['ask']>): Promise<Uint8Array> {
    return this.questions.ask((question) => this.tell({ kind: 'ask', question, what }));
  }

  /** The slot says something. */
  accept(answer: SlotAnswer): void {
    switch (answer.kind) {
      case 'cancelled':
        if (answer.error === undefined) return this.cancelled.resolve();
        return this.cancelled.reject(fromPlainError(answer.error));
      case 'report':
        this.lastReport = answer.report;
        this.lastMetrics = answer.metrics;
        return;
      default:
        if (this.isOver) return;
        if (this.adoption === undefined || answer.kind === 'failed') this.pass(answer);
        else if (this.adoption.held !== undefined) this.early.push(answer);
    }
  }

  /** Its worker is lost: nobody will answer any more. */
  lost(error: unknown): void {
    this.cancelled.resolve();
    this.fail(error);
  }

  private pass(answer: Passed): void {
    const { reports } = this;
    switch (answer.kind) {
      case 'ready':
        return this.isReady.resolve();
      case 'opened':
        return this.opened.resolve();
      case 'preloaded':
        return this.preloaded.resolve();
      case 'requestSplit':
        return reports.requestSplit(answer.task);
      case 'state':
        return reports.sendState(answer.toSlot, answer.state);
      case 'ended':
        return reports.onEnded?.(answer.drained);
      case 'ack':
        return reports.onAck?.(answer.ack);
      case 'refused':
        return reports.onRefused?.(answer.checkpointId, fromPlainError(answer.error));
      case 'answer':
        return this.questions.answered(answer);
      case 'finished':
        this.isOver = true;
        this.questions.end();
        return reports.onFinished(answer.drained);
      case 'failed':
        return this.fail(fromPlainError(answer.error));
      default:
        throw new MillraceError(
          'io',
          `slot ${this.slot} said ${JSON.stringify(answer)}, which means nothing here`,
        );
    }
  }

  private tell(call: SlotCall): void {
    if (!this.isOver) this.send(call);
  }

  private fail(error: unknown): void {
    if (this.isOver) return;
    this.end(error);
    this.reports.onFailed(error);
  }

  private end(error: unknown): void {
    this.isOver = true;
    this.isReady.reject(error);
    this.questions.end();
    this.opened.resolve();
    this.preloaded.resolve();
  }
}
