import { ByteReader, ByteWriter } from '../batch/codec.ts';
import type { PhysicalGraph, TaskEdge } from '../graph/physical-graph.ts';
import { type ChannelReceiver, type ChannelSender, channelCredit } from './channel.ts';
import { planRemoteChannels } from './channel-plan.ts';
import { Doorbell, DoorbellButton } from './doorbell.ts';
import { readElement, writeFrame } from './frame.ts';
import type { RemoteChannels } from './remote-channels.ts';
import { RemoteReceiver } from './remote-receiver.ts';
import { IncomingLink, OutgoingLink } from './ring-link.ts';
import type { SharedLinks } from './shared-links.ts';

/** All channels of one slot to and from slots on other threads: one ring a pair of slots, credit by channel. */
export class RingChannels implements Required<RemoteChannels> {
  private readonly slot: number;
  private readonly slots: number;
  private readonly numbers = new Map<string, number>();
  private readonly credits: Int32Array;
  private readonly outgoing: (OutgoingLink | undefined)[];
  private readonly incoming: IncomingLink[] = [];
  private readonly buttons: readonly DoorbellButton[];
  private readonly bell: Doorbell;
  private readonly receivers: (RemoteReceiver | undefined)[] = [];
  private readonly creditListeners = new Set<() => void>();
  /** Channels on which a sender was refused since the slot last slept: credit that came back meanwhile rang no bell. */
  private readonly lacking = new Set<number>();
  private readonly writer = new ByteWriter();
  private readonly acceptFrame = (frame: Uint8Array): void => this.accept(frame);

  constructor(graph: PhysicalGraph, slot: number, links: SharedLinks) {
    this.slot = slot;
    this.slots = graph.slots;
    for (const { edge, fromSlot, toSlot, number } of planRemoteChannels(graph)) {
      this.numbers.set(`${edge.index}:${fromSlot}:${toSlot}`, number);
    }
    this.credits = new Int32Array(links.credits);
    this.buttons = Array.from(
      { length: graph.slots },
      (_, peer) => new DoorbellButton(links.doorbells, peer),
    );
    this.bell = new Doorbell(links.doorbells, slot);
    this.outgoing = this.buttons.map((button, peer) => {
      const ring = links.rings[slot * this.slots + peer];
      return ring === undefined ? undefined : new OutgoingLink(ring, button);
    });
    this.buttons.forEach((button, peer) => {
      const ring = links.rings[peer * this.slots + slot];
      if (ring !== undefined) this.incoming.push(new IncomingLink(ring, button));
    });
  }

  sender(edge: TaskEdge, toSlot: number, onCredit: () => void): ChannelSender {
    const number = this.number(edge, this.slot, toSlot);
    const link = this.outgoing[toSlot] as OutgoingLink;
    this.creditListeners.add(onCredit);
    const { credits } = this;
    let bytes = 0;
    return {
      get counts() {
        return { queued: Atomics.load(credits, number), bytes };
      },
      hasCredit: () => {
        if (Atomics.load(this.credits, number) < channelCredit) return true;
        this.lacking.add(number);
        return false;
      },
      send: (element) => {
        if (element.kind === 'batch') Atomics.add(this.credits, number, 1);
        this.writer.reset();
        writeFrame(number, element, this.writer);
        const frame = this.writer.view();
        bytes += frame.length;
        link.send(frame);
      },
    };
  }

  receiver(edge: TaskEdge, fromSlot: number, onElement: () => void): ChannelReceiver {
    const number = this.number(edge, fromSlot, this.slot);
    const sender = this.buttons[fromSlot] as DoorbellButton;
    const receiver = new RemoteReceiver(edge, onElement, () => {
      if (Atomics.sub(this.credits, number, 1) === channelCredit) sender.press();
    });
    this.receivers[number] = receiver;
    return receiver;
  }

  /** Moves frames in and out as far as possible; true when anything moved. Called between the steps of the slot. */
  pump(): boolean {
    let moved = false;
    for (const link of this.incoming) if (link.pump(this.acceptFrame)) moved = true;
    for (const link of this.outgoing) if (link?.pump() === true) moved = true;
    return moved;
  }

  /** Whether no frame waits for room. */
  isEmpty(): boolean {
    return this.outgoing.every((link) => link?.isEmpty ?? true);
  }

  /** The slot has nothing to do: `onWork` is called when frames, room or credit have come. */
  sleep(onWork: () => void): void {
    this.bell.sleep(
      () => this.pump() || this.creditCameBack(),
      () => {
        this.lacking.clear();
        this.pump();
        for (const listener of this.creditListeners) listener();
        onWork();
      },
    );
  }

  private creditCameBack(): boolean {
    for (const number of this.lacking) if (Atomics.load(this.credits, number) < channelCredit) return true;
    return false;
  }

  private accept(frame: Uint8Array): void {
    const reader = new ByteReader(frame);
    const channel = reader.readVarint();
    const receiver = this.receivers[channel];
    if (receiver === undefined) throw reader.corrupt(`nobody receives on the channel ${channel}`);
    const element = readElement(reader);
    if (reader.remaining > 0) throw reader.corrupt(`${reader.remaining} bytes follow a frame`);
    receiver.accept(element, frame.length);
  }

  private number(edge: TaskEdge, fromSlot: number, toSlot: number): number {
    return this.numbers.get(`${edge.index}:${fromSlot}:${toSlot}`) as number;
  }
}
