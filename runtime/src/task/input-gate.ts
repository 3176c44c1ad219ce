import { MillraceError } from '../contract/errors.ts';
import type { ChannelReceiver } from '../exchange/channel.ts';
import type { Barrier, StreamElement } from '../exchange/element.ts';
import type { Shown } from '../exchange/element-queue.ts';
import { type FlowCounts, flowOf } from './flow-counts.ts';
import type { SubtaskInput } from './input.ts';
import type { Overtaken } from './overtaken.ts';
import { WatermarkValve } from './watermark-valve.ts';

/** A channel as the gate sees it. */
interface GateChannel {
  readonly receiver: ChannelReceiver;
  readonly port: number;
  /** In snapshots. */
  readonly name: string;
  /** Waits for the barrier on the other channels. */
  blocked: boolean;
  /** What a barrier has overtaken here is told to this, until the barrier comes. */
  overtaken: Overtaken | undefined;
  ended: boolean;
}

const tableOvertaken = (id: number): MillraceError =>
  new MillraceError('internal', `The barrier of checkpoint ${id} has overtaken a routing table.`);

/** Nothing is to be taken from a channel now. What is told of it must be written first where too much waits for that. */
const rests = ({ blocked, ended, overtaken }: GateChannel): boolean =>
  blocked || ended || overtaken?.isFull === true;

const checkpointIdOf = (barrier: Barrier | undefined): number => barrier?.checkpoint?.id ?? -Infinity;

/**
 * Merges the channels of a subtask: takes elements channel by channel in turn, combines watermarks, aligns barriers (a
 * channel that delivered its barrier waits for the others), and ends when all have ended. A barrier that has waited too long overtakes what
 * is in the channels, and that belongs to the snapshot.
 */
export class InputGate implements SubtaskInput {
  /** The input port of the batch that `next` returned last. */
  port = 0;
  private readonly channels: readonly GateChannel[];
  private readonly receivers: readonly ChannelReceiver[];
  private readonly valve: WatermarkValve;
  private turn = 0;
  private living: number;
  private drained = true;
  private barriers = 0;
  private pending: Barrier | undefined;
  private wasIdle = false;
  /** How long the last barrier waited, and since when the one in hand does. */
  alignmentMs = 0;
  private alignsSinceMs = 0;
  private nowMs = 0;
  /** The newest checkpoint whose barrier has gone on: what comes of it or of older ones is late. */
  private passedId = -Infinity;

  constructor(channels: readonly Pick<GateChannel, 'receiver' | 'port' | 'name'>[]) {
    this.channels = channels.map((channel) => ({
      ...channel,
      blocked: false,
      ended: false,
      overtaken: undefined,
    }));
    this.receivers = channels.map(({ receiver }) => receiver);
    this.valve = new WatermarkValve(channels.length);
    this.living = channels.length;
  }

  /** The next element for the task, or undefined when nothing is there now. Watermarks and `idle` come out combined. */
  next(nowMs: number): StreamElement | undefined {
    this.nowMs = nowMs;
    for (let tries = 0; tries < this.channels.length; tries++) {
      const index = this.turn;
      const channel = this.channels[index] as GateChannel;
      const element = rests(channel) ? undefined : channel.receiver.poll();
      if (element === undefined) {
        this.turn = (this.turn + 1) % this.channels.length;
        continue;
      }
      const result = this.accept(index, channel, element);
      if (result !== undefined) return result;
      tries = -1;
    }
    return undefined;
  }

  get counts(): FlowCounts {
    return flowOf(this.receivers);
  }

  get watermarksMs(): readonly number[] | undefined {
    const ports = Math.max(0, ...this.channels.map(({ port }) => port));
    if (ports === 0) return undefined;
    const leastMs = Array<number>(ports + 1).fill(Infinity);
    for (const [index, { port }] of this.channels.entries())
      leastMs[port] = Math.min(leastMs[port] as number, this.valve.watermarkOf(index));
    return leastMs;
  }

  nextTimeMs(): number {
    return Infinity;
  }

  restoreWatermark(watermarkMs: number): void {
    this.valve.restore(watermarkMs);
  }

  /** See `SubtaskInput.overtake`. Nothing overtakes a barrier that carries a table. */
  overtake(barrier: Barrier, overtaken: Overtaken, nowMs: number): boolean {
    if (this.pending?.routing !== undefined) return false;
    const id = checkpointIdOf(barrier);
    const isHere = checkpointIdOf(this.pending) === id;
    this.alignmentMs = isHere ? Math.max(0, nowMs - this.alignsSinceMs) : 0;
    this.passedId = id;
    this.channels.forEach((channel, index) => {
      const hasBarrier = isHere && channel.blocked;
      const timeMs = this.valve.watermarkOf(index);
      if (timeMs > -Infinity) overtaken.add(channel.name, { kind: 'watermark', timeMs });
      channel.blocked = false;
      channel.overtaken = undefined;
      if (hasBarrier || channel.ended) return;
      channel.overtaken = overtaken;
      overtaken.expect();
      channel.receiver.watch((element) => this.show(channel, element, id, overtaken));
    });
    this.letGo();
    overtaken.begun();
    return true;
  }

  stopRecording(): void {
    for (const channel of this.channels) {
      channel.receiver.unwatch();
      channel.overtaken = undefined;
    }
  }

  /** An element of a channel whose barrier has been overtaken: what stands before the barrier is in flight. */
  private show(channel: GateChannel, element: StreamElement, id: number, overtaken: Overtaken): Shown {
    switch (element.kind) {
      case 'barrier': {
        if (element.checkpoint === undefined) throw tableOvertaken(id);
        const isOlder = element.checkpoint.id < id;
        if (!isOlder) this.arrived(channel, overtaken);
        return isOlder ? 'remove' : element.checkpoint.id === id ? 'removeAsLast' : 'keepAsLast';
      }
      case 'end':
        this.arrived(channel, overtaken);
        return 'keepAsLast';
      case 'latency':
        return 'keep';
      default:
        overtaken.add(channel.name, element);
        return 'keep';
    }
  }

  private arrived(channel: GateChannel, overtaken: Overtaken): void {
    channel.overtaken = undefined;
    overtaken.arrived();
  }

  private accept(index: number, channel: GateChannel, element: StreamElement): StreamElement | undefined {
    switch (element.kind) {
      case 'batch':
        this.valve.markActive(index);
        this.wasIdle = false;
        this.port = channel.port;
        this.turn = (index + 1) % this.channels.length;
        return element;
      case 'watermark':
        return this.valve.advance(index, element.timeMs) ? this.watermark() : this.idle();
      case 'idle':
        return this.valve.markIdle(index) ? this.watermark() : this.idle();
      case 'barrier':
        return this.meet(channel, element);
      case 'end':
        return this.end(channel, element.drained);
      case 'latency':
        return element;
      case 'nothing':
        return undefined;
    }
  }

  private watermark(): StreamElement {
    this.wasIdle = false;
    return { kind: 'watermark', timeMs: this.valve.currentMs };
  }

  /** Says once that all channels are idle. */
  private idle(): StreamElement | undefined {
    const wasIdle = this.wasIdle;
    this.wasIdle = this.valve.idle;
    return this.wasIdle && !wasIdle ? { kind: 'idle' } : undefined;
  }

  /** The barrier of a newer checkpoint says that the one in hand was given up: its own may have been overtaken on other channels. */
  private meet(channel: GateChannel, barrier: Barrier): StreamElement | undefined {
    if (barrier.checkpoint !== undefined) {
      const { id } = barrier.checkpoint;
      const pendingId = checkpointIdOf(this.pending);
      if (id <= this.passedId || id < pendingId) return undefined;
      if (pendingId !== -Infinity && id > pendingId) this.letGo();
    }
    channel.blocked = true;
    if (this.barriers === 0) this.alignsSinceMs = this.nowMs;
    this.barriers++;
    this.pending = barrier;
    return this.align();
  }

  /** Nothing is aligned any more. */
  private letGo(): void {
    this.pending = undefined;
    this.barriers = 0;
    for (const channel of this.channels) channel.blocked = false;
  }

  /** A barrier passes when every channel that still lives has delivered it. */
  private align(): StreamElement | undefined {
    const barrier = this.pending;
    if (barrier === undefined || this.barriers < this.living) return undefined;
    this.letGo();
    this.alignmentMs = Math.max(0, this.nowMs - this.alignsSinceMs);
    this.passedId = Math.max(this.passedId, checkpointIdOf(barrier));
    return barrier;
  }

  private end(channel: GateChannel, drained: boolean): StreamElement | undefined {
    channel.ended = true;
    this.living--;
    this.drained = this.drained && drained;
    return this.living === 0 ? { kind: 'end', drained: this.drained } : this.align();
  }
}
