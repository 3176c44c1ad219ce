import type { Cancellable, System } from '../sys/system.ts';
import type { Histogram } from '../telemetry/histogram.ts';
import { taskFailure } from './failures.ts';
import type { Pulse } from './pulse.ts';
import type { RemoteChannels } from './slot-setup.ts';
import type { Subtask } from './subtask.ts';

/** How long a slot works before it lets the event loop see its sockets, timers and messages. */
const turnMs = 5;

/** What moves between threads beside the subtasks. */
type RemoteWork = Pick<RemoteChannels, 'pump' | 'sleep' | 'isEmpty'>;

/** How long a slot that ends waits for functions that are being opened, before it closes them as they are. */
const longestOpeningMs = 5000;

/** A subtask whose time has come may have no credit to act on it: it is asked again, but not in a loop. */
const leastAlarmMs = 1;

export interface SlotEvents {
  /** Every subtask has ended and its sinks are flushed and closed. `drained`: the input was complete. */
  onFinished(drained: boolean): void;
  onFailed(error: unknown): void;
  /**
   * Every subtask has ended, and nothing is flushed: `release` ends the slot when what was written last is in a checkpoint. Absent = it
   * ends by itself.
   */
  onEnded?: ((drained: boolean) => void) | undefined;
}

/** What a slot does between the steps of its subtasks. */
export interface BetweenSteps {
  /** One bounded piece of it; false = there is nothing to do now. */
  work(): boolean;
}

/** Runs the subtasks of one thread in turn: those that were woken, until none makes progress; then it sleeps. */
export class Slot {
  private readonly system: System;
  private readonly events: SlotEvents;
  private readonly remote: RemoteWork;
  private readonly pulse: Pulse | undefined;
  private subtasks: readonly Subtask[] = [];
  private readonly ready = new Set<number>();
  private scheduled = false;
  private scheduledMs = 0;
  /** From the wish to run until a turn began, in ms. */
  private readonly latency: Histogram | undefined;
  private alarm: Cancellable | undefined;
  private alarmMs = Infinity;
  private state: 'new' | 'running' | 'closing' | 'closed' = 'new';
  private drained = true;
  /** Subtasks whose opening has begun: these are closed. */
  private readonly begun: Subtask[] = [];
  private opening: Promise<void> | undefined;
  private readonly between: BetweenSteps | undefined;
  private shuttingDown: Promise<void> | undefined;
  /** The subtask whose step runs. */
  private current: Subtask | undefined;

  constructor(
    system: System,
    events: SlotEvents,
    remote: RemoteWork = {},
    pulse?: Pulse,
    between?: BetweenSteps,
    latency?: Histogram,
  ) {
    this.latency = latency;
    this.system = system;
    this.between = between;
    this.events = events;
    this.remote = remote;
    this.pulse = pulse;
  }

  /** Opens every subtask, last task first so that receivers are there before senders; false when that failed, or was not wanted any more. */
  async open(subtasks: readonly Subtask[]): Promise<boolean> {
    this.subtasks = subtasks;
    this.opening ??= this.openAll();
    try {
      await this.opening;
    } catch (error) {
      this.fail(error);
    }
    return this.state === 'new';
  }

  /** Opens what is not open yet, and runs. */
  async start(subtasks: readonly Subtask[]): Promise<void> {
    if (!(await this.open(subtasks))) return;
    this.state = 'running';
    this.wakeAll();
  }

  /** Ends a slot whose subtasks have ended: flushes and closes. */
  release(): void {
    void this.finish();
  }

  /** Something is to be done between steps. */
  wakeBetween(): void {
    this.wakeTurn();
  }

  private async openAll(): Promise<void> {
    for (const subtask of this.subtasks.toReversed()) {
      if (this.state !== 'new') return;
      this.begun.push(subtask);
      await subtask.open();
    }
  }

  private wakeAll(): void {
    for (let index = 0; index < this.subtasks.length; index++) this.wake(index);
  }

  /** Something changed for this subtask: input, credit, room, or time. Cheap; safe at any moment. */
  wake(index: number): void {
    this.ready.add(index);
    this.wakeTurn();
  }

  /** A subtask says that its end has passed. */
  subtaskEnded(drained: boolean): void {
    this.drained = this.drained && drained;
    if (!this.subtasks.every((subtask) => subtask.ended)) return;
    if (this.events.onEnded === undefined) void this.finish();
    else this.events.onEnded(this.drained);
  }

  fail(error: unknown): void {
    if (this.shuttingDown !== undefined) return;
    void this.shutDown(() => this.events.onFailed(error), error);
  }

  /** Ends without waiting for anything in flight; resolves when user functions are closed. */
  cancel(): Promise<void> {
    return this.shutDown(() => undefined);
  }

  private turn(): void {
    this.scheduled = false;
    this.latency?.record(this.system.clock.monotonicMs() - this.scheduledMs);
    if (this.state !== 'running') return;
    try {
      this.run();
    } catch (error) {
      return this.fail(taskFailure(this.current?.name ?? '', error));
    } finally {
      this.pulse?.rest();
    }
    if (this.state !== 'running' || this.scheduled) return;
    this.setAlarm();
    // Whatever comes from another thread from now on wakes the slot.
    this.remote.sleep?.(() => this.wakeTurn());
  }

  private wakeTurn(): void {
    if (this.scheduled || this.state !== 'running') return;
    this.scheduled = true;
    this.scheduledMs = this.system.clock.monotonicMs();
    this.system.timers.soon(() => this.turn());
  }

  private run(): void {
    const { clock } = this.system;
    let nowMs = clock.monotonicMs();
    const untilMs = nowMs + turnMs;
    while (this.state === 'running') {
      this.remote.pump?.();
      const worked = this.between?.work() === true;
      if (this.ready.size === 0 && !worked) return;
      if (nowMs >= untilMs) return this.wakeTurn();
      if (this.ready.size === 0) nowMs = clock.monotonicMs();
      for (let index = 0; index < this.subtasks.length; index++) {
        if (!this.ready.has(index)) continue;
        const subtask = this.subtasks[index] as Subtask;
        this.current = subtask;
        this.pulse?.begin(subtask.task);
        // Taken out first: what wakes the subtask during its own step, a split that is assigned at once say, counts.
        this.ready.delete(index);
        if (subtask.step() === 'progress') this.ready.add(index);
        const afterMs = clock.monotonicMs();
        subtask.statistics.busyMs += afterMs - nowMs;
        nowMs = afterMs;
      }
    }
  }

  /** Wakes subtasks whose timers, periodic watermarks or idleness come due. */
  private setAlarm(): void {
    let nextMs = Infinity;
    for (const subtask of this.subtasks) nextMs = Math.min(nextMs, subtask.nextTimeMs());
    if (nextMs === this.alarmMs) return;
    this.alarm?.cancel();
    this.alarmMs = nextMs;
    if (nextMs === Infinity) return;
    this.alarm = this.system.timers.after(Math.max(leastAlarmMs, nextMs - this.system.clock.nowMs()), () => {
      this.alarmMs = Infinity;
      this.wakeAll();
    });
  }

  private async finish(): Promise<void> {
    if (this.state !== 'running') return;
    try {
      for (const subtask of this.subtasks) await subtask.flush();
      await this.sendRest();
    } catch (error) {
      return this.fail(error);
    }
    await this.shutDown(() => this.events.onFinished(this.drained));
  }

  /** Waits until the other slots have room for what is still to be sent. */
  private async sendRest(): Promise<void> {
    while (this.remote.isEmpty?.() === false && this.state === 'running') {
      this.remote.pump?.();
      await new Promise<void>((resolve) => void this.system.timers.after(1, resolve));
    }
  }

  /** However often it is asked for, it happens once, and for the first reason. */
  private shutDown(then: () => void, failure?: unknown): Promise<void> {
    this.shuttingDown ??= this.close(then, failure);
    return this.shuttingDown;
  }

  /** Closes all that was opened. A failure while closing is told unless the slot has failed by another one before. */
  private async close(then: () => void, failure: unknown): Promise<void> {
    this.state = 'closing';
    this.alarm?.cancel();
    await this.opened();
    let failedClosing = failure;
    for (const subtask of this.begun.toReversed()) {
      try {
        await subtask.close();
      } catch (error) {
        failedClosing ??= error;
      }
    }
    this.state = 'closed';
    if (failedClosing === failure) then();
    else this.events.onFailed(failedClosing);
  }

  /** Settles when nothing is being opened any more, or has been for so long that it never may. */
  private async opened(): Promise<void> {
    if (this.opening === undefined) return;
    let timer: Cancellable | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = this.system.timers.after(longestOpeningMs, resolve);
    });
    await Promise.race([this.opening.catch(() => undefined), tooLong]);
    timer?.cancel();
  }
}
