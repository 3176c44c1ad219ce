import { type ChannelCounts, channelCredit } from '../exchange/channel.ts';

/** What stands in the channels of one side of a subtask, and what went through them. */
export interface FlowCounts {
  readonly queued: number;
  /** Of the credit of all channels; above 1 is overdraft. */
  readonly usage: number;
  /** Of what was encoded for other threads and processes. */
  readonly bytes: number;
}

/** The sum over channels. */
export const flowOf = (channels: readonly { readonly counts?: ChannelCounts }[]): FlowCounts => {
  let queued = 0;
  let bytes = 0;
  for (const { counts } of channels) {
    queued += counts?.queued ?? 0;
    bytes += counts?.bytes ?? 0;
  }
  return { queued, bytes, usage: queued / (Math.max(1, channels.length) * channelCredit) };
};

/** The sum over sides: several edges of one subtask. */
export const joinFlows = (flows: readonly FlowCounts[]): FlowCounts => ({
  queued: flows.reduce((sum, { queued }) => sum + queued, 0),
  bytes: flows.reduce((sum, { bytes }) => sum + bytes, 0),
  usage: flows.reduce((most, { usage }) => Math.max(most, usage), 0),
});
