import { MillraceError } from '../../contract/errors.ts';
import type { SlotReports } from '../slot-handle.ts';
import { RemoteSlot } from './remote-slot.ts';
import type { SlotCall } from './slot-calls.ts';
import type { HeldSlot } from './slot-journal.ts';
import { SlotMeeting } from './slot-meeting.ts';
import type { FromSlots, ToSlots } from './worker-messages.ts';

/** A worker that has called. */
export interface RemoteWorker<Job> {
  /** Slots that it has room for. */
  readonly capacity: number;
  send(message: ToSlots<Job>): void;
}

/**
 * Deals the slots of an attempt out, neighbours together: the worker of each slot.
 * @throws MillraceError `resource` when there is no room for all.
 */
export const placeSlots = <Worker extends { readonly capacity: number }>(
  slots: number,
  workers: readonly Worker[],
): readonly Worker[] => {
  const places = workers.flatMap((worker) => Array.from({ length: worker.capacity }, () => worker));
  if (places.length < slots) {
    throw new MillraceError(
      'resource',
      `${slots} slots are needed, and ${workers.length} workers have room for ${places.length}.`,
      { hint: 'Start more workers, or give them more slots.' },
    );
  }
  return places.slice(0, slots);
};

/** The slots of one attempt in the workers that host them. They are there before anybody hosts them: until they are placed they are not ready. */
export class RemoteAttempt<Job> {
  readonly slots: readonly RemoteSlot[];
  readonly number: number;
  private readonly job: Job;
  /** The worker of each slot; none before they are placed. */
  private places: readonly RemoteWorker<Job>[] = [];
  private readonly meeting: SlotMeeting;
  private readonly beside: number | undefined;
  private isOver = false;

  /** `beside`: the attempt that runs while this one is prepared. */
  constructor(
    number: number,
    slots: number,
    job: Job,
    reports: (slot: number) => SlotReports,
    beside?: number,
  ) {
    this.number = number;
    this.job = job;
    this.beside = beside;
    this.meeting = new SlotMeeting(slots, (slot, peers) =>
      this.places[slot]?.send({ kind: 'connect', attempt: number, slot, peers }),
    );
    this.slots = Array.from(
      { length: slots },
      (_, slot) => new RemoteSlot(slot, (call) => this.tell(slot, call), reports(slot)),
    );
  }

  /** `places`: the worker of each slot. All are told at once to bring theirs up, unless somebody has ended the attempt meanwhile. */
  place(places: readonly RemoteWorker<Job>[]): void {
    if (this.isOver) return;
    this.places = places;
    const { number: attempt, job, beside } = this;
    for (const worker of new Set(places))
      worker.send({ kind: 'host', attempt, slots: this.slotsOf(worker), job, beside });
  }

  /** The slots run already, at these places, under a coordinator that is gone. They are ready when they have told how far they are. */
  adopt(places: readonly RemoteWorker<Job>[]): void {
    if (this.isOver) return;
    this.places = places;
    for (const slot of this.slots) slot.awaitAdoption();
    for (const worker of new Set(places)) worker.send({ kind: 'adopt', attempt: this.number });
  }

  /** What slots that were adopted have told; nothing of those that were placed. */
  get held(): readonly HeldSlot[] {
    return this.slots.flatMap(({ held }) => held ?? []);
  }

  /** There is no place for it. */
  abandon(error: unknown): void {
    for (const slot of this.slots) slot.lost(error);
  }

  /** A worker says something; what belongs to another attempt is not for this one. */
  accept(worker: RemoteWorker<Job>, message: FromSlots): void {
    if (message.attempt !== this.number) return;
    if (message.kind === 'held') return this.take(worker, message.slots);
    const { slot } = message;
    if (this.places[slot] !== worker)
      throw new MillraceError('io', `a worker spoke for slot ${slot}, which it does not host`);
    if (message.kind === 'listening')
      return this.meeting.listens({ slot, host: message.host, port: message.port });
    this.slots[slot]?.accept(message.answer);
  }

  /** A worker is gone, and its slots with it. */
  lost(worker: RemoteWorker<Job>, error: unknown): void {
    for (const slot of this.slotsOf(worker)) this.slots[slot]?.lost(error);
  }

  private take(worker: RemoteWorker<Job>, slots: readonly HeldSlot[]): void {
    for (const slot of this.slotsOf(worker)) {
      const held = slots.find((one) => one.slot === slot);
      if (held !== undefined) this.slots[slot]?.adopt(held);
      else
        this.slots[slot]?.lost(new MillraceError('worker-lost', `Slot ${slot} ended before it was adopted.`));
    }
  }

  private tell(slot: number, call: SlotCall): void {
    const worker = this.places[slot];
    if (worker !== undefined) return worker.send({ kind: 'slot', attempt: this.number, slot, call });
    if (call.kind !== 'cancel') return;
    this.isOver = true;
    this.slots[slot]?.lost(new Error('nobody has hosted it'));
  }

  private slotsOf(worker: RemoteWorker<Job>): readonly number[] {
    return this.places.flatMap((place, slot) => (place === worker ? [slot] : []));
  }
}
