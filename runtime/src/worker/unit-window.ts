import type { SlotSnapshot } from '../checkpoint/slot-snapshot.ts';
import type { SnapshotUnit } from '../checkpoint/snapshot-unit.ts';
import type { SnapshotOutput } from '../task/slot-snapshots.ts';

/** Bytes of units that may be on their way to another thread: they take memory on both sides. */
const mostBytesUnderWay = 16 * 2 ** 20;

const unitBytes = (unit: SnapshotUnit): number =>
  unit.kind === 'keyGroup' ? unit.bytes.length : unit.items.reduce((sum, item) => sum + item.length, 0);

/** The sending end of a slot's snapshots: so many bytes of units at a time, until the receiver says that it has taken them. */
export class UnitWindow implements SnapshotOutput {
  private readonly sendUnit: (checkpointId: number, unit: SnapshotUnit) => void;
  private readonly sendTaken: (snapshot: SlotSnapshot) => void;
  private underWay = 0;

  constructor(
    sendUnit: (checkpointId: number, unit: SnapshotUnit) => void,
    sendTaken: (snapshot: SlotSnapshot) => void,
  ) {
    this.sendUnit = sendUnit;
    this.sendTaken = sendTaken;
  }

  hasRoom(): boolean {
    return this.underWay < mostBytesUnderWay;
  }

  unit(checkpointId: number, unit: SnapshotUnit): void {
    this.underWay += unitBytes(unit);
    this.sendUnit(checkpointId, unit);
  }

  taken(snapshot: SlotSnapshot): void {
    this.sendTaken(snapshot);
  }

  /** The receiver has taken units of so many bytes. */
  acknowledge(bytes: number): void {
    this.underWay -= bytes;
  }
}

/** The receiving end: passes units on, and says that they are taken as soon as there is room for more. */
export class UnitReceiver {
  private readonly output: SnapshotOutput | undefined;
  private readonly tellTaken: (bytes: number) => void;
  /** Of units that were passed on although there was no room for more. */
  private waitingBytes = 0;

  constructor(output: SnapshotOutput | undefined, tellTaken: (bytes: number) => void) {
    this.output = output;
    this.tellTaken = tellTaken;
  }

  accept(checkpointId: number, unit: SnapshotUnit): void {
    this.output?.unit(checkpointId, unit);
    this.waitingBytes += unitBytes(unit);
    if (this.output?.hasRoom() !== false) this.hasRoom();
  }

  hasRoom(): void {
    const bytes = this.waitingBytes;
    this.waitingBytes = 0;
    if (bytes > 0) this.tellTaken(bytes);
  }
}
