import type { ChannelReceiver } from '../exchange/channel.ts';
import type { Barrier, StreamElement } from '../exchange/element.ts';
import { type FlowCounts, flowOf } from './flow-counts.ts';
import type { SubtaskInput } from './input.ts';
import { WatermarkValve } from './watermark-valve.ts';

/** A channel as the gate sees it. */
interface GateChannel {
  readonly receiver: ChannelReceiver;
  readonly port: number;
  /** Waits for the barrier on the other channels. */
  blocked: boolean;
  ended: boolean;
}

/**
 * Merges the channels of a subtask: takes elements channel by channel in turn, combines watermarks, aligns barriers (a
 * channel that delivered its barrier waits for the others), and ends when all have ended.
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

  constructor(channels: readonly { readonly receiver: ChannelReceiver; readonly port: number }[]) {
    this.channels = channels.map((channel) => ({ ...channel, blocked: false, ended: false }));
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
      const element = channel.blocked || channel.ended ? undefined : channel.receiver.poll();
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

  nextTimeMs(): number {
    return Infinity;
  }

  restoreWatermark(watermarkMs: number): void {
    this.valve.restore(watermarkMs);
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
        channel.blocked = true;
        if (this.barriers === 0) this.alignsSinceMs = this.nowMs;
        this.barriers++;
        this.pending = element;
        return this.align();
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

  /** A barrier passes when every channel that still lives has delivered it. */
  private align(): StreamElement | undefined {
    const barrier = this.pending;
    if (barrier === undefined || this.barriers < this.living) return undefined;
    this.pending = undefined;
    this.barriers = 0;
    this.alignmentMs = Math.max(0, this.nowMs - this.alignsSinceMs);
    for (const channel of this.channels) channel.blocked = false;
    return barrier;
  }

  private end(channel: GateChannel, drained: boolean): StreamElement | undefined {
    channel.ended = true;
    this.living--;
    this.drained = this.drained && drained;
    return this.living === 0 ? { kind: 'end', drained: this.drained } : this.align();
  }
}
