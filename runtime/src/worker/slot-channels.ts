import type { MemoryBudget } from '../contract/memory-budget.ts';
import { planRemoteChannels } from '../exchange/channel-plan.ts';
import { type RemoteChannels, splitChannels } from '../exchange/remote-channels.ts';
import { RingChannels } from '../exchange/ring-channels.ts';
import type { SharedLinks } from '../exchange/shared-links.ts';
import { type SlotAddress, TcpChannels } from '../exchange/tcp/tcp-channels.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { TlsSettings } from '../sys/net.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';

/** How a slot finds those of other workers, and who is none of them. A plain value. */
export interface SlotNetwork {
  readonly jobUid: string;
  /** The address of this machine at which the slot listens. */
  readonly host: string;
  readonly tls?: TlsSettings | undefined;
  /** The slots of this worker, this one among them. */
  readonly near: readonly number[];
}

/** What a slot's thread knows of its own place. */
export interface SlotPlace {
  readonly slot: number;
  readonly attempt: number;
  readonly links: SharedLinks;
  readonly memory: MemoryBudget | undefined;
  /** Absent = all slots are in this process. */
  readonly network?: SlotNetwork | undefined;
}

/** The channels of a slot on a thread of its own, and how they begin and end. */
export interface SlotChannels {
  readonly remote: Required<RemoteChannels>;
  /** Where the slots of other workers find this one; absent = nobody looks for it. */
  readonly port: number | undefined;
  /** Resolves when there is a connection to each of these slots. */
  connect(peers: readonly SlotAddress[]): Promise<void>;
  /** Ends in order, behind all that was sent. */
  close(): Promise<void>;
  /** Ends at once. */
  destroy(): void;
}

const leastCreditBytes = 64 * 1024;
const mostCreditBytes = 2 * 2 ** 20;

/** What may be under way on one channel, so that all channels into a slot fit into its part of the memory. */
const creditBytesOf = (graph: PhysicalGraph, { slot, memory, network }: SlotPlace): number => {
  if (memory === undefined) return mostCreditBytes;
  const far = planRemoteChannels(graph).filter(
    ({ toSlot, fromSlot }) => toSlot === slot && network?.near.includes(fromSlot) === false,
  );
  const each = memory.channelBytes / Math.max(1, far.length);
  return Math.min(mostCreditBytes, Math.max(leastCreditBytes, each));
};

/** Opens the channels of a slot: rings to the slots of its worker, connections to all others. */
export const openSlotChannels = async (
  graph: PhysicalGraph,
  place: SlotPlace,
  system: System,
  logger: Logger,
  onFailed: (error: Error) => void,
): Promise<SlotChannels> => {
  const { slot, attempt, links, network } = place;
  const rings = new RingChannels(graph, slot, links);
  if (network === undefined) {
    return {
      remote: rings,
      port: undefined,
      connect: () => Promise.resolve(),
      close: () => Promise.resolve(),
      destroy: () => undefined,
    };
  }
  const { jobUid, host, tls, near } = network;
  const sockets = await TcpChannels.listen(
    {
      system,
      jobUid,
      attempt,
      slot,
      tls,
      creditBytes: creditBytesOf(graph, place),
      onFailed,
      onRefused: (error) => logger.warn(error.message, error.where),
    },
    host,
  );
  return {
    remote: splitChannels(rings, sockets, (peer) => near.includes(peer)),
    port: sockets.port,
    connect: (peers) => sockets.connect(peers.filter((peer) => !near.includes(peer.slot))),
    close: () => sockets.close(),
    destroy: () => sockets.destroy(),
  };
};
