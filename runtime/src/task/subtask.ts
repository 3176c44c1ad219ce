/**
 * `task` is the inside of a slot. A *subtask* runs one copy of a task: it takes one element from its input (a source or an
 * input gate), walks it through its *chain* of processors, and hands the results to its edges. A *slot* runs its subtasks in
 * turn on one thread. Nothing here waits: what cannot go on says so and is woken.
 */
import type { TaskWatermark } from '../checkpoint/slot-snapshot.ts';
import type { SnapshotRequest } from '../checkpoint/snapshot-unit.ts';
import type { Barrier, BarrierCheckpoint, StreamElement } from '../exchange/element.ts';
import { TimeBudget } from './budget.ts';
import type { ChainLink } from './chain.ts';
import { ExpectedBarrier } from './expected-barrier.ts';
import { joinFlows } from './flow-counts.ts';
import { type FrozenSubtask, freezeLinks, type Since } from './freeze.ts';
import type { MovedState } from './key-group-moves.ts';
import { LinkWatermarks } from './link-watermarks.ts';
import { Overtaken } from './overtaken.ts';
import { type SubtaskFlow, type SubtaskStatistics, sourceFlow } from './statistics.ts';
import type { SubtaskParts } from './subtask-parts.ts';

/**
 * Work that must be done before the next input: walks through the chain link by link, resumable. The watermark at the end of
 * time finishes each link before it goes on to the next, so that what a link gives at its end is not late behind it.
 */
type Pending =
  | { readonly kind: 'watermark'; timeMs: number; position: number; finishing: boolean }
  | { readonly kind: 'settle'; position: number; readonly element: StreamElement }
  | { readonly kind: 'barrier'; readonly barrier: Barrier }
  | { readonly kind: 'forward'; readonly element: StreamElement };

/** Work that goes from link to link. */
type Walking = Exclude<Pending, { readonly kind: 'forward' | 'barrier' }>;

/** What a step says: `progress` = call again soon, `idle` = nothing to do until woken. */
export type StepResult = 'progress' | 'idle';

export class Subtask {
  readonly task: number;
  readonly name: string;
  readonly statistics: SubtaskStatistics;
  ended = false;
  /** The processing clock as read for the batch in hand. */
  nowMs = 0;
  private readonly parts: SubtaskParts;
  private readonly pending: Pending[] = [];
  private readonly budget: TimeBudget;
  private blockedSinceMs: number | undefined;
  private readonly madeAtMs: number;
  private readonly watermarks: LinkWatermarks;
  /** The checkpoint behind which another attempt goes on: see `BarrierCheckpoint.parks`. */
  private parkedAt: number | undefined;
  private readonly expected: ExpectedBarrier = new ExpectedBarrier();

  constructor(parts: SubtaskParts) {
    this.parts = parts;
    this.task = parts.task;
    this.name = parts.name;
    this.statistics = parts.statistics;
    this.budget = new TimeBudget(parts.clock);
    this.madeAtMs = parts.clock.monotonicMs();
    this.watermarks = new LinkWatermarks(parts.chain);
  }

  /** Of the first transform of the task. */
  get uid(): string {
    return this.parts.uid;
  }

  /** The processors, in order, with what they emit into. */
  get links(): readonly ChainLink[] {
    return this.parts.chain.links;
  }

  async open(): Promise<void> {
    await this.parts.chain.open();
    await this.parts.input.open?.();
  }

  /** Makes what sinks have written visible. */
  flush(): Promise<void> {
    return this.parts.chain.flushSinks();
  }

  /** Closes the functions also when the input does not let itself be closed. */
  async close(): Promise<void> {
    try {
      await this.parts.input.close?.();
    } finally {
      await this.parts.chain.close();
    }
  }

  /** State of a key group that moves here. */
  acceptState(state: MovedState): void {
    this.parts.moves.accept(state);
  }

  /** How long the last barrier waited for the slowest channel, in ms. */
  get alignmentMs(): number {
    return this.parts.input.alignmentMs ?? 0;
  }

  /** At the barrier: what belongs to the checkpoint, nothing of it encoded or copied where that can be put off. See `SnapshotRequest.since`. */
  freeze(checkpoint: BarrierCheckpoint, since: Since): FrozenSubtask {
    const { chain, input, moves, uid, slot, deadLetters } = this.parts;
    const keyGroups = moves.ownedKeyGroups();
    const requestOf = (of: string): SnapshotRequest => ({
      checkpointId: checkpoint.id,
      keyGroups,
      since: moves.sinceFor(checkpoint.id, (keyGroup) => since(of, keyGroup)),
    });
    const frozen = freezeLinks(chain.links, requestOf, slot);
    const letters = deadLetters?.prepare(checkpoint.id);
    return {
      ...frozen,
      sinks: letters === undefined ? frozen.sinks : [...frozen.sinks, letters],
      watermark: this.watermarks.snapshot(uid),
      position: input.positionAt?.(checkpoint.id),
    };
  }

  /** A barrier is on its way here; from this time on it overtakes what is before it. */
  expect(barrier: Barrier, atMs: number): void {
    this.expected.expect(barrier, atMs);
  }

  /** The checkpoint is in the log, or never will be. */
  checkpointEnded(checkpointId: number, completed: boolean): void {
    const { chain, deadLetters, input } = this.parts;
    this.expected.passed(checkpointId);
    if (!completed) input.stopRecording?.();
    for (const { processor } of chain.links) processor.checkpointEnded?.(checkpointId, completed);
    deadLetters?.checkpointEnded(checkpointId, completed);
    // Nobody goes on in its place.
    if (!completed && this.parkedAt === checkpointId) this.parkedAt = undefined;
  }

  /** Before the first step: see `LinkWatermarks.restore`. What was told to others is told again. */
  restoreWatermark(mark: TaskWatermark): void {
    const timeMs = this.watermarks.restore(mark, this.budget);
    if (this.links.length > 0) this.statistics.watermarkMs = timeMs;
    this.parts.input.restoreWatermark?.(timeMs);
    const { outputMs } = mark;
    if (outputMs > -Infinity)
      this.pending.push({ kind: 'forward', element: { kind: 'watermark', timeMs: outputMs } });
  }

  /** When the clock must be looked at again, in ms since the epoch. */
  nextTimeMs(): number {
    if (this.ended || this.isParked) return Infinity;
    const { chain, input } = this.parts;
    return Math.min(chain.nextTimeMs(), input.nextTimeMs(), this.expected.nextTimeMs);
  }

  /** Records handed to edges, or to the sink where no edge leaves. */
  get recordsOut(): number {
    const { outputs, chain } = this.parts;
    if (outputs.length === 0) return chain.links.at(-2)?.emitters[0]?.recordsOut ?? this.statistics.recordsIn;
    return this.recordsSent();
  }

  private recordsSent(): number {
    return this.parts.outputs.reduce((sum, output) => sum + output.recordsSent, 0);
  }

  /** In waiting for credit until now, the wait that still goes on included. */
  get blockedMs(): number {
    const { blockedSinceMs, parts, statistics } = this;
    return (
      statistics.blockedMs + (blockedSinceMs === undefined ? 0 : parts.clock.monotonicMs() - blockedSinceMs)
    );
  }

  /** How records flow through it now. */
  flow(): SubtaskFlow {
    const { input, outputs, clock, statistics } = this.parts;
    const nowMs = clock.nowMs();
    const { newest, driftMs, watermarksMs: inputWatermarksMs } = input;
    return {
      outputWatermarkMs: this.watermarks.outputMs,
      elapsedMs: clock.monotonicMs() - this.madeAtMs,
      isBackPressured: this.blockedSinceMs !== undefined,
      passedCheckpointId: this.ended ? Infinity : this.expected.passedId,
      input: input.counts ?? joinFlows([]),
      output: joinFlows(outputs.map(({ counts }) => counts)),
      ...(inputWatermarksMs === undefined ? {} : { inputWatermarksMs }),
      ...(newest === undefined ? {} : { source: sourceFlow(newest, statistics.watermarkMs, nowMs, driftMs) }),
    };
  }

  /** One bounded piece of work. */
  step(): StepResult {
    if (this.ended || this.isParked) return 'idle';
    const { chain, input, clock, moves } = this.parts;
    const hasCredit = this.hasCredit();
    const urgent = this.urgent();
    // Key groups that leave must do so without credit too: the barrier that gives it may wait for them in another slot.
    if (!hasCredit && !moves.isLeaving && urgent === undefined) {
      this.blockedSinceMs ??= clock.monotonicMs();
      return 'idle';
    }
    this.endBlocked();
    this.nowMs = clock.nowMs();
    if (chain.nextTimeMs() <= this.nowMs) {
      const done = chain.advanceTime(this.nowMs, this.budget.renew());
      this.collectGenerated();
      if (!done) return 'progress';
    }
    moves.sendLeaving();
    if (urgent !== undefined && this.overtake(urgent)) return 'progress';
    if (this.pending.length > 0) return this.continuePending();
    chain.settle(0, false);
    moves.sendLeaving();
    if (this.collectGenerated()) return 'progress';
    const mayTake = (hasCredit && chain.hasRoom()) || (urgent !== undefined && input.overtake === undefined);
    const element = mayTake ? input.next(this.nowMs) : undefined;
    if (element === undefined) return 'idle';
    this.accept(element);
    return 'progress';
  }

  private get isParked(): boolean {
    return this.parkedAt !== undefined;
  }

  /** A barrier whose time to overtake has come; none while so much is half done that finishing it must wait for credit. */
  private urgent(): Barrier | undefined {
    const { expected } = this;
    if (expected.isNone) return undefined;
    const nowMs = this.parts.clock.nowMs();
    const sent = this.recordsSent();
    const barrier = expected.due(nowMs, sent);
    if (barrier === undefined || expected.mayOverdraw(sent)) return barrier;
    return this.onlyIdlePends() && this.parts.chain.nextTimeMs() > nowMs ? barrier : undefined;
  }

  /** Idleness that waits for records in flight is no part of a snapshot: it will be said again. */
  private onlyIdlePends(): boolean {
    return this.pending.every((work) => work.kind === 'settle' && work.element.kind === 'idle');
  }

  /** Lets a barrier go on ahead of the input; false = not now. A source has none in channels: it gives its barrier by itself. */
  private overtake(barrier: Barrier): boolean {
    const { input, moves, overtakenLimit } = this.parts;
    if (moves.isLeaving || !this.onlyIdlePends()) return false;
    const overtaken = new Overtaken(overtakenLimit);
    if (input.overtake?.(barrier, overtaken, this.nowMs) !== true) return false;
    this.cut(barrier, overtaken);
    return true;
  }

  private endBlocked(): void {
    if (this.blockedSinceMs === undefined) return;
    this.statistics.blockedMs += this.parts.clock.monotonicMs() - this.blockedSinceMs;
    this.blockedSinceMs = undefined;
  }

  private hasCredit(): boolean {
    for (const output of this.parts.outputs) if (!output.hasCredit()) return false;
    return true;
  }

  private accept(element: StreamElement): void {
    const { chain, input, statistics } = this.parts;
    switch (element.kind) {
      case 'batch':
        statistics.recordsIn += element.length;
        this.parts.columnGarbage?.add(element);
        chain.process(element, input.port);
        this.collectGenerated();
        break;
      case 'watermark':
        statistics.watermarkMs = element.timeMs;
        this.pending.push({ kind: 'watermark', timeMs: element.timeMs, position: 0, finishing: false });
        break;
      case 'idle':
        // Records in flight go first: nobody waits with event time for a channel that is idle.
        this.pending.push({ kind: 'settle', position: 0, element });
        break;
      case 'barrier':
        this.pending.push({ kind: 'barrier', barrier: element });
        this.passBarrier(element);
        break;
      case 'latency':
        this.parts.onMarker?.(element.source, Math.max(0, this.nowMs - element.markedMs));
        this.pending.push({ kind: 'forward', element });
        break;
      case 'nothing':
        break;
      case 'end':
        this.pending.push({ kind: 'settle', position: 0, element });
        break;
    }
  }

  private continuePending(): StepResult {
    const work = this.pending[0] as Pending;
    if (work.kind === 'forward') {
      this.forward(work.element);
      this.pending.shift();
      return 'progress';
    }
    if (work.kind === 'barrier') return this.passBarrier(work.barrier);
    const { chain } = this.parts;
    const { position } = work;
    if (position < chain.links.length) {
      const settled = chain.settle(position, work.kind !== 'watermark');
      if (this.collectGenerated('first')) return 'progress';
      if (!settled) return 'idle';
      if (!this.walk(work)) return 'progress';
      this.passOn(work);
      return 'progress';
    }
    this.pending.shift();
    if (work.kind === 'watermark') this.forward({ kind: 'watermark', timeMs: work.timeMs });
    if (work.kind === 'settle') this.forward(work.element);
    return 'progress';
  }

  /**
   * The barrier of a checkpoint waits for key groups that still have to leave: their next owner, whose barrier waits for them, has them in
   * his state without the records that are in flight here.
   */
  private passBarrier(barrier: Barrier): StepResult {
    const { chain, moves } = this.parts;
    if (barrier.checkpoint !== undefined && moves.isLeaving) {
      chain.settle(0, false);
      moves.sendLeaving();
      return this.collectGenerated('first') || !moves.isLeaving ? 'progress' : 'idle';
    }
    this.pending.shift();
    this.cut(barrier);
    return 'progress';
  }

  /** Here the stream is cut: what has been taken in belongs to the snapshot, and the barrier goes on, also without credit. */
  private cut(barrier: Barrier, overtaken?: Overtaken): void {
    const { chain, moves, onCheckpoint } = this.parts;
    const { checkpoint } = barrier;
    chain.prepareBarrier();
    if (checkpoint !== undefined) {
      this.expected.passed(checkpoint.id);
      onCheckpoint?.(checkpoint, overtaken);
    }
    moves.onBarrier(barrier);
    this.forward(barrier);
  }

  /** One link's share of pending work; true when that link is done. */
  private walk(work: Walking): boolean {
    const { chain } = this.parts;
    const { position } = work;
    if (work.kind === 'settle') {
      const isStop = work.element.kind === 'end' && !work.element.drained;
      return !isStop || chain.stop(position, this.budget.renew());
    }
    const { timeMs } = work;
    this.watermarks.tell(position, timeMs);
    work.finishing ||= chain.advanceWatermark(position, timeMs, this.budget.renew());
    if (!work.finishing) return false;
    return timeMs !== Infinity || chain.finish(position, this.budget.renew());
  }

  /** The link at the position is done: on to the next one, with the watermark that it lets through. */
  private passOn(work: Walking): void {
    const { processor } = this.parts.chain.links[work.position] as ChainLink;
    work.position++;
    if (work.kind === 'watermark') work.finishing = false;
    if (work.kind !== 'watermark' || processor.outputWatermark === undefined) return;
    work.timeMs = processor.outputWatermark(work.timeMs);
    if (work.timeMs === -Infinity) this.pending.shift();
  }

  /** Watermarks that links have made by themselves start behind them: after the pending work or before it. */
  private collectGenerated(where: 'first' | 'last' = 'last'): boolean {
    const { links } = this.parts.chain;
    let found = false;
    for (let i = 0; i < links.length; i++) {
      const timeMs = (links[i] as ChainLink).processor.generatedWatermark?.() ?? -Infinity;
      if (timeMs === -Infinity) continue;
      found = true;
      const work: Pending = { kind: 'watermark', timeMs, position: i + 1, finishing: false };
      if (where === 'first') this.pending.unshift(work);
      else this.pending.push(work);
    }
    return found;
  }

  private forward(element: StreamElement): void {
    if (element.kind === 'watermark') this.watermarks.outputMs = element.timeMs;
    if (element.kind === 'barrier' && element.checkpoint?.parks === true)
      this.parkedAt = element.checkpoint.id;
    for (const output of this.parts.outputs) {
      if (element.kind === 'latency') output.sendToNext(element);
      else output.sendToAll(element);
    }
    if (element.kind !== 'end') return;
    this.ended = true;
    this.parts.onEnd(element.drained);
  }
}
