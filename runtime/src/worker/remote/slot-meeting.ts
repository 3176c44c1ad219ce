/**
 * `remote` is how a coordinator and the workers in other processes hold one another: over a control link it tells a worker's slots what
 * to do, and hears from them, as if they were its own.
 */
import type { SlotAddress } from '../../exchange/tcp/tcp-channels.ts';

/** Gathers where the slots of an attempt listen. When all have said so, each is told of the others. */
export class SlotMeeting {
  private readonly slots: number;
  private readonly addresses = new Map<number, SlotAddress>();
  private readonly tell: (slot: number, peers: readonly SlotAddress[]) => void;

  constructor(slots: number, tell: (slot: number, peers: readonly SlotAddress[]) => void) {
    this.slots = slots;
    this.tell = tell;
  }

  /** A slot listens. */
  listens(address: SlotAddress): void {
    this.addresses.set(address.slot, address);
    if (this.addresses.size < this.slots) return;
    const all = [...this.addresses.values()].toSorted((left, right) => left.slot - right.slot);
    for (const { slot } of all)
      this.tell(
        slot,
        all.filter((peer) => peer.slot !== slot),
      );
  }
}
