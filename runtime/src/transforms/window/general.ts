import type { Trigger, TriggerResult } from '../../api/triggers.ts';
import type { TimeDomain } from '../../api/windows.ts';
import type { Batch, BatchKeys } from '../../batch/batch.ts';
import { hashValue } from '../../batch/hash.ts';
import type { KeyedSnapshot, SnapshotRequest } from '../../checkpoint/snapshot-unit.ts';
import { MillraceError } from '../../contract/errors.ts';
import { KeyedStore } from '../../state/keyed-store.ts';
import type { TimerQueue } from '../../state/timers.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import { SkippedRecords } from '../aggregation/inputs.ts';
import type { Budget, Processor, ProcessorContext } from '../processor.ts';
import { RecordGuard } from '../record-guard.ts';
import { RecordOutputs } from '../record-outputs.ts';
import { type AssignWindows, createAssignWindows } from './assign-windows.ts';
import { BatchKeySource } from './batch-keys.ts';
import { withOutputState } from './function-snapshot.ts';
import { defaultTrigger, domainOf, evictorOf, type GeneralSettings, isMerging } from './general-settings.ts';
import { LateRecords } from './late-records.ts';
import { type Span, withoutTimestamp } from './layout.ts';
import { PackedSnapshot } from './packed-snapshot.ts';
import { packState, unpackState } from './packed-state.ts';
import { type ArrivingRecord, PaneContents } from './pane-contents.ts';
import { createFiredRows, type FiredRows, type PaneOutput } from './pane-output.ts';
import { emptyPane, type Pane, Panes } from './panes.ts';
import { PaneTriggerContext } from './trigger-context.ts';
import { createTrigger } from './triggers.ts';

/** A pane as its trigger and function see it. */
const spanOf = ({ startMs, endMs }: Pane): Span => ({ startMs, endMs });

const firesOn = (result: TriggerResult): boolean => result === 'fire' || result === 'fire-and-purge';
const purgesOn = (result: TriggerResult): boolean => result === 'purge' || result === 'fire-and-purge';

/**
 * The general path of windows: any assigner, trigger and evictor. Each window of a key is a *pane* in keyed state with its
 * contents and the state of its trigger; triggers and the end of a pane's life are timers. One record at a time, with the
 * semantics of Flink's WindowOperator.
 */
export class GeneralWindowProcessor implements Processor {
  private readonly context: ProcessorContext;
  private readonly aggregation: Aggregation;
  private readonly output: PaneOutput;
  private readonly assign: AssignWindows;
  private readonly merges: boolean;
  private readonly domain: TimeDomain | undefined;
  private readonly latenessMs: number;
  private readonly trigger: Trigger;
  private readonly store: KeyedStore;
  private readonly panes: Panes;
  private readonly contents: PaneContents;
  private readonly triggerContext: PaneTriggerContext;
  private readonly guard: RecordGuard;
  private readonly lateRecords: LateRecords;
  private readonly keySource: BatchKeySource;
  private readonly skipped: SkippedRecords = new SkippedRecords();
  private readonly fired: FiredRows;
  private readonly record: ArrivingRecord = {
    value: undefined,
    timestampMs: 0,
    position: 0,
    arrival: 0,
    port: 0,
  };
  private arrivals = 0;

  constructor(
    settings: GeneralSettings,
    context: ProcessorContext,
    aggregation: Aggregation,
    output: PaneOutput,
  ) {
    const { assigner } = settings;
    this.context = context;
    this.aggregation = aggregation;
    this.output = output;
    this.assign = createAssignWindows(assigner);
    this.merges = isMerging(assigner);
    this.domain = domainOf(assigner);
    this.latenessMs = this.domain === 'event' ? settings.allowedLatenessMs : 0;
    this.trigger = createTrigger(settings.trigger ?? defaultTrigger(assigner), this.domain ?? 'event');
    const { maxParallelism, memory: account } = context;
    this.store = new KeyedStore({ maxParallelism, nowMs: () => context.nowMs(), account });
    this.panes = new Panes(this.store);
    this.contents = new PaneContents(aggregation, evictorOf(settings), context.failures);
    this.triggerContext = new PaneTriggerContext(this.store);
    this.guard = new RecordGuard(context.failures, new RecordOutputs(context), [this.store]);
    this.lateRecords = new LateRecords(settings, context);
    this.keySource = new BatchKeySource(settings.keyed);
    this.fired = createFiredRows(this.contents.columns, {
      keyAt: () => this.store.currentKey,
      hashAt: () => hashValue(this.store.currentKey),
    });
    this.fired.length = 1;
    this.refuseUnmergeable(settings);
  }

  open(): Promise<void> | void {
    return this.output.open?.();
  }

  close(): Promise<void> | void {
    return this.output.close?.();
  }

  process(batch: Batch, port: number): void {
    const keys = this.keySource.keysOf(batch);
    this.triggerContext.processingTimeMs = this.context.nowMs();
    this.skipped.reset(batch.length);
    if (this.contents.readsBatches) this.aggregation.read(batch, this.skipped, this.context.failures, port);
    const records = batch.rows();
    for (let i = 0; i < batch.length; i++) {
      if (this.skipped.count > 0 && this.skipped.flags[i] === 1) continue;
      const { record } = this;
      record.value = records[i];
      record.timestampMs = batch.timestamps[i]!;
      record.position = i;
      record.arrival = this.arrivals++;
      record.port = port;
      this.take(batch, keys, i);
    }
    this.output.flush();
  }

  restoreWatermark(watermarkMs: number): void {
    this.output.watermarkMs = watermarkMs;
    this.triggerContext.watermarkMs = watermarkMs;
  }

  advanceWatermark(watermarkMs: number, budget: Budget): boolean {
    this.restoreWatermark(watermarkMs);
    this.triggerContext.processingTimeMs = this.context.nowMs();
    return this.fireDue(this.store.eventTimers, 'event', watermarkMs, budget);
  }

  advanceTime(nowMs: number, budget: Budget): boolean {
    this.triggerContext.processingTimeMs = nowMs;
    return this.fireDue(this.store.processingTimers, 'processing', nowMs, budget);
  }

  nextTimeMs(): number {
    return this.store.processingTimers.nextMs();
  }

  finish(budget: Budget): boolean {
    const { eventTimers, processingTimers } = this.store;
    this.triggerContext.hasEnded = true;
    return (
      this.fireDue(processingTimers, 'processing', Infinity, budget) &&
      this.fireDue(eventTimers, 'event', Infinity, budget)
    );
  }

  hasDue(keyGroup: number, watermarkMs: number): boolean {
    return this.store.eventTimers.isGroupDue(keyGroup, watermarkMs);
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    const parts = [this.store.exportKeyGroup(keyGroup), this.output.exportKeyGroup?.(keyGroup)];
    return packState({ arrivals: this.seen, parts });
  }

  importKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    this.dropKeyGroup(keyGroup);
    this.applyKeyGroup(keyGroup, bytes);
  }

  /** A piece has windows or state of functions; both where it is all of a key group. */
  applyKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    const { arrivals, parts } = unpackState(bytes);
    this.arrivals = Math.max(this.arrivals, arrivals);
    this.aggregation.raiseArrivals(arrivals);
    if (parts[0] !== undefined) this.store.applyChanges(keyGroup, parts[0]);
    if (parts.length === 2 && parts[1] === undefined) this.output.dropKeyGroup?.(keyGroup);
    if (parts[1] !== undefined) this.output.applyKeyGroup?.(keyGroup, parts[1]);
  }

  dropKeyGroup(keyGroup: number): void {
    this.store.dropKeyGroup(keyGroup);
    this.output.dropKeyGroup?.(keyGroup);
  }

  snapshotKeyGroups(request: SnapshotRequest): KeyedSnapshot {
    const { store, output } = this;
    const whole = new Set(request.keyGroups.filter((group) => store.isWhole(group, request.since(group))));
    const windows = new PackedSnapshot(store.snapshotKeyGroups(request), this.seen);
    return withOutputState(windows, request, (keyGroup) => whole.has(keyGroup), output);
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.store.checkpointEnded(checkpointId, completed);
    this.output.checkpointEnded?.(checkpointId, completed);
  }

  private get seen(): number {
    return Math.max(this.arrivals, this.aggregation.arrivals);
  }

  private refuseUnmergeable({ assigner, trigger }: GeneralSettings): void {
    if (!this.merges || this.trigger.onMerge !== undefined) return;
    throw new MillraceError(
      'job-invalid',
      `The ${assigner.kind} windows of “${this.context.transformName}” merge, but their trigger (${trigger?.kind}) cannot.`,
      { hint: 'Give the trigger an onMerge, or use windows that do not merge.' },
    );
  }

  private take(batch: Batch, keys: BatchKeys, position: number): void {
    const { guard, record } = this;
    this.store.setCurrentKey(keys.values[position], keys.hashes[position]!);
    guard.begin();
    try {
      if (this.addToWindows()) guard.commit();
      else {
        guard.commit();
        this.lateRecords.take(batch, position);
      }
    } catch (error) {
      guard.fail(error, record.value, record.timestampMs);
    }
  }

  /** Adds the record in hand to its windows; false when all of them are over. */
  private addToWindows(): boolean {
    const { record } = this;
    const timeMs = this.domain === 'processing' ? this.triggerContext.processingTimeMs : record.timestampMs;
    if (this.domain === 'event' && !Number.isFinite(timeMs)) throw withoutTimestamp(timeMs);
    const windows = this.assign(record.value, timeMs);
    let isAdded = windows.length === 0;
    for (const window of windows) {
      const touched = this.merges ? this.panes.touching(window) : undefined;
      if ((touched === undefined || touched.length === 0) && this.isOver(window)) continue;
      isAdded = true;
      if (touched === undefined) this.addToPane(this.panes.namespaceOf(window), window);
      else this.addMerging(window, touched);
    }
    return isAdded;
  }

  private isOver({ endMs }: Span): boolean {
    return this.domain === 'event' && endMs - 1 + this.latenessMs <= this.triggerContext.watermarkMs;
  }

  private addToPane(namespace: number, window: Span): void {
    const known = this.panes.get(namespace);
    const pane = known ?? this.openPane(namespace, window);
    this.triggerContext.select(namespace, pane);
    this.addRecord(pane, 'continue');
  }

  private openPane(namespace: number, window: Span): Pane {
    this.panes.put(namespace, emptyPane(window));
    const pane = this.panes.get(namespace) as Pane;
    this.eachCleanUp(window, (timers, timeMs) => timers.register(timeMs, namespace));
    return pane;
  }

  /** Adds the record to the pane that its window makes with those it touches. */
  private addMerging(
    window: Span,
    touched: readonly { readonly namespace: number; readonly pane: Pane }[],
  ): void {
    const startMs = Math.min(window.startMs, ...touched.map(({ pane }) => pane.startMs));
    const endMs = Math.max(window.endMs, ...touched.map(({ pane }) => pane.endMs));
    const [first] = touched;
    if (
      first !== undefined &&
      touched.length === 1 &&
      first.pane.startMs === startMs &&
      first.pane.endMs === endMs
    ) {
      this.triggerContext.select(first.namespace, first.pane);
      this.addRecord(first.pane, 'continue');
      return;
    }
    const namespace = this.panes.newNamespace();
    const merged = this.openPane(namespace, { startMs, endMs });
    for (const { pane } of touched) {
      this.contents.merge(merged, pane);
      for (const [name, parts] of pane.triggerParts ?? []) {
        merged.triggerParts ??= new Map();
        merged.triggerParts.set(name, [...(merged.triggerParts.get(name) ?? []), ...parts]);
      }
    }
    this.triggerContext.select(namespace, merged);
    const result =
      touched.length === 0 ? 'continue' : this.trigger.onMerge?.(spanOf(merged), this.triggerContext);
    for (const { namespace: old, pane } of touched) this.removePane(old, pane);
    this.triggerContext.select(namespace, merged);
    this.addRecord(merged, result ?? 'continue');
  }

  /** Adds the record in hand to a pane that the trigger context has selected, and does what the trigger says. */
  private addRecord(pane: Pane, merging: TriggerResult): void {
    const { record, trigger, triggerContext } = this;
    this.contents.add(pane, record);
    const result = trigger.onRecord(record.value, record.timestampMs, spanOf(pane), triggerContext);
    if (firesOn(result) || firesOn(merging)) this.firePane(pane, record.timestampMs);
    if (purgesOn(result) || purgesOn(merging)) this.contents.clear(pane);
  }

  private firePane(pane: Pane, timeMs: number): void {
    const { fired, contents } = this;
    if (!contents.prepare(pane)) return;
    fired.startsMs[0] = pane.startMs;
    fired.endsMs[0] = pane.endMs;
    fired.endlessMs = Number.isFinite(timeMs) ? timeMs : Number.NaN;
    this.output.add(fired);
    contents.afterFiring(pane);
  }

  /** The timers at which a window is over. A window without end never is. */
  private eachCleanUp({ endMs }: Span, visit: (timers: TimerQueue, timeMs: number) => void): void {
    if (endMs === Infinity) return;
    if (this.domain === 'processing') visit(this.store.processingTimers, endMs);
    else visit(this.store.eventTimers, endMs - 1 + this.latenessMs);
  }

  private isCleanUp(pane: Pane, domain: TimeDomain, timeMs: number): boolean {
    if (pane.endMs === Infinity || domain !== (this.domain ?? 'event')) return false;
    return timeMs === (domain === 'processing' ? pane.endMs : pane.endMs - 1 + this.latenessMs);
  }

  private removePane(namespace: number, pane: Pane): void {
    this.triggerContext.select(namespace, pane);
    this.trigger.clear(spanOf(pane), this.triggerContext);
    this.forgetPane(namespace, pane);
  }

  private forgetPane(namespace: number, pane: Pane): void {
    this.eachCleanUp(pane, (timers, timeMs) => timers.delete(timeMs, namespace));
    this.panes.delete(namespace);
    this.output.clearWindow?.(this.store.currentKey, spanOf(pane));
  }

  private fireDue(timers: TimerQueue, domain: TimeDomain, untilMs: number, budget: Budget): boolean {
    while (timers.nextMs() <= untilMs) {
      if (!budget.take()) {
        this.output.flush();
        return false;
      }
      if (!timers.pollDue(untilMs)) break;
      this.onTimer(timers.timeMs, timers.namespace, domain);
    }
    this.output.flush();
    return true;
  }

  private onTimer(timeMs: number, namespace: number, domain: TimeDomain): void {
    this.guard.begin();
    try {
      this.fireTimer(timeMs, namespace, domain);
      this.guard.commit();
    } catch (error) {
      this.guard.fail(error, { key: this.store.currentKey, timerMs: timeMs }, timeMs);
      // The timer is gone, so the end of the pane must not depend on the trigger that fails.
      const pane = this.panes.get(namespace);
      if (pane !== undefined && this.isCleanUp(pane, domain, timeMs)) this.forgetPane(namespace, pane);
    }
  }

  private fireTimer(timeMs: number, namespace: number, domain: TimeDomain): void {
    const { trigger, triggerContext } = this;
    const pane = this.panes.get(namespace);
    if (pane === undefined) return;
    triggerContext.select(namespace, pane);
    const result =
      domain === 'event'
        ? trigger.onEventTime(timeMs, spanOf(pane), triggerContext)
        : trigger.onProcessingTime(timeMs, spanOf(pane), triggerContext);
    if (firesOn(result)) this.firePane(pane, domain === 'event' ? timeMs : Number.NaN);
    if (purgesOn(result)) this.contents.clear(pane);
    if (this.isCleanUp(pane, domain, timeMs)) this.removePane(namespace, pane);
  }
}
