import type { TaskEdge } from '../graph/physical-graph.ts';
import type { ChannelReceiver, ChannelSender } from './channel.ts';

/** The channels of one slot to and from other slots, wherever these run. */
export interface RemoteChannels {
  sender(edge: TaskEdge, toSlot: number, onCredit: () => void): ChannelSender;
  receiver(edge: TaskEdge, fromSlot: number, onElement: () => void): ChannelReceiver;
  /** Moves what has come from other threads, between two steps of the slot; absent = nothing to move. */
  pump?(): boolean;
  /** Whether everything sent has left this thread; absent = always. */
  isEmpty?(): boolean;
  /** The slot has nothing to do: `onWork` is called when something may have come. */
  sleep?(onWork: () => void): void;
}

/** Rings to the slots of the same worker, sockets to all others. */
export const splitChannels = (
  near: Required<RemoteChannels>,
  far: Required<RemoteChannels>,
  isNear: (slot: number) => boolean,
): Required<RemoteChannels> => ({
  sender: (edge, toSlot, onCredit) => (isNear(toSlot) ? near : far).sender(edge, toSlot, onCredit),
  receiver: (edge, fromSlot, onElement) =>
    (isNear(fromSlot) ? near : far).receiver(edge, fromSlot, onElement),
  pump: () => {
    const moved = near.pump();
    return far.pump() || moved;
  },
  isEmpty: () => near.isEmpty() && far.isEmpty(),
  sleep: (onWork) => {
    far.sleep(onWork);
    near.sleep(onWork);
  },
});
