import { LocalChannel } from '../exchange/local-channel.ts';
import type { RemoteChannels } from '../task/slot-setup.ts';

/** A channel between two slots of one thread, with the wake-ups of either end once they are known. */
interface Link {
  readonly channel: LocalChannel;
  onElement: () => void;
  onCredit: () => void;
}

/** Channels between slots that share a thread: for tests and simulation, where all slots run in one. */
export class SharedThreadChannels {
  private readonly links = new Map<string, Link>();

  /** The channels as one slot sees them. */
  of(slot: number): RemoteChannels {
    return {
      sender: (edge, toSlot, onCredit) => {
        const link = this.link(edge.index, slot, toSlot);
        link.onCredit = onCredit;
        return link.channel;
      },
      receiver: (edge, fromSlot, onElement) => {
        const link = this.link(edge.index, fromSlot, slot);
        link.onElement = onElement;
        return link.channel;
      },
    };
  }

  private link(edge: number, fromSlot: number, toSlot: number): Link {
    const name = `${edge}:${fromSlot}:${toSlot}`;
    const known = this.links.get(name);
    if (known !== undefined) return known;
    const link: Link = {
      onElement: () => undefined,
      onCredit: () => undefined,
      channel: new LocalChannel(
        () => link.onElement(),
        () => link.onCredit(),
      ),
    };
    this.links.set(name, link);
    return link;
  }
}
