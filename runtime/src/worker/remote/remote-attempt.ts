import { MillraceError } from '../../contract/errors.ts';
import type { HeldSlotReports } from './held-slot.ts';
import { RemoteSlot } from './remote-slot.ts';
import { SlotMeeting } from './slot-meeting.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** A worker that has called. */
export interface RemoteWorker<Job> {
  /** Slots that it has room for. */
  readonly capacity: number;
  send(message: ToWorker<Job>): void;
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

/** The slots of one attempt in the workers that host them. */
export class RemoteAttempt<Job> {
  readonly slots: readonly RemoteSlot[];
  private readonly number: number;
  private readonly places: readonly RemoteWorker<Job>[];
  private readonly meeting: SlotMeeting;

  /** `places`: the worker of each slot. All are told at once to bring theirs up. */
  constructor(
    number: number,
    places: readonly RemoteWorker<Job>[],
    job: Job,
    reports: (slot: number) => HeldSlotReports,
  ) {
    this.number = number;
    this.places = places;
    this.meeting = new SlotMeeting(places.length, (slot, peers) =>
      places[slot]?.send({ kind: 'connect', attempt: number, slot, peers }),
    );
    this.slots = places.map(
      (worker, slot) =>
        new RemoteSlot(
          slot,
          (call) => worker.send({ kind: 'slot', attempt: number, slot, call }),
          reports(slot),
        ),
    );
    for (const worker of new Set(places)) {
      worker.send({ kind: 'host', attempt: number, slots: this.slotsOf(worker), job });
    }
  }

  /** A worker says something; what belongs to another attempt is not for this one. */
  accept(worker: RemoteWorker<Job>, message: FromWorker): void {
    if (message.attempt !== this.number) return;
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

  private slotsOf(worker: RemoteWorker<Job>): readonly number[] {
    return this.places.flatMap((place, slot) => (place === worker ? [slot] : []));
  }
}
